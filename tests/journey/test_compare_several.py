"""How an item stands, what several have in common and what is called back, by what was known at two times."""

import json
from typing import Any

import pytest

from tests.journey.asking import node
from tests.journey.network import FARM, MILL, Node, begun, looked, made, packed
from tests.journey.test_compare import compared, told
from tracehold.core.errors import Rejected
from tracehold.core.lineage import Aspect
from tracehold.journey import picture
from tracehold.journey.compare import CompareAnswer
from tracehold.journey.recall import RecallQuestion
from tracehold.journey.shared import CommonQuestion
from tracehold.journey.state import StateQuestion

__all__ = ["node"]

GRAIN, FLOUR, BREAD, CAKE, PALLET = (
    f"urn:x:{name}" for name in ("grain", "flour", "bread", "cake", "pallet")
)
LOT = "https://id.gs1.org/01/09521000001237/10/A"
SILO, SHOP = {"id": "urn:x:silo"}, {"id": "urn:x:shop"}


def rows(answer: CompareAnswer) -> list[tuple[str, str, str, str, list[str]]]:
    """Differences but those of records, as plain values; times without their day, nothing for the record
    through which an item was reached."""
    return [
        (
            str(each.kind),
            " ".join(filter(None, [each.part.aspect, each.part.item, each.part.parent, each.part.name])),
            each.before.replace("2026-03-01T", ""),
            each.after.replace("2026-03-01T", ""),
            [cause.hex() for cause in each.causes],
        )
        for each in answer.differences
        if each.part.aspect is not Aspect.RECORD
    ]


def records(answer: CompareAnswer) -> dict[str, tuple[str, str, str]]:
    """What became of records, and how they stood and stand."""
    return {
        each.part.record.hex(): (str(each.kind), each.before, each.after)
        for each in answer.differences
        if each.part.aspect is Aspect.RECORD and each.part.record
    }


async def test_an_item_that_moved_and_was_called_back(node):
    """Place, disposition, what is set to last, whose hands and what it is in: each by what did it."""
    known, (first,) = await told(node, begun(BREAD, 1, bizLocation=SILO, disposition="active"))
    lasting = {"persistentDisposition": {"set": ["expired"]}, "disposition": "recalled"}
    _, (pack, seen) = await told(
        node, packed(PALLET, [BREAD], 2), looked(BREAD, 5, bizLocation=SHOP, **lasting), party=MILL
    )
    answer = await compared(node, StateQuestion(BREAD, known_at=known))
    assert answer.asked == (BREAD,)
    assert rows(answer) == [
        ("added", f"edge {BREAD} {PALLET}", "", "packed since 00:02:00Z", [pack]),
        ("added", f"place {BREAD} urn:x:shop", "", "since 00:05:00Z", [seen]),
        ("withdrawn", f"place {BREAD} urn:x:silo", "since 00:01:00Z", "", [pack, seen]),
        ("changed", f"condition {BREAD}", "active since 00:01:00Z", "recalled since 00:05:00Z", [seen]),
        ("added", f"condition {BREAD} expired", "", "expired since 00:05:00Z", [seen]),
        ("withdrawn", f"party {BREAD} {FARM}", "since 00:01:00Z", "", [pack, seen]),
        ("added", f"party {BREAD} {MILL}", "", "since 00:05:00Z", [seen]),
        # Who packs an opaque name means a piece: it has no amount any more.
        ("withdrawn", f"amount {BREAD}", "1", "", [pack, seen]),
    ]
    assert records(answer)[first] == ("withdrawn", "shown", "")


async def test_a_lot_that_is_used_up(node):
    """What is left, and the end."""

    def kilos(count: float, event: bytes, name: str, **more: str) -> bytes:
        rows = [{"epcClass": LOT, "quantity": count, "uom": "KGM"}]
        return json.dumps(json.loads(event) | {name: rows} | more).encode()

    known, _ = await told(node, kilos(5, begun(LOT, 1), "quantityList"))
    half, (some,) = await told(node, kilos(2, made([LOT], [BREAD], 2), "inputQuantityList"))
    answer = await compared(node, StateQuestion(LOT, known_at=known), half)
    amounts = [row for row in rows(answer) if row[1].startswith("amount")]
    assert amounts == [("changed", f"amount {LOT} KGM", "5 KGM", "3 KGM", [some])]
    _, (end,) = await told(node, kilos(3, begun(LOT, 3), "quantityList", action="DELETE"))
    answer = await compared(node, StateQuestion(LOT, known_at=half))
    found = {row[1]: row for row in rows(answer)}
    assert found[f"end {LOT}"] == ("added", f"end {LOT}", "", "ended", [end])


async def test_a_contradiction_that_became_known(node):
    """The record stands beside the other, flagged; the same time twice shows nothing."""
    known, _ = await told(node, begun(BREAD, 1), looked(BREAD, 5, bizLocation=SILO))
    _, (other,) = await told(node, looked(BREAD, 5, bizLocation=SHOP), party=MILL)
    answer = await compared(node, StateQuestion(BREAD, known_at=known))
    assert [words for _, *words in records(answer).values() if "CONTRADICTS" in words] != []
    assert {cause for row in rows(answer) for cause in row[4]} == {other}
    assert (await compared(node, StateQuestion(BREAD, known_at=known), known)).differences == ()


