"""Who keeps a segment: the same order for everybody, no operator twice, never the creator's own."""

from hashlib import sha256
from pathlib import Path

from blake3 import blake3
from hypothesis import assume, given
from hypothesis import strategies as st

from tracehold.core.ids import LogId
from tracehold.core.placement import Candidate, dht_id, distance, nearest, segment_key

LOG = LogId(bytes(range(32)))
OWN = 1
PAGE = Path(__file__).parents[2] / "docs/spec/placement.md"


def node(number: int, operator: int) -> Candidate:
    """A node whose log id follows from its number."""
    return Candidate(number, operator, LogId(bytes([number]) * 32))


NODES = st.lists(
    st.tuples(st.integers(1, 200), st.integers(1, 12)), max_size=30, unique_by=lambda pair: pair[0]
).map(lambda pairs: [node(*pair) for pair in pairs])
SEGMENTS = st.integers(0, 2**40)


@given(NODES, SEGMENTS, st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_the_order_of_the_members(nodes, segment, random):
    """Whoever reads them in another order places alike."""
    shuffled = list(nodes)
    random.shuffle(shuffled)
    assert nearest(LOG, segment, shuffled, own=OWN) == nearest(LOG, segment, nodes, own=OWN)


@given(NODES, SEGMENTS)
def test_each_other_operator_is_there_once_with_its_nearest_node(nodes, segment):
    """No operator counts twice, none is left out, and the creator's own is never there."""
    order = nearest(LOG, segment, nodes, own=OWN)
    operators = [each.operator for each in order]
    assert sorted(operators) == sorted({each.operator for each in nodes} - {OWN})
    key = segment_key(LOG, segment)
    for each in order:
        rivals = [other for other in nodes if other.operator == each.operator]
        assert distance(each.log, key) == min(distance(other.log, key) for other in rivals)


@given(NODES, SEGMENTS)
def test_nearer_operators_come_first(nodes, segment):
    """By the XOR of the 20-byte ids."""
    key = segment_key(LOG, segment)
    distances = [distance(each.log, key) for each in nearest(LOG, segment, nodes, own=OWN)]
    assert distances == sorted(distances)


@given(NODES, st.integers(1, 12), SEGMENTS, st.integers(1, 4))
def test_a_new_member_changes_at_most_one_place(nodes, operator, segment, wanted):
    """Of the holders that are chosen one gives way at most, so that little has to move."""
    assume(all(each.node != 201 for each in nodes))
    before = set(nearest(LOG, segment, nodes, own=OWN)[:wanted])
    after = set(nearest(LOG, segment, [*nodes, node(201, operator)], own=OWN)[:wanted])
    assert len(before - after) <= 1
    assert len(after - before) <= 1


def test_equal_distances_are_ordered_by_node_number():
    """Two numbers of one log cannot happen in the contract; the order is fixed all the same."""
    twins = [Candidate(number, number, LogId(b"\x09" * 32)) for number in (7, 3, 5)]
    assert [each.node for each in nearest(LOG, 0, twins, own=OWN)] == [3, 5, 7]


def test_segments_of_one_log_are_spread():
    """With ten operators no one keeps all of 100 segments, and each keeps some."""
    nodes = [node(number, number) for number in range(2, 12)]
    first = [nearest(LOG, segment, nodes, own=OWN)[0].node for segment in range(100)]
    assert set(first) == set(range(2, 12))


def test_the_ids_are_those_of_the_page():
    """Said once more here, by the libraries alone."""
    assert dht_id(LOG) == sha256(LOG).digest()[:20]
    assert segment_key(LOG, 258) == blake3(LOG + b"\0\0\0\0\0\0\x01\x02").digest()[:20]


def test_the_example_of_the_page_holds():
    """Five nodes of four operators; the page prints ids and order as they are computed here."""
    nodes = [node(1, 1), node(2, 2), node(3, 2), node(4, 3), node(5, 4)]
    page = PAGE.read_text("utf-8")
    for each in nodes:
        assert f"| {each.node} | {each.operator} | `{dht_id(each.log).hex()}` |" in page
    for segment in (0, 1, 2):
        order = ", ".join(str(each.node) for each in nearest(LOG, segment, nodes, own=OWN))
        assert f"| {segment} | `{segment_key(LOG, segment).hex()}` | {order} |" in page
