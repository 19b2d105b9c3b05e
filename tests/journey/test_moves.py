"""A provider that grows into a creator: its old records still resolve, traces join, and it alone takes back
what it said. And those who would like to.
"""

from dataclasses import replace

import pytest

from tests.journey.bread import net
from tests.journey.network import EVERYONE, FARM, MILL, Network, Node, made, replicate
from tests.journey.scene import FARM_KEY, MILL_KEY, NETWORK, SALTS, control
from tracehold.core.control import Enrol, Mandate, Move, Revoke
from tracehold.core.keys import SigningKey
from tracehold.core.lineage import Direction
from tracehold.core.record import event_header, parse, sign
from tracehold.core.roster import Level
from tracehold.journey.intake import Statement
from tracehold.journey.trace import TraceQuestion, answer_trace

__all__ = ["net"]

GRIND = made(["urn:x:grain"], ["urn:x:flour"], 10, eventID="urn:x:event:grind")
BAKE = made(["urn:x:flour"], ["urn:x:bread"], 20)
SORRY = {"declarationTime": "2026-03-02T00:00:00Z", "reason": "urn:x:wrong"}
TAKE_BACK = made(["urn:x:grain"], ["urn:x:flour"], 10, eventID="urn:x:event:grind", errorDeclaration=SORRY)
UP = Direction.UPSTREAM


def signed(payload: bytes, key: SigningKey = FARM_KEY, party: str = FARM) -> Statement:
    """What a party says itself."""
    header = event_header(key.public, party, NETWORK, 1_790_000_000, SALTS(16))
    return Statement(sign(header, payload, key))


async def enrol(node: Node, party: str = FARM, key: SigningKey = FARM_KEY) -> None:
    """The node's operator lets the key speak for the party."""
    own = node.sealer.own.identity
    await node.upload(control(Enrol(party, key.public), key=own.key, party=own.operator))


async def move(old: Node, new: Node, *, key: SigningKey = FARM_KEY, party: str = FARM) -> None:
    """The party goes from one to the other: it says so at both."""
    says = Move(new.sealer.own.identity.operator, new.log, old.log)
    for node in (new, old):
        await node.upload(control(says, key=key, party=party))


@pytest.fixture
async def grown(net: Network) -> tuple[Node, Node]:
    """A creator at which the farm spoke, and the one that it will move to."""
    old, new = await net.join(), await net.join()
    await enrol(old)
    await old.upload(signed(GRIND))
    await old.say(BAKE, party=MILL)
    await enrol(new)
    return old, new


async def ancestors(node: Node, item: str = "urn:x:bread") -> list[str]:
    """What the node says that an item was made from."""
    answer = await answer_trace(node.knowledge, EVERYONE, TraceQuestion(item, UP))
    return [found.item for found in answer.items]


async def finish(*nodes: Node) -> None:
    """Everything final and indexed, everywhere."""
    for node in nodes:
        await node.finish()


async def test_old_records_resolve_and_traces_join(grown):
    """What it said at its old creator and what it says with its own node is one chain, from either side."""
    old, new = grown
    await move(old, new)
    await new.upload(signed(made(["urn:x:seed"], ["urn:x:grain"], 5)))
    await finish(old, new)
    for node in grown:
        assert await ancestors(node) == ["urn:x:flour", "urn:x:grain", "urn:x:seed"]


@pytest.mark.parametrize("kept", [False, True], ids=["asking each other", "keeping both logs"])
async def test_after_its_move_a_party_takes_back_what_it_said_before(net, grown, kept):
    """With its key, at its new operator; every node comes to the same, whether it keeps the logs or asks."""
    old, new = grown
    await finish(old, new)
    await move(old, new)
    await new.upload(signed(TAKE_BACK))
    await finish(old, new)
    third = await net.join()
    if kept:
        await replicate(old, third)
        await replicate(new, third)
        third.knowledge = replace(third.knowledge, peers=None)
    await finish(third)
    for node in (old, new, third):
        assert await ancestors(node) == ["urn:x:flour"]