async def test_what_two_complaints_share_by_now(node):
    """Flour was known to be in the bread; that it went into the cake came later, and with it all the rest."""
    known, (grown, milled, _) = await told(
        node, begun(GRAIN, 0, bizLocation=SILO), made([GRAIN], [FLOUR], 10), made([FLOUR], [BREAD], 20)
    )
    _, (baked,) = await told(node, made([FLOUR], [CAKE], 21), party=MILL)
    question = CommonQuestion((BREAD, CAKE), known_at=known)
    answer = await compared(node, question)
    assert answer.asked == (BREAD, CAKE)
    found = rows(answer)
    assert [row for row in found if not row[1].startswith("edge")] == [
        ("added", f"item {FLOUR}", "", "depths 1 1", [baked]),
        ("added", f"item {GRAIN}", "", "depths 2 2", [baked]),
        ("added", "place urn:x:silo", "", "in common", [baked]),
        ("added", f"party {FARM}", "", "in common", [baked]),
    ]
    edges = [row[1] for row in found if row[1].startswith("edge")]
    assert edges == [
        f"edge {BREAD} {FARM}",
        f"edge {BREAD} urn:x:silo",
        f"edge {CAKE} {FARM}",
        f"edge {CAKE} urn:x:silo",
    ]
    assert {each.fingerprint.hex() for each in answer.events} == {baked, grown}
    assert milled not in records(answer)
    back = await compared(node, CommonQuestion((BREAD, CAKE)), known)
    assert {row[0] for row in rows(back)} == {"withdrawn"}


async def test_a_recall_that_reaches_further_and_goods_that_moved(node):
    """What is affected since, from what it comes, and where that which was affected is now."""
    known, _ = await told(node, begun(GRAIN, 0), made([GRAIN], [FLOUR], 10, bizLocation=SILO))
    _, (baked, moved) = await told(
        node, made([FLOUR], [BREAD], 20), looked(FLOUR, 30, bizLocation=SHOP), party=MILL
    )
    answer = await compared(node, RecallQuestion((GRAIN,), known_at=known))
    found = {row[1]: row for row in rows(answer)}
    assert found[f"item {BREAD}"] == ("added", f"item {BREAD}", "", f"depth 2, says {MILL}", [baked])
    assert found[f"edge {BREAD} {GRAIN}"][3:] == ("comes from it", [baked])
    assert found[f"place {FLOUR} urn:x:shop"][3:] == ("since 00:30:00Z", [moved])
    assert found[f"place {FLOUR} urn:x:silo"][0] == "withdrawn"
    assert f"party {BREAD} {MILL}" in found
    assert not [name for name in found if name.endswith(f"item {FLOUR}")]
    assert set(records(answer)) >= {baked, moved}


async def test_how_few_of_a_large_recall_stand_is_compared(node, monkeypatch):
    """The nearest; of the others that they are affected; and that is said."""
    monkeypatch.setattr(picture, "STANDING", 1)
    known, _ = await told(node, begun(GRAIN, 0), made([GRAIN], [FLOUR], 10), made([FLOUR], [BREAD], 20))
    later, _ = await told(node, looked(FLOUR, 30, bizLocation=SHOP), looked(BREAD, 30, bizLocation=SHOP))
    answer = await compared(node, RecallQuestion((GRAIN,), known_at=known), later)
    assert [row[1] for row in rows(answer) if row[1].startswith("place")] == [f"place {FLOUR} urn:x:shop"]
    assert answer.truncated


@pytest.mark.parametrize(
    "question", [CommonQuestion((BREAD, CAKE), known_at=0), RecallQuestion((GRAIN,), known_at=0)], ids=str
)
async def test_they_come_in_pages_each_row_once(node: Node, question: Any):
    """All rows in order; a token of the other question is refused."""
    await told(node, begun(GRAIN, 0, bizLocation=SILO), made([GRAIN], [FLOUR], 10))
    await told(node, made([FLOUR], [BREAD], 20), made([FLOUR], [CAKE], 21), party=MILL)
    whole = await compared(node, question)
    paged: list[Any] = []
    token = ""
    while not paged or token:
        page = await compared(node, question, page_size=2, page_token=token)
        paged, token = [*paged, *page.differences], page.next_page_token
    assert tuple(paged) == whole.differences
    assert len(paged) > 8
    first = await compared(node, question, page_size=2)
    with pytest.raises(Rejected) as caught:
        await compared(node, StateQuestion(GRAIN), page_size=2, page_token=first.next_page_token)
    assert caught.value.code == "BAD_PAGE_TOKEN"


@pytest.mark.parametrize(
    ("question", "path"),
    [
        (CommonQuestion((BREAD, BREAD)), "/items"),
        (RecallQuestion(()), "/items"),
        (RecallQuestion(("urn:x:a", "javascript:alert(1)")), "/items/1"),
        (CommonQuestion((BREAD, CAKE), max_items=1_000_001), "/maxItems"),
        (StateQuestion("javascript:alert(1)"), "/item"),
    ],
    ids=str,
)
async def test_what_is_no_question_is_refused(node: Node, question: Any, path: str):
    """As where it is asked alone."""
    with pytest.raises(Rejected) as caught:
        await compared(node, question)
    assert caught.value.path == path
