"""History and locate by business transaction: order, invoice, despatch advice."""

from typing import Any

import pytest

from tests.journey.asking import history, node
from tests.journey.bread import net
from tests.journey.network import AUTHORITY, EVERYONE, MILL, Network, Node, begun, made, packed, said, seen
from tracehold.core.access import Reader
from tracehold.core.errors import Rejected
from tracehold.core.lineage import GapReason
from tracehold.core.record import Audience, Kind
from tracehold.journey.answers import LocateAnswer
from tracehold.journey.locate import LocateQuestion, answer_locate
from tracehold.journey.subject import Transaction

__all__ = ["net", "node"]

ORDER = "urn:epcglobal:cbv:bt:9521234000006:PO-77"
FLOUR = "urn:x:flour"


def under(*documents: tuple[str | None, str]) -> dict[str, Any]:
    """The `bizTransactionList` of an event."""
    entries = [{"bizTransaction": id} | ({"type": type} if type else {}) for type, id in documents]
    return {"bizTransactionList": entries}


async def told(node: Node, id: str = ORDER, type: str = "", **options) -> list[str]:
    """The business steps of a history, in order."""
    return [event.step for event in (await history(node, Transaction(id, type), **options)).events]


async def located(node: Node, subject: Transaction | str, reader: Reader = EVERYONE) -> LocateAnswer:
    """All records at once."""
    return await answer_locate(node.knowledge, reader, LocateQuestion(subject))


async def dispatch(node: Node) -> None:
    """An order, its despatch, its receipt; and what happened to the goods without it."""
    await node.say(
        begun(FLOUR, 1, bizStep="commissioning"),
        seen(
            FLOUR,
            10,
            bizStep="shipping",
            **under(("po", ORDER), ("desadv", "urn:epc:id:gdti:9521234.00001.77")),
        ),
        seen(FLOUR, 20, bizStep="receiving", **under(("urn:epcglobal:cbv:btt:po", ORDER))),
        seen("urn:x:bran", 15, bizStep="picking", **under((None, ORDER))),
        seen(FLOUR, 30, bizStep="storing"),
    )
    await node.finish()


async def test_a_history_is_all_that_names_the_transaction(node):
    """In time order, of all goods, and nothing else of the same goods."""
    await dispatch(node)
    answer = await history(node, Transaction(ORDER))
    assert [event.step for event in answer.events] == ["shipping", "picking", "receiving"]
    assert {(event.role, event.via, event.verified) for event in answer.events} == {
        ("transaction", ORDER, True)
    }
    assert (answer.item, answer.gaps, answer.truncated) == (ORDER, (), False)


@pytest.mark.parametrize("type", ["po", "urn:epcglobal:cbv:btt:po", "https://ref.gs1.org/cbv/BTT-po"])
async def test_the_type_may_be_asked_for_in_any_spelling(node, type):
    """An event that gives no type is none of it."""
    await dispatch(node)
    assert await told(node, type=type) == ["shipping", "receiving"]
    assert await told(node, type="inv") == []
    assert len((await located(node, Transaction(ORDER, type))).locations) == 2
    assert len((await located(node, Transaction(ORDER))).locations) == 3


@pytest.mark.parametrize(
    "spelling",
    ["urn:epc:id:gdti:9521234.00001.77", "https://dl.example/253/952123400001377", "(253)952123400001377"],
)
async def test_the_key_of_a_document_may_be_asked_for_in_any_spelling(node, spelling):
    """It is a GS1 key like any other."""
    await dispatch(node)
    assert await told(node, spelling) == ["shipping"]
    (found,) = (await located(node, Transaction(spelling, "desadv"))).locations
    assert found.kind == Kind.EVENT


async def test_a_transaction_is_no_item_and_an_item_no_transaction(node):
    """The same name may be both: each question finds its own."""
    await node.say(seen(ORDER, 1, bizStep="storing"))
    await node.say(said(ORDER, "Paper"), kind=Kind.MASTERDATA)
    await node.say(seen(FLOUR, 2, bizStep="shipping", **under(("po", ORDER))))
    await node.finish()
    assert [event.step for event in (await history(node, ORDER)).events] == ["storing"]
    assert await told(node) == ["shipping"]
    assert await told(node, FLOUR) == []
    kinds = [each.kind for each in (await located(node, ORDER)).locations]
    assert kinds == [Kind.EVENT, Kind.MASTERDATA]
    assert len((await located(node, Transaction(ORDER))).locations) == 1


