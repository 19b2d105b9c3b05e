"""Superseded records: withdrawn where the pointer is honoured, shown as a claim where it is not."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.journey.network import (
    EVERYONE,
    FARM,
    MILL,
    Network,
    Node,
    made,
    network,
    replicate,
    said,
)
from tests.journey.scene import MILL_KEY, NETWORK, SALTS
from tests.journey.superseded_scene import RIGHT, WRONG, Pointers, ask, items, judged, sealed, signed
from tests.journey.test_moves import enrol, move
from tracehold.core.access import Reader
from tracehold.core.ids import Fingerprint
from tracehold.core.record import Audience, Kind, event_header, parse, sign
from tracehold.journey.answers import CLAIMED, SUPERSEDES
from tracehold.journey.history import HistoryQuestion, answer_history
from tracehold.journey.masterdata import answer_masterdata
from tracehold.journey.ports import Dispute
from tracehold.journey.superseded import Claim, superseded_here


@pytest.fixture
async def net() -> AsyncIterator[Network]:
    """An empty network."""
    async with network() as running:
        yield running


@pytest.fixture
async def node(net: Network) -> Node:
    """A creator at which the farm speaks for itself."""
    made = await net.join()
    await enrol(made)
    return made


async def test_a_record_that_is_superseded_is_withdrawn(node: Node) -> None:
    """From traces and histories; the one in its place is marked. Before the pointer nothing changes."""
    pointers = Pointers(node)
    wrong = await sealed(node, signed(WRONG))
    right = await sealed(node, signed(RIGHT, wrong))
    await node.finish()
    assert items(await ask(node)) == ["urn:x:grain", "urn:x:sand"]
    assert await judged(node, wrong) is None
    await pointers.say(wrong, right)
    answer = await ask(node)
    assert items(answer) == ["urn:x:grain"]
    assert [(event.fingerprint, event.flags) for event in answer.events] == [(right, (SUPERSEDES,))]
    told = await answer_history(node.knowledge, EVERYONE, HistoryQuestion("urn:x:flour"))
    assert [event.fingerprint for event in told.events] == [right]
    assert items(await ask(node, "urn:x:flour", at=10**18)) == ["urn:x:grain"]
    found = await judged(node, wrong)
    assert found is not None
    assert (found.honoured, found.pointer.replacement) == (True, right)
    assert await superseded_here(node.knowledge, [wrong, right]) == {wrong: found}


async def test_a_pointer_that_is_undone_withdraws_nothing(node: Node) -> None:
    """The block is not on the chain any more: the record says again what it said."""
    pointers = Pointers(node)
    wrong = await sealed(node, signed(WRONG))
    right = await sealed(node, signed(RIGHT, wrong))
    await node.finish()
    await pointers.say(wrong, right)
    await pointers.undo()
    assert items(await ask(node)) == ["urn:x:grain", "urn:x:sand"]
    assert await superseded_here(node.knowledge, [wrong]) == {}


async def test_a_header_without_a_pointer_withdraws_nothing(node: Node) -> None:
    """It is announced, and not yet so."""
    wrong = await sealed(node, signed(WRONG))
    await sealed(node, signed(RIGHT, wrong))
    await node.finish()
    answer = await ask(node)
    assert items(answer) == ["urn:x:grain", "urn:x:sand"]
    assert {event.flags for event in answer.events} == {()}


async def claims(node: Node, wrong: Fingerprint) -> Claim | None:
    """Why the pointer at `wrong` is a claim; checks that the record is used, and flagged."""
    answer = await ask(node)
    assert "urn:x:sand" in items(answer)
    flags = {event.fingerprint: event.flags for event in answer.events}
    assert flags[wrong] == (CLAIMED,)
    assert all(each == () for name, each in flags.items() if name != wrong)
    found = await judged(node, wrong)
    assert found is not None
    assert not found.honoured
    return found.claim


async def test_security_a_replacement_that_does_not_name_the_record(node: Node) -> None:
    """The creator alone says so: a claim."""
    pointers = Pointers(node)
    wrong = await sealed(node, signed(WRONG))
    other = await sealed(node, signed(made(["urn:x:a"], ["urn:x:b"], 5)))
    right = await sealed(node, signed(RIGHT, other))
    await node.finish()
    await pointers.say(wrong, right)
    assert await claims(node, wrong) is Claim.NOT_NAMED


async def test_security_a_creator_supersedes_what_a_party_said(node: Node) -> None:
    """Its own key, in another party's or in its own name: another speaker, so a claim."""
    pointers = Pointers(node)
    await enrol(node, MILL, MILL_KEY)
    wrong = await sealed(node, signed(WRONG))
    right = await sealed(node, signed(RIGHT, wrong, MILL_KEY, MILL))
    await node.finish()
    await pointers.say(wrong, right)
    assert await claims(node, wrong) is Claim.OTHER_SPEAKER


