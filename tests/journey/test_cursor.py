"""Pages: what stood when the first one was shown and still stands is shown once, whatever comes and goes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.journey.bread import net
from tests.journey.network import EVERYONE, Network, begun, made, said
from tracehold.core.errors import Rejected
from tracehold.core.lineage import Aspect, Direction
from tracehold.core.record import Kind
from tracehold.journey import cursor
from tracehold.journey.compare import CompareQuestion, answer_compare
from tracehold.journey.history import HistoryQuestion, answer_history
from tracehold.journey.locate import LocateQuestion, answer_locate
from tracehold.journey.shared import CommonQuestion, answer_common
from tracehold.journey.trace import TraceQuestion, answer_trace
from tracehold.v1.trace_pb2 import CompareRequest, TraceRequest
from tracehold.wire.limits import limit_of

__all__ = ["net"]

KEYS = st.frozensets(
    st.tuples(st.sampled_from(["", "urn:x:mill"]), st.integers(-2, 2), st.text("ab\0é", max_size=3)),
    max_size=12,
)


def same(row: cursor.Key) -> cursor.Key:
    """The rows of these tests are their keys."""
    return row


@given(states=st.lists(KEYS, min_size=1, max_size=6), size=st.integers(1, 3))
def test_rows_that_stay_are_shown_once_and_in_order(states, size):
    """One state of the list after the other, a page of each; the last one to its end."""
    shown: list[cursor.Key] = []
    token, at = "", 0
    while True:
        (after,) = cursor.begin(token, "question")
        rows, last, more = cursor.cut(sorted(states[min(at, len(states) - 1)]), after, size, same)
        shown += rows
        at += 1
        if not more:
            break
        token = cursor.encode("question", (last,))
    assert shown == sorted(set(shown))
    assert frozenset.intersection(*states[:at]) <= set(shown)


@given(first=st.lists(KEYS, min_size=2, max_size=2), size=st.integers(1, 3))
def test_several_lists_are_cut_each_for_itself(first, size):
    """Until all have ended; one that has is not begun again."""
    lists, token = [sorted(each) for each in first], ""
    shown: list[list[cursor.Key]] = [[], []]
    while True:
        after = cursor.begin(token, "question", 2)
        cuts = [cursor.cut(rows, key, size, same) for rows, key in zip(lists, after, strict=True)]
        for seen, (rows, _, _) in zip(shown, cuts, strict=True):
            seen.extend(rows)
        if not any(more for _, _, more in cuts):
            break
        token = cursor.encode("question", tuple(last for _, last, _ in cuts))
    assert shown == lists


@pytest.mark.parametrize(
    "last",
    [
        ("x",),
        ([],),
        (["", 0],),
        (["", True, ""],),
        (["", 0, None],),
        (["", 0.5, ""],),
        ({"": 0},),
        (),
        (None, None),
    ],
)
def test_attack_a_token_of_other_keys_is_refused(last):
    """Whoever knows the question can make a token; rows are compared with keys and with nothing else."""
    with pytest.raises(Rejected) as caught:
        cursor.begin(cursor.encode("question", last), "question")
    assert caught.value.code == "BAD_PAGE_TOKEN"


@pytest.mark.parametrize("letter", ["x", "é", "\U0001f33e", '"'])
async def test_the_longest_names_have_pages_too(net: Network, letter: str):
    """A token is never longer than what its request takes."""
    node = await net.join()
    outputs = [f"urn:x:{letter * 1017}{at}" for at in range(2)]
    await node.say(begun(GRAIN, 0), made([GRAIN], outputs, 10))
    await node.index()
    question = TraceQuestion(GRAIN, Direction.DOWNSTREAM)
    trace = await answer_trace(node.knowledge, EVERYONE, question, page_size=1)
    compared = CompareQuestion(replace(question, known_at=0))
    compare = await answer_compare(node.knowledge, EVERYONE, compared, page_size=1)
    for most, token in ((TraceRequest, trace.next_page_token), (CompareRequest, compare.next_page_token)):
        assert token
        check_field(most, token)


def check_field(message, token: str) -> None:
    """Against the limit of its request."""
    bound = limit_of(message.DESCRIPTOR.fields_by_name["page_token"])
    assert bound is not None
    assert len(token) <= bound.max_chars


GRAIN, MILL = "urn:x:grain", "urn:x:mill"
OUTPUTS = [f"urn:x:out{at}" for at in range(4)]
VOID = {"errorDeclaration": {"declarationTime": "2026-03-02T00:00:00Z"}}


async def all_pages(node, ask, question, rows, gone: bytes, size=2):
    """Rows of all pages. After the first one, something is taken back."""
    page = await ask(node.knowledge, EVERYONE, question, page_size=size)
    shown = rows(page)
    await node.say(gone)
    await node.index()
    while token := page.next_page_token:
        page = await ask(node.knowledge, EVERYONE, question, page_size=size, page_token=token)
        shown += rows(page)
    return shown


async def baked(net: Network):
    """A node that knows what was made of grain, one output after the other."""
    node = await net.join()
    await node.say(begun(GRAIN, 0), *(made([GRAIN], [out], 10 + at) for at, out in enumerate(OUTPUTS)))
    await node.index()
    return node


async def test_a_trace_goes_on_behind_an_item_that_is_gone(net: Network):
    """All are of one depth."""
    question = TraceQuestion(GRAIN, Direction.DOWNSTREAM)
    gone = made([GRAIN], [OUTPUTS[1]], 11, **VOID)
    shown = await all_pages(await baked(net), answer_trace, question, items_of, gone)
    assert shown == OUTPUTS


def items_of(page) -> list[str]:
    """Names of the items of a page."""
    return [each.item for each in page.items]


def events_of(page) -> list[bytes]:
    """Names of the events of a page."""
    return [each.fingerprint for each in page.events]


async def test_a_history_goes_on_behind_an_event_that_is_gone(net: Network):
    """Of several at one instant the one that was shown last is taken back."""
    node = await net.join()
    await node.say(*(made([GRAIN], [out], 10) for out in OUTPUTS))
    await node.index()
    told = {}
    for out in OUTPUTS:
        (event,) = events_of(await answer_history(node.knowledge, EVERYONE, HistoryQuestion(out)))
        told[event] = out
    gone = made([GRAIN], [told[sorted(told)[1]]], 10, **VOID)
    assert await all_pages(node, answer_history, HistoryQuestion(GRAIN), events_of, gone) == sorted(told)


async def test_common_ancestors_go_on_behind_one_that_is_gone(net: Network):
    """All of one depth."""
    node = await net.join()
    sources = [f"urn:x:s{at}" for at in range(4)]
    bread, cake = "urn:x:bread", "urn:x:cake"
    for at, source in enumerate(sources):
        await node.say(begun(source, at), made([source], [bread], 10 + at), made([source], [cake], 20 + at))
    await node.index()
    gone = made([sources[1]], [bread], 11, **VOID)
    shown = await all_pages(node, answer_common, CommonQuestion((bread, cake)), items_of, gone)
    assert shown == sources


async def test_differences_go_on_behind_one_that_is_gone(net: Network):
    """Items whose names begin alike; the first page ends with the second of them."""
    node = await baked(net)
    question = CompareQuestion(TraceQuestion(GRAIN, Direction.DOWNSTREAM, known_at=0))
    whole = (await answer_compare(node.knowledge, EVERYONE, question)).differences
    size = 1 + [each.part.item for each in whole].index(OUTPUTS[1])
    gone = made([GRAIN], [OUTPUTS[1]], 11, **VOID)
    shown = await all_pages(node, answer_compare, question, lambda page: list(page.differences), gone, size)
    assert [each.part.item for each in shown if each.part.aspect is Aspect.ITEM] == OUTPUTS


async def test_records_of_an_item_come_once(net: Network):
    """Two logs with entries of the same number."""
    here, there = await net.join(), await net.join()
    for node in (here, there):
        await node.say(begun(GRAIN, 0), made([GRAIN], [OUTPUTS[node.number]], 10))
        await node.say(said(GRAIN, "Grain"), kind=Kind.MASTERDATA)
        await node.finish()
    question = LocateQuestion(GRAIN)
    whole = (await answer_locate(here.knowledge, EVERYONE, question)).locations
    more = begun("urn:x:other", 1)
    found = await all_pages(here, answer_locate, question, lambda page: list(page.locations), more, 1)
    assert found == list(whole)
    assert len(found) == 6
