"""State: where an item is, in what, in whose hands, and who says so, over nodes and for each reader."""

import pytest

from tests.journey.bread import net
from tests.journey.network import (
    AUTHORITY,
    EVERYONE,
    FARM,
    MILL,
    Network,
    Node,
    looked,
    packed,
    seen,
)
from tests.unit.lettuce import event
from tracehold.core.errors import Rejected
from tracehold.core.lineage import GapReason
from tracehold.core.record import Audience
from tracehold.journey import state
from tracehold.journey.state import StateAnswer, StateQuestion, answer_state
from tracehold.journey.whereabouts import Whereabouts

__all__ = ["net"]

PIECE, PALLET, SHIP = "urn:x:piece", "urn:x:pallet", "urn:x:ship"
LOT = "https://id.gs1.org/01/09521234000020/10/L1"
MILLS, SHOPS = {"id": "urn:x:mill-yard"}, {"id": "urn:x:shop"}


async def ask(node: Node, item: str = PIECE, reader=EVERYONE, **options) -> StateAnswer:
    """The whole answer."""
    return await answer_state(node.knowledge, reader, StateQuestion(item, **options))


def minute(at: int) -> int:
    """So many minutes into the day of the events, in microseconds."""
    return (1772323200 + 60 * at) * 10**6


def handed(to: str, kind: str = "possessing_party") -> list[dict[str, str]]:
    """Who gets it."""
    return [{"type": kind, "destination": to}]


async def shipped(here: Node, there: Node) -> None:
    """The farm packs and ships at one node, the mill receives at another."""
    await here.say(
        looked(PIECE, 1, bizLocation=MILLS, persistentDisposition={"set": ["completeness_verified"]}),
        packed(PALLET, [PIECE], 2),
        packed(SHIP, [PALLET], 3),
        looked(SHIP, 4, bizStep="shipping", disposition="in_transit", destinationList=handed(MILL)),
    )
    await there.say(looked(SHIP, 9, bizStep="receiving", bizLocation=SHOPS), party=MILL)
    await there.finish()
    await here.finish()


def hands(stands: Whereabouts) -> list[tuple[str, str]]:
    """Who has it, and who gets it."""
    return [(each.party, each.bound_for) for each in stands.custodians]


async def test_a_state_over_two_nodes_is_the_same_at_both(net: Network):
    """Place, chain of containers, condition and custodian, each with the event that says so."""
    here, there = await net.join(), await net.join()
    await shipped(here, there)
    answers = [await ask(node) for node in (here, there)]
    for answer in answers:
        stands = answer.stands
        assert stands.place == "urn:x:shop"
        assert [(c.item, c.parent, c.depth) for c in stands.containers] == [
            (PIECE, PALLET, 1),
            (PALLET, SHIP, 2),
        ]
        assert hands(stands) == [(MILL, "")]
        assert stands.dispositions == ("completeness_verified",)
        told = {event.fingerprint: event for event in answer.events}
        assert told[stands.places[0].told_by].speaker.party == MILL
        assert told[stands.conditions[0].told_by].speaker.party == FARM
        assert {each.opened_by for each in stands.containers} <= told.keys()
        assert all(event.verified for event in answer.events)
        assert answer.gaps == ()
        assert not answer.truncated
    assert answers[0].stands == answers[1].stands


async def test_on_its_way_it_is_nowhere_and_with_who_sent_it(net: Network):
    """And whoever is to get it is named."""
    here, there = await net.join(), await net.join()
    await shipped(here, there)
    stands = (await ask(here, at=minute(5))).stands
    assert (stands.place, list(stands.places)) == ("", [])
    assert hands(stands) == [(FARM, MILL)]
    packed_only = (await ask(here, at=minute(3))).stands
    assert (packed_only.place, hands(packed_only)) == ("urn:x:mill-yard", [(FARM, "")])