async def test_security_another_operator_supersedes_in_a_partys_name(net: Network, node: Node) -> None:
    """It vouches for the same party by itself: two voices."""
    other = await net.join()
    pointers = Pointers(node, other)
    wrong = await sealed(node, signed(WRONG))
    await node.finish()
    own = other.sealer.own.identity
    await enrol(other, key=MILL_KEY)
    right = await sealed(other, signed(RIGHT, wrong, MILL_KEY))
    await other.finish()
    await pointers.say(wrong, right, node=2)
    assert await claims(node, wrong) is Claim.OTHER_SPEAKER
    assert own.operator != node.sealer.own.identity.operator


async def test_a_replacement_that_nobody_has_yet(net: Network, node: Node) -> None:
    """The pointer may come first; when the replacement is sealed, it counts."""
    pointers = Pointers(node)
    wrong = await sealed(node, signed(WRONG))
    raw = signed(RIGHT, wrong)
    await node.finish()
    await pointers.say(wrong, parse(raw).fingerprint)
    assert await claims(node, wrong) is Claim.UNKNOWN
    assert (await superseded_here(node.knowledge, [wrong]))[wrong].claim is Claim.UNKNOWN
    await sealed(node, raw)
    await node.finish()
    assert items(await ask(node)) == ["urn:x:grain"]


async def test_security_a_replacement_that_is_disputed(net: Network, node: Node) -> None:
    """Kept of another's log and found wrong: its signature is not the party's, and so it replaces nothing."""
    holder = await net.join()
    pointers = Pointers(holder)
    wrong = await sealed(node, signed(WRONG))
    raw = bytearray(signed(RIGHT, wrong))
    raw[-1] ^= 1
    right = await sealed(node, bytes(raw))
    await node.finish()
    await replicate(node, holder)
    index = (await holder.store.find([right]))[right].index
    holder.store._of(node.log).disputes[index] = Dispute(index, "BAD_SIGNATURE", 1)
    await holder.index()
    await pointers.say(wrong, right)
    assert (await superseded_here(holder.knowledge, [wrong]))[wrong].claim is Claim.DISPUTED


async def test_security_who_may_not_read_the_replacement_is_shown_a_claim(node: Node) -> None:
    """A record that is refused shows through nothing; who may read it knows."""
    pointers = Pointers(node)
    wrong = await sealed(node, signed(WRONG))
    right = await sealed(node, signed(RIGHT, wrong, audience=Audience.AUTHORITY))
    await node.finish()
    await pointers.say(wrong, right)
    assert await claims(node, wrong) is Claim.UNKNOWN
    authority = Reader(authenticated=True, roles=frozenset({"authority"}))
    found = await judged(node, wrong, authority)
    assert found is not None
    assert found.honoured


async def test_a_replacement_is_fetched_where_it_is_not_kept(net: Network, node: Node) -> None:
    """The record is kept here, the replacement at its creator's alone: asked for by its fingerprint."""
    reader = await net.join()
    wrong = await sealed(node, signed(WRONG))
    await node.finish()
    await replicate(node, reader)
    await reader.index()
    right = await sealed(node, signed(made(["urn:x:else"], ["urn:x:other"], 10), wrong))
    await node.finish()
    pointers = Pointers(reader)
    await pointers.say(wrong, right)
    assert items(await ask(reader)) == []
    found = await judged(reader, wrong)
    assert found is not None
    assert found.honoured
    assert (await superseded_here(reader.knowledge, [wrong]))[wrong].claim is Claim.UNKNOWN


async def test_a_party_that_moved_supersedes_what_it_said_before(net: Network, node: Node) -> None:
    """At its new operator, in one voice with the old one by its move."""
    new = await net.join()
    pointers = Pointers(node, new)
    wrong = await sealed(node, signed(WRONG))
    await enrol(new)
    await move(node, new)
    right = await sealed(new, signed(RIGHT, wrong))
    for each in (node, new):
        await each.finish()
    await pointers.say(wrong, right)
    await replicate(new, node)
    await node.index()
    assert items(await ask(node)) == ["urn:x:grain"]


async def test_the_first_pointer_that_is_honoured_counts(net: Network, node: Node) -> None:
    """Others may point from the same record, from logs in which it stands too."""
    pointers = Pointers(node)
    wrong = await sealed(node, signed(WRONG))
    odd = await sealed(node, signed(RIGHT))
    right = await sealed(node, signed(RIGHT, wrong))
    await node.finish()
    await pointers.say(wrong, odd, node=2)
    await pointers.say(wrong, right, node=1)
    found = await judged(node, wrong)
    assert found is not None
    assert (found.honoured, found.pointer.node) == (True, 1)


