"""One question by what was known at two times: what came, went and changed, and which records did it."""

from typing import Any

import pytest

from tests.journey.asking import node
from tests.journey.network import AUTHORITY, EVERYONE, MILL, Node, begun, made, packed, seen
from tracehold.core.access import Reader
from tracehold.core.errors import Rejected
from tracehold.core.lineage import Aspect, Became, Difference, Direction, GapReason
from tracehold.core.record import Audience
from tracehold.journey.compare import CompareAnswer, CompareQuestion, answer_compare
from tracehold.journey.contents import ContentsQuestion
from tracehold.journey.history import HistoryQuestion
from tracehold.journey.subject import Transaction
from tracehold.journey.trace import TraceQuestion

__all__ = ["node"]

GRAIN, FLOUR, BREAD, PALLET = "urn:x:grain", "urn:x:flour", "urn:x:bread", "urn:x:pallet"
ERROR = {"errorDeclaration": {"declarationTime": "2026-03-02T00:00:00Z", "reason": "did_not_occur"}}
Row = tuple[str, str, str, str, list[str]]


async def told(node: Node, *payloads: bytes, **options: Any) -> tuple[int, list[str]]:
    """Say these, and have them known: the time by which they are, and their fingerprints."""
    outcomes = await node.say(*payloads, **options)
    await node.finish()
    return int(node.network.clock.time) * 1_000, [
        each.fingerprint.hex() for each in outcomes if each.fingerprint
    ]


async def compared(
    node: Node, question: Any, later: int | None = None, reader: Reader = EVERYONE, **page: Any
) -> CompareAnswer:
    """The differences to this reader."""
    return await answer_compare(node.knowledge, reader, CompareQuestion(question, later), **page)


def named(difference: Difference) -> str:
    """The fingerprint of the record."""
    return (difference.part.record or b"").hex()


def rows(answer: CompareAnswer) -> list[Row]:
    """Differences as plain values: kind, aspect with what it is about, before, after, causes."""
    return [
        (
            str(each.kind),
            " ".join(filter(None, [each.part.aspect, each.part.item or named(each), each.part.parent])),
            each.before,
            each.after,
            [cause.hex() for cause in each.causes],
        )
        for each in answer.differences
        if each.part.aspect is not Aspect.EDGE or each.part.record is None
    ]


def up(item: str, known_at: int | None) -> TraceQuestion:
    """Upstream."""
    return TraceQuestion(item, Direction.UPSTREAM, known_at=known_at)


async def test_nothing_differs_where_nothing_became_known(node):
    """The same time twice, and two times between which nothing came in."""
    known, _ = await told(node, made([GRAIN], [FLOUR], 10))
    for later in (known, None):
        answer = await compared(node, up(FLOUR, known), later)
        assert (answer.differences, answer.events, answer.next_page_token) == ((), (), "")
        assert (answer.asked, answer.truncated) == ((FLOUR,), False)


async def test_what_was_told_later_is_added_and_causes_what_is_behind_it(node):
    """The baking became known: so the flour came in, and with it the grain, which was known before."""
    known, (milled,) = await told(node, made([GRAIN], [FLOUR], 10))
    _, (baked,) = await told(node, made([FLOUR], [BREAD], 20))
    answer = await compared(node, up(BREAD, known))
    assert rows(answer) == [
        ("added", f"record {milled}", "", "shown", [baked]),
        ("added", f"record {baked}", "", "shown", [baked]),
        ("added", f"item {FLOUR}", "", "depth 1", [baked]),
        ("added", f"item {GRAIN}", "", "depth 2", [baked]),
    ]
    assert [each.fingerprint.hex() for each in answer.events] == [milled, baked]
    edges = [each for each in answer.differences if each.part.aspect is Aspect.EDGE]
    assert [(each.part.item, named(each)) for each in edges] == [
        (FLOUR, baked),
        (GRAIN, milled),
    ]


async def test_what_was_taken_back_is_withdrawn_by_its_declaration(node):
    """All that hung on it goes with it; asked the other way round, it comes."""
    wrong = {"eventID": "urn:uuid:1"}
    known, (milled, baked) = await told(node, made([GRAIN], [FLOUR], 10), made([FLOUR], [BREAD], 20, **wrong))
    _, (error, _) = await told(node, made([FLOUR], [BREAD], 20, **wrong, **ERROR), seen(GRAIN, 30))
    answer = await compared(node, up(BREAD, known))
    assert rows(answer) == [
        ("withdrawn", f"record {milled}", "shown", "", [error]),
        ("withdrawn", f"record {baked}", "shown", "", [error]),
        ("withdrawn", f"item {FLOUR}", "depth 1", "", [error]),
        ("withdrawn", f"item {GRAIN}", "depth 2", "", [error]),
    ]
    assert {each.fingerprint.hex() for each in answer.events} == {milled, baked, error}
    back = await compared(node, up(BREAD, None), known)
    assert {each.kind for each in back.differences} == {Became.ADDED}
    assert {cause.hex() for each in back.differences for cause in each.causes} == {error}


