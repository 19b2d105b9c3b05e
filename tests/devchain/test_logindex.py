"""Searching event logs: the index against a plain reading of the filter's rules."""

import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from tracehold.devchain.logindex import LOG_SCHEMA, LogQuery, LogRow, find_logs, first_log_of, insert_logs

few = st.sampled_from([bytes([n]) * 32 for n in range(3)])
addresses = st.sampled_from([bytes([n]) * 20 for n in range(3)])


@st.composite
def chains_of_logs(draw):
    """Rows of some blocks, numbered as a chain numbers them."""
    rows = []
    for block in range(1, 6):
        for log, (address, topics) in enumerate(
            draw(st.lists(st.tuples(addresses, st.lists(few, max_size=4)), max_size=4))
        ):
            first, second, third, fourth = [*topics, None, None, None, None][:4]
            where = (block, log, log // 2, address)
            rows.append(LogRow(*where, first, second, third, fourth, b"", bytes(32), bytes(32)))
    return rows


queries = st.builds(
    LogQuery,
    st.integers(0, 6),
    st.integers(0, 6),
    st.lists(addresses, max_size=2).map(tuple),
    st.lists(st.lists(few, max_size=2).map(tuple), max_size=4).map(tuple),
)


def matches(row: LogRow, query: LogQuery) -> bool:
    """The filter's rules as the execution API states them."""
    if not query.first <= row.block <= query.last:
        return False
    if query.addresses and row.address not in query.addresses:
        return False
    positions = [*row.topics, None, None, None, None]
    return all(not wanted or positions[place] in wanted for place, wanted in enumerate(query.topics))


def index_of(rows):
    """A new index that holds the rows."""
    connection = sqlite3.connect(":memory:")
    for statement in LOG_SCHEMA:
        connection.execute(statement)
    insert_logs(connection, reversed(rows))
    return connection


@given(chains_of_logs(), queries)
def test_the_index_finds_exactly_the_matching_logs_in_chain_order(rows, query) -> None:
    """Any rows, any query."""
    assert find_logs(index_of(rows), query, 1000) == [row for row in rows if matches(row, query)]


@given(chains_of_logs(), st.integers(0, 5))
def test_a_limit_keeps_the_first(rows, limit) -> None:
    """The caller asks for one more than it may give, to see that there is more."""
    assert find_logs(index_of(rows), LogQuery(0, 9), limit) == rows[:limit]


@given(chains_of_logs())
def test_the_first_log_of_a_transaction_is_found(rows) -> None:
    """A receipt numbers its logs from there."""
    connection = index_of(rows)
    for row in rows:
        same = [other.log for other in rows if (other.block, other.tx) == (row.block, row.tx)]
        assert first_log_of(connection, row.block, row.tx) == min(same)