async def test_what_replaced_may_be_replaced(node: Node) -> None:
    """Only the last one says something; the first does not come back."""
    pointers = Pointers(node)
    first = await sealed(node, signed(WRONG))
    second = await sealed(node, signed(made(["urn:x:dust"], ["urn:x:flour"], 10), first))
    third = await sealed(node, signed(RIGHT, second))
    await node.finish()
    await pointers.say(first, second)
    await pointers.say(second, third)
    assert items(await ask(node)) == ["urn:x:grain"]
    assert {each.honoured for each in (await superseded_here(node.knowledge, [first, second])).values()} == {
        True
    }


async def test_a_superseded_error_declaration_takes_nothing_back(node: Node) -> None:
    """It says nothing any more, and so the event that it was about stands again."""
    pointers = Pointers(node)
    sorry = {"declarationTime": "2026-03-02T00:00:00Z", "reason": "urn:x:wrong"}
    await sealed(node, signed(RIGHT))
    declared = await sealed(node, signed(made(["urn:x:grain"], ["urn:x:flour"], 10, errorDeclaration=sorry)))
    other = await sealed(node, signed(made(["urn:x:a"], ["urn:x:b"], 5), declared))
    await node.finish()
    assert items(await ask(node)) == []
    await pointers.say(declared, other)
    assert items(await ask(node)) == ["urn:x:grain"]


async def test_known_at_goes_by_the_pointers_block_and_by_the_replacement(node: Node) -> None:
    """Before both were known the record said what it said, and nothing is flagged."""
    pointers = Pointers(node)
    wrong = await sealed(node, signed(WRONG))
    await node.finish()
    right = await sealed(node, signed(RIGHT, wrong))
    await node.finish()
    known = max(event.block_time for event in node.network.chain.events())
    for at in (known - 1_000, known + 1_000):
        await pointers.undo()
        await pointers.say(wrong, right, at=at)
        both = max(at, known) * 1000
        before = await ask(node, known_at=both - 1)
        assert "urn:x:sand" in items(before)
        assert {event.flags for event in before.events} == {()}
        assert items(await ask(node, known_at=both)) == ["urn:x:grain"]


async def test_the_members_own_delegated_records_are_superseded_too(node: Node) -> None:
    """Said by the operator for a party, and replaced by it: one speaker."""
    pointers = Pointers(node)
    own = node.sealer.own.identity.key
    (outcome,) = await node.say(WRONG, party=MILL)
    wrong = outcome.fingerprint
    assert wrong is not None
    right = await sealed(node, signed(RIGHT, wrong, own, MILL))
    await node.finish()
    await pointers.say(wrong, right)
    assert items(await ask(node)) == ["urn:x:grain"]


async def test_master_data_is_superseded_too(node: Node) -> None:
    """The version that was replaced is none any more; a claim changes nothing."""
    pointers = Pointers(node)
    own = node.sealer.own.identity.key
    (outcome,) = await node.say(said("urn:x:place", "wrong"), kind=Kind.MASTERDATA)
    wrong = outcome.fingerprint
    assert wrong is not None
    header = replace(event_header(own.public, FARM, NETWORK, 1_790_000_000, SALTS(16)), kind=Kind.MASTERDATA)
    right = await sealed(node, sign(replace(header, supersedes=wrong), said("urn:x:place", "right"), own))
    await node.finish()
    for before, versions in ((right, [wrong, right]), (wrong, [right])):
        await pointers.say(before, right if before is wrong else wrong)
        answer = await answer_masterdata(node.knowledge, EVERYONE, "urn:x:place")
        assert [version.fingerprint for version in answer.versions] == versions


async def test_master_data_as_it_stood_before_it_was_superseded(node: Node) -> None:
    """By what was known then, the version stands that was replaced since, and the other is not there."""
    pointers = Pointers(node)
    own = node.sealer.own.identity.key
    (outcome,) = await node.say(said("urn:x:place", "wrong"), kind=Kind.MASTERDATA)
    await node.finish()
    wrong, then = outcome.fingerprint, int(node.network.clock.time) * 1_000
    assert wrong is not None
    header = replace(event_header(own.public, FARM, NETWORK, 1_790_000_000, SALTS(16)), kind=Kind.MASTERDATA)
    right = await sealed(node, sign(replace(header, supersedes=wrong), said("urn:x:place", "right"), own))
    await node.finish()
    await pointers.say(wrong, right)
    for known_at, versions in ((0, []), (then, [wrong]), (None, [right])):
        answer = await answer_masterdata(node.knowledge, EVERYONE, "urn:x:place", known_at=known_at)
        assert [version.fingerprint for version in answer.versions] == versions