async def test_what_is_reached_another_way_has_changed(node):
    """Nearer than before: the item is in both answers, and not the same."""
    known, _ = await told(node, made([GRAIN], [FLOUR], 10), made([FLOUR], [BREAD], 20))
    _, (also,) = await told(node, made([GRAIN], [BREAD], 25))
    answer = await compared(node, up(BREAD, known))
    assert rows(answer) == [
        ("added", f"record {also}", "", "shown", [also]),
        ("changed", f"item {GRAIN}", "depth 2", "depth 1", [also]),
    ]


async def test_unpacking_that_was_told_late(node):
    """What is on a pallet by what was known: the piece went off it, and a later look at it is not why."""
    known, (pack,) = await told(node, packed(PALLET, ["urn:x:a", "urn:x:b"], 1))
    _, (unpack, _) = await told(node, packed(PALLET, ["urn:x:a"], 5, "DELETE"), seen("urn:x:a", 6))
    answer = await compared(node, ContentsQuestion(PALLET, known_at=known))
    since = "packed since 2026-03-01T00:01:00Z"
    assert rows(answer) == [
        ("withdrawn", "item urn:x:a", "depth 1", "", [unpack]),
        ("withdrawn", f"edge urn:x:a {PALLET}", since, "", [unpack]),
    ]
    assert pack != unpack


async def test_amounts_in_a_container_change(node):
    """Half of a lot was put in, then the rest."""
    lot: dict[str, Any] = {"childQuantityList": [{"epcClass": FLOUR, "quantity": 2.5, "uom": "KGM"}]}
    known, _ = await told(node, packed(PALLET, [], 1, **lot))
    _, (more,) = await told(node, packed(PALLET, [], 2, **lot))
    answer = await compared(node, ContentsQuestion(PALLET, known_at=known))
    found = {row[1]: row for row in rows(answer)}
    kind, _, before, after, causes = found[f"edge {FLOUR} {PALLET}"]
    assert (kind, before.split(" since")[0], after.split(" since")[0]) == (
        "changed",
        "packed 2.5 KGM",
        "packed 5 KGM",
    )
    assert causes == [more]


async def test_a_history_of_an_item_and_of_an_order(node):
    """Records, with how each concerns what was asked about."""
    order = {"bizTransactionList": [{"type": "po", "bizTransaction": "PO-1"}]}
    known, _ = await told(node, begun(FLOUR, 1))
    _, (shipped,) = await told(node, seen(FLOUR, 9, **order))
    answer = await compared(node, HistoryQuestion(FLOUR, known_at=known))
    assert rows(answer) == [("added", f"record {shipped}", "", f"subject by {FLOUR}", [shipped])]
    answer = await compared(node, HistoryQuestion(Transaction("PO-1", "po"), known_at=known))
    assert rows(answer) == [("added", f"record {shipped}", "", "transaction by PO-1", [shipped])]


async def test_a_dispute_changes_a_record(node):
    """It stays in the answer, and is flagged since."""
    known, (milled,) = await told(node, made([GRAIN], [FLOUR], 10))
    _, (error,) = await told(node, made([GRAIN], [FLOUR], 10, **ERROR), party=MILL)
    answer = await compared(node, up(FLOUR, known))
    assert rows(answer) == [("changed", f"record {milled}", "shown", "DISPUTED", [error])]


async def test_what_a_reader_may_not_read_is_neither_difference_nor_cause(node):
    """A gap; the authority sees it."""
    known, _ = await told(node, begun(FLOUR, 1))
    await told(node, made([FLOUR], [BREAD], 20), audience=Audience.AUTHORITY, party=MILL)
    answer = await compared(node, up(BREAD, known))
    assert (answer.differences, answer.events) == ((), ())
    assert GapReason.ACCESS_REFUSED in {gap.reason for gap in answer.gaps}
    assert (await compared(node, up(BREAD, known), reader=AUTHORITY)).differences != ()


async def test_differences_come_in_pages(node):
    """Every row once, in order, with the records that it names; a token of another second time is refused."""
    known, _ = await told(node, begun(GRAIN, 1))
    await told(node, made([GRAIN], [FLOUR], 10), made([FLOUR], [BREAD], 20))
    whole = await compared(node, up(BREAD, known))
    paged: list[Any] = []
    token = ""
    while not paged or token:
        page = await compared(node, up(BREAD, known), page_size=2, page_token=token)
        named = {each.part.record for each in page.differences} | {
            c for each in page.differences for c in each.causes
        }
        assert {each.fingerprint for each in page.events} == named - {None}
        paged, token = [*paged, *page.differences], page.next_page_token
    assert tuple(paged) == whole.differences
    assert len(paged) > 4
    first = await compared(node, up(BREAD, known), page_size=2)
    with pytest.raises(Rejected) as caught:
        await compared(node, up(BREAD, known), known, page_size=2, page_token=first.next_page_token)
    assert caught.value.code == "BAD_PAGE_TOKEN"


async def test_a_cut_answer_says_so(node):
    """Either of the two."""
    known, _ = await told(node, begun(GRAIN, 1))
    await told(node, made([GRAIN], [FLOUR], 10), made([FLOUR], [BREAD], 20))
    question = TraceQuestion(BREAD, Direction.UPSTREAM, known_at=known, max_depth=1)
    assert (await compared(node, question)).truncated