async def test_security_without_a_move_a_party_at_another_operator_takes_nothing_back(grown):
    """The same key, enrolled at both: two operators vouch, and neither for the other."""
    old, new = grown
    await new.upload(signed(TAKE_BACK))
    await finish(old, new)
    for node in grown:
        assert await ancestors(node) == ["urn:x:flour", "urn:x:grain"]


async def test_security_a_member_does_not_void_another_partys_event(grown):
    """Another party, another operator in the party's name: a dispute, shown and not applied."""
    old, new = grown
    await old.say(TAKE_BACK, party=MILL)
    await new.say(TAKE_BACK, party=FARM)
    await new.say(TAKE_BACK, party=MILL)
    await finish(old, new)
    for node in grown:
        answer = await answer_trace(node.knowledge, EVERYONE, TraceQuestion("urn:x:bread", UP))
        assert [found.item for found in answer.items] == ["urn:x:flour", "urn:x:grain"]


async def test_security_an_operator_that_was_left_takes_nothing_back(grown):
    """Neither what the party said before, nor what it says since."""
    old, new = grown
    await move(old, new)
    other = made(["urn:x:seed"], ["urn:x:grain"], 5, eventID="urn:x:event:grow")
    wrong = made(["urn:x:seed"], ["urn:x:grain"], 5, eventID="urn:x:event:grow", errorDeclaration=SORRY)
    await new.upload(signed(other))
    await old.say(TAKE_BACK, wrong)
    await finish(old, new)
    for node in grown:
        assert await ancestors(node) == ["urn:x:flour", "urn:x:grain", "urn:x:seed"]


async def test_security_an_operator_with_a_key_of_its_own_moves_nobody(grown):
    """It enrols a key that it made up for the party, in its own log, and lets it move there."""
    old, new = grown
    await enrol(new, FARM, MILL_KEY)
    says = Move(new.sealer.own.identity.operator, new.log, old.log)
    await new.upload(control(says, key=MILL_KEY, party=FARM))
    (refused,) = await old.uploads.submit([control(says, key=MILL_KEY, party=FARM)])
    assert refused.error.code == "KEY_NOT_ENROLLED"
    await new.upload(signed(TAKE_BACK, MILL_KEY))
    await finish(old, new)
    for node in grown:
        assert await ancestors(node) == ["urn:x:flour", "urn:x:grain"]


async def test_security_a_move_with_a_stolen_key_is_undone_by_doubting_the_key(grown):
    """The operator that was left says since when it is suspect: everything is as before the move."""
    old, new = grown
    await move(old, new)
    await new.upload(signed(TAKE_BACK))
    own = old.sealer.own.identity
    stolen = Revoke(FARM_KEY.public.kid, old.sealer.own.size - 1)
    await old.upload(control(stolen, key=own.key, party=own.operator))
    await finish(old, new)
    for node in grown:
        assert await ancestors(node) == ["urn:x:flour", "urn:x:grain"]


async def test_security_a_mandate_does_not_replay_in_another_log(grown):
    """It names its operator; the other one's log refuses it, and a mandate for one log stays there."""
    old, new = grown
    given = control(Mandate(old.sealer.own.identity.operator), key=FARM_KEY, party=FARM)
    await old.upload(given)
    bound = control(Mandate(new.sealer.own.identity.operator, old.log), key=FARM_KEY, party=FARM)
    refusals = await new.uploads.submit([given, bound])
    assert [outcome.error.code for outcome in refusals] == ["BAD_CONTROL"] * 2
    roster = await new.knowledge.speakers.roster(new.log)
    (outcome,) = await new.say(GRIND)
    record = (await new.store.entry(outcome.fingerprint)).raw
    assert roster.speaker(parse(record), outcome.index).level is Level.DELEGATED_ASSERTED