async def test_known_at_is_what_was_known_then(net: Network):
    """Before the farm's anchor only what the mill said of the ship, at either node."""
    here, there = await net.join(), await net.join()
    await shipped(here, there)
    blocks = {e.node: e.block_time * 1000 for e in net.chain.events()}
    assert blocks[there.number] < blocks[here.number]
    for node in (here, there):
        assert (await ask(node, known_at=blocks[there.number] - 1)).events == ()
        before, ship = [await ask(node, item, known_at=blocks[there.number]) for item in (PIECE, SHIP)]
        assert (before.events, ship.stands.place) == ((), "urn:x:shop")
        now = await ask(node, known_at=blocks[here.number])
        assert now.stands == (await ask(node)).stands


async def test_a_destination_that_got_it_has_it(net: Network):
    """A receiving that names who possesses it then; owning is another thing."""
    node = await net.join()
    await node.say(looked(PIECE, 1, bizStep="receiving", destinationList=handed(MILL)))
    await node.say(
        looked("urn:x:other", 1, bizStep="receiving", destinationList=handed(MILL, "owning_party"))
    )
    await node.index()
    assert hands((await ask(node)).stands) == [(MILL, "")]
    assert hands((await ask(node, "urn:x:other")).stands) == [(FARM, "")]


async def test_who_only_looks_at_it_has_it_not(net: Network):
    """An inspector's look changes no hands; where nobody handled it, the last look is all there is."""
    node = await net.join()
    await node.say(looked(PIECE, 1, bizLocation=MILLS), looked("urn:x:found", 1))
    await node.say(looked(PIECE, 5, bizStep="inspecting"), looked("urn:x:found", 5), party=MILL)
    await node.index()
    assert hands((await ask(node)).stands) == [(FARM, "")]
    assert hands((await ask(node, "urn:x:found")).stands) == [(MILL, "")]


async def test_of_a_lot_each_that_handled_it_may_have_some(net: Network):
    """Places and custodians of all speakers, each by its last word."""
    node = await net.join()
    await node.say(seen("urn:x:lot", 1, bizLocation=MILLS), seen("urn:x:lot", 2, bizLocation=MILLS))
    await node.say(seen("urn:x:lot", 3, bizLocation=SHOPS), party=MILL)
    await node.index()
    stands = (await ask(node, "urn:x:lot")).stands
    assert hands(stands) == [(FARM, ""), (MILL, "")]
    assert [stay.place for stay in stands.places] == ["urn:x:mill-yard", "urn:x:shop"]
    assert stands.place == ""


async def test_a_party_with_two_operators_has_it_once(net: Network):
    """Two voices of the farm at two nodes; its newest word is the one that is shown."""
    here, there = await net.join(), await net.join()
    await here.say(seen("urn:x:lot", 1, bizLocation=MILLS))
    await there.say(seen("urn:x:lot", 3, bizLocation=SHOPS))
    await there.finish()
    await here.finish()
    (custodian,) = (await ask(here, "urn:x:lot")).stands.custodians
    assert (custodian.party, custodian.since) == (FARM, minute(3))


async def test_what_others_say_for_the_same_instant_is_shown_beside(net: Network):
    """Two speakers, one instant, two places: one is taken, the other stands there and is flagged. One speaker
    with a hasty clock contradicts nobody.
    """
    node = await net.join()
    await node.say(looked(PIECE, 1, bizLocation=MILLS), looked("urn:x:b", 1, bizLocation=MILLS))
    await node.say(looked("urn:x:b", 1, bizLocation=SHOPS))
    await node.say(looked(PIECE, 1, bizLocation=SHOPS), party=MILL)
    await node.index()
    answer = await ask(node)
    assert answer.stands.place in {"urn:x:mill-yard", "urn:x:shop"}
    assert [event.flags for event in answer.events].count(("CONTRADICTS",)) == 1
    assert {event.place for event in answer.events} == {"urn:x:mill-yard", "urn:x:shop"}
    assert not any(event.flags for event in (await ask(node, "urn:x:b")).events)


async def test_nothing_of_a_hidden_record_shows(net: Network):
    """The place and the holder that it tells are a gap, here and at another node."""
    here, there = await net.join(), await net.join()
    await here.say(looked(PIECE, 1, bizLocation=MILLS))
    await here.say(looked(PIECE, 5, bizLocation=SHOPS), party=MILL, audience=Audience.AUTHORITY)
    await here.finish()
    for node in (here, there):
        answer = await ask(node)
        assert answer.stands.place == "urn:x:mill-yard"
        assert "urn:x:shop" not in repr(answer)
        assert MILL not in repr(answer)
        assert GapReason.ACCESS_REFUSED in {gap.reason for gap in answer.gaps}
        assert (await ask(node, reader=AUTHORITY)).stands.place == "urn:x:shop"