async def test_what_is_taken_back_did_not_happen_under_the_order(node):
    """By what was known: before, it had."""
    wrong = seen(FLOUR, 10, bizStep="shipping", eventID="urn:uuid:1", **under(("po", ORDER)))
    await node.say(wrong)
    await node.finish()
    before = node.network.clock.time * 1_000
    error = {"errorDeclaration": {"declarationTime": "2026-03-02T00:00:00Z", "reason": "did_not_occur"}}
    await node.say(seen(FLOUR, 10, bizStep="shipping", eventID="urn:uuid:1", **under(("po", ORDER)), **error))
    await node.finish()
    assert await told(node) == []
    assert await told(node, known_at=before) == ["shipping"]
    assert await told(node, at=0, known_at=before) == []


async def test_what_a_reader_may_not_read_is_a_gap(node):
    """Permissions are as for items: neither the step nor the goods nor the type shows."""
    await node.say(
        packed("urn:x:p", ["urn:x:secret"], 1, bizStep="packing", **under(("po", ORDER))),
        audience=Audience.AUTHORITY,
        party=MILL,
    )
    await node.say(seen(FLOUR, 2, bizStep="shipping", **under(("po", ORDER))))
    await node.finish()
    answer = await history(node, Transaction(ORDER))
    assert [event.step for event in answer.events] == ["shipping"]
    assert [(gap.item, gap.reason) for gap in answer.gaps] == [(ORDER, GapReason.ACCESS_REFUSED)]
    shown = await located(node, Transaction(ORDER))
    assert len(shown.locations) == 1
    assert [(gap.item, gap.reason) for gap in shown.gaps] == [(ORDER, GapReason.ACCESS_REFUSED)]
    assert "secret" not in repr((answer, shown))
    assert len((await located(node, Transaction(ORDER), AUTHORITY)).locations) == 2


@pytest.mark.parametrize("bad", ["javascript:alert(1)", "", "(253)9521234000011"])
async def test_what_can_be_no_transaction_is_refused(node, bad):
    """At its place."""
    for asked in (history(node, Transaction(bad)), located(node, Transaction(bad))):
        with pytest.raises(Rejected) as caught:
            await asked
        assert caught.value.path == "/businessTransaction/id"


async def test_other_nodes_are_asked_for_the_transaction(net: Network):
    """What stands in another node's log only is found by its order, of whatever goods, and proved; another
    type and another order are not.
    """
    here, there = await net.join(), await net.join()
    await here.say(seen(FLOUR, 10, bizStep="shipping", **under(("po", ORDER))))
    await there.say(
        made([FLOUR], ["urn:x:bread"], 20, bizStep="commissioning", **under(("po", ORDER))),
        seen(FLOUR, 25, bizStep="storing", **under(("inv", ORDER))),
        seen(FLOUR, 26, bizStep="loading", **under(("po", "PO-78"))),
    )
    for each in (there, here):
        await each.finish()
    assert await told(here, type="po") == ["shipping", "commissioning"]
    assert await told(here) == ["shipping", "commissioning", "storing"]
    answer = await located(here, Transaction(ORDER, "po"))
    assert {each.holders for each in answer.locations} == {(1,), (2,)}
    assert len((await located(here, Transaction(ORDER))).locations) == 3


async def test_a_holder_that_is_silent_is_a_gap(net: Network):
    """The answer says that it may not be whole."""
    here, there = await net.join(), await net.join()
    await there.say(seen(FLOUR, 10, **under(("po", ORDER))))
    for each in (there, here):
        await each.finish()
    there.peer.down = True
    answer = await history(here, Transaction(ORDER))
    assert answer.events == ()
    assert GapReason.HOLDER_DOWN in {gap.reason for gap in answer.gaps}