async def test_a_peer_that_is_down_is_a_gap(net: Network):
    """What is known here is answered."""
    here, there = await net.join(), await net.join()
    await shipped(here, there)
    there.peer.down = True
    answer = await ask(here)
    assert answer.stands.place == ""
    assert GapReason.HOLDER_DOWN in {gap.reason for gap in answer.gaps}


@pytest.mark.parametrize("bad", ["", "javascript:alert(1)", "(01)09521234543210"])
async def test_what_can_be_no_item_is_refused(net: Network, bad: str):
    """At its field."""
    node = await net.join()
    with pytest.raises(Rejected) as caught:
        await ask(node, bad)
    assert caught.value.path == "/item"


async def test_too_many_rows_are_cut_and_said(net: Network, monkeypatch: pytest.MonkeyPatch):
    """A lot at more places than are shown."""
    monkeypatch.setattr("tracehold.journey.state.ROWS", 2)
    node = await net.join()
    await node.say(*(seen("urn:x:lot", at, bizLocation={"id": f"urn:x:p{at}"}) for at in range(3)))
    await node.index()
    answer = await ask(node, "urn:x:lot")
    assert (len(answer.stands.places), answer.truncated) == (2, True)


def lived(action: str, hour: int, **fields: object) -> bytes:
    """An object event of a day."""
    return event("ObjectEvent", f"2026-03-01T{hour:02}:00:00", action=action, **fields)


def some(amount: float) -> list[dict[str, object]]:
    """Of the lot."""
    return [{"epcClass": LOT, "quantity": amount}]


async def test_an_end_is_told_by_the_event_that_says_so(net: Network):
    """Though somebody saw the thing afterwards, and that is what places it."""
    node = await net.join()
    await node.say(
        lived("ADD", 1, epcList=[PIECE]),
        lived("DELETE", 2, epcList=[PIECE], bizStep="destroying"),
        lived("OBSERVE", 3, epcList=[PIECE], bizStep="receiving", bizLocation=SHOPS),
    )
    await node.index()
    answer = await ask(node)
    assert answer.stands.ended
    assert ("DELETE", "destroying") in [(event.action, event.step) for event in answer.events]


async def test_what_is_left_is_told_by_what_was_counted(net: Network, monkeypatch):
    """Whole, or cut and said to be."""
    node = await net.join()
    await node.say(
        lived("ADD", 1, quantityList=some(10)),
        lived("DELETE", 2, quantityList=some(2)),
        lived("DELETE", 3, quantityList=some(3)),
        lived("OBSERVE", 4, quantityList=some(1), bizStep="receiving"),
    )
    await node.index()
    answer = await ask(node, LOT)
    assert answer.stands.amounts == ((5.0, None),)
    assert [event.action for event in answer.events] == ["ADD", "DELETE", "DELETE", "OBSERVE"]
    assert not answer.truncated
    monkeypatch.setattr(state, "ROWS", 1)
    cut = await ask(node, LOT)
    assert cut.truncated
    assert [event.action for event in cut.events if event.action != "OBSERVE"] == ["DELETE"]


async def test_a_party_that_two_operators_speak_for_says_one_thing(net: Network):
    """Of a lot the last word of each speaker counts: of a party its newest, by whichever operator."""
    here, there = await net.join(), await net.join()
    gets = [{"type": "possessing_party", "destination": MILL}]
    await here.say(lived("ADD", 1, quantityList=some(10)))
    await there.say(lived("OBSERVE", 2, quantityList=some(5), bizStep="shipping", destinationList=gets))
    await here.say(lived("OBSERVE", 3, quantityList=some(5), bizStep="receiving"), party=MILL)
    for node in (here, there):
        await node.finish()
    for node in (here, there):
        answer = await ask(node, LOT)
        assert [(each.party, each.bound_for) for each in answer.stands.custodians] == [
            (FARM, MILL),
            (MILL, ""),
        ]
