"""The index: what it makes of logs, own and foreign, whole and odd, and that it always comes through."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.journey.network import (
    EVERYONE,
    FARM,
    MILL,
    Network,
    Node,
    begun,
    force,
    made,
    network,
    replicate,
    said,
)
from tests.journey.scene import FARM_KEY, NETWORK, NODE_KEY, SALTS, START, control
from tracehold.core.control import Enrol, Mandate, Revoke
from tracehold.core.ids import LogId
from tracehold.core.lineage import Direction, Fact
from tracehold.core.merkle import CompactRange
from tracehold.core.record import Kind, event_header, fingerprint, sign
from tracehold.journey import index
from tracehold.journey.ports import NewEntry
from tracehold.journey.trace import TraceQuestion, answer_trace


@pytest.fixture
async def net() -> AsyncIterator[Network]:
    """An empty network."""
    async with network() as running:
        yield running


@pytest.fixture
async def node(net) -> Node:
    """One node in it."""
    return await net.join()


async def facts(node: Node, *items: str) -> list[Fact]:
    """Facts of the graph, by instant."""
    return sorted(await node.graph.facts(items), key=lambda fact: fact.instant)


def signed(payload: bytes, kind: str = Kind.EVENT, key=NODE_KEY, party: str = FARM) -> bytes:
    """A record's bytes, whatever they say."""
    header = replace(event_header(key.public, party, NETWORK, int(START), SALTS(16)), kind=kind)
    return sign(header, payload, key)


def node_key(node: Node):
    """The key of the node's own identity."""
    return node.sealer.own.identity.key


async def test_events_become_facts_and_master_data_becomes_versions(node):
    """Both are found by what they are about; control records are covered and say nothing."""
    await node.say(made(["urn:x:farm"], ["urn:x:flour"], 1))
    await node.say(said("urn:x:mill", "Mill"), kind=Kind.MASTERDATA, party=MILL)
    await node.index()
    (fact,) = await facts(node, "urn:x:flour")
    assert [q.item for q in fact.inputs] == ["urn:x:farm"]
    (version,) = await node.graph.masterdata("urn:x:mill")
    assert (version.issuer, version.audience, b"Mill" in version.payload) == (MILL, "network", True)
    assert dict(await node.graph.coverage()) == {node.log: ((0, 4),)}
    assert node.indexer.disputed == 0


async def test_there_is_nothing_to_do_twice(node):
    """An up-to-date graph is left alone."""
    await node.say(begun("urn:x:farm", 1))
    assert await node.indexer.once() > 0
    assert await node.indexer.once() == 0


async def test_a_fact_is_known_since_its_checkpoint_and_then_since_its_anchor(node):
    """The time moves from when it was sealed to the block that binds it, without indexing again."""
    node.network.clock.time += 100
    await node.say(begun("urn:x:a", 1))
    node.network.clock.time += 100
    await node.say(begun("urn:x:b", 1))
    await node.index()
    assert [f.known_ms for f in await facts(node, "urn:x:a", "urn:x:b")] in (
        [int(START + 100) * 1000, int(START + 200) * 1000],
        [int(START + 200) * 1000, int(START + 100) * 1000],
    )
    await node.finish()
    block = node.network.chain.events()[0].block_time
    assert {f.known_ms for f in await facts(node, "urn:x:a", "urn:x:b")} == {block * 1000}


async def test_a_reorganised_anchor_moves_the_time(node):
    """Mined in another block: the times follow, also without a final anchor."""
    await node.say(begun("urn:x:a", 1))
    node.network.clock.time += 10
    await node.anchorer.step()
    node.network.chain.mine()
    await node.anchorer.step()
    await node.index()
    (before,) = await facts(node, "urn:x:a")
    node.network.clock.time += 500
    node.network.chain.reorganise(1)
    node.network.chain.mine()
    await node.finish()
    (after,) = await facts(node, "urn:x:a")
    assert after.known_ms == node.network.chain.events()[-1].block_time * 1000
    assert (before.known_ms or 0) < (after.known_ms or 0)


async def test_foreign_logs_are_indexed_like_the_own(net, node):
    """A holder's graph has the creator's records, in the creator's words."""
    creator = await net.join()
    await creator.say(made(["urn:x:farm"], ["urn:x:flour"], 1))
    await creator.finish()
    await replicate(creator, node)
    await node.say(made(["urn:x:flour"], ["urn:x:bread"], 2))
    await node.finish()
    assert dict(await node.graph.coverage()) == {node.log: ((0, 3),), creator.log: ((0, 3),)}
    assert [f.issuer.rpartition(" ")[2][-1] for f in await facts(node, "urn:x:flour")] == ["2", "1"]
    answer = await answer_trace(node.knowledge, EVERYONE, TraceQuestion("urn:x:bread", Direction.UPSTREAM))
    assert [item.item for item in answer.items] == ["urn:x:flour", "urn:x:farm"]
    assert [e.speaker.operator[-1] for e in answer.events] == ["2", "1"]
    assert all(event.verified for event in answer.events)


async def test_odd_records_are_passed_over_and_reported_and_stop_nothing(node):
    """Broken JSON, no event, bad master data, a signer that may not, an unknown kind: the rest is indexed."""
    key = node_key(node)
    odd = {
        signed(b"{", key=key): "MALFORMED_JSON",
        signed(b'{"type":"Nothing"}', key=key): "NOT_EPCIS",
        signed(b"{}", Kind.MASTERDATA, key=key): "BAD_MASTERDATA",
        signed(begun("urn:x:stranger", 1), key=FARM_KEY): "UNKNOWN_PARTY",
        signed(begun("javascript:alert(1)", 1), key=key): "BAD_URI",
    }
    unknown = signed(begun("urn:x:unread", 1), "application/vnd.example+json", key=key)
    await node.say(begun("urn:x:before", 1))
    await force(node, *odd, unknown)
    await node.say(begun("urn:x:after", 1))
    await node.index()
    assert len(await facts(node, "urn:x:before", "urn:x:after")) == 2
    assert await facts(node, "urn:x:stranger", "urn:x:unread", "javascript:alert(1)") == []
    assert node.indexer.disputed == len(odd)
    assert [(d.index, d.code) for d in node.disputes] == list(enumerate(odd.values(), 3))


async def test_security_a_record_signed_after_its_key_was_revoked_is_not_indexed(node):
    """By position, whatever time it claims; what stood before stays."""
    await node.upload(
        control(Enrol(FARM, FARM_KEY.public), key=node_key(node), party=node.sealer.own.identity.operator)
    )
    await force(node, signed(begun("urn:x:good", 1), key=FARM_KEY))
    await node.upload(
        control(Revoke(FARM_KEY.public.kid), key=node_key(node), party=node.sealer.own.identity.operator)
    )
    await force(node, signed(begun("urn:x:back-dated", 1), key=FARM_KEY))
    await node.index()
    assert len(await facts(node, "urn:x:good")) == 1
    assert await facts(node, "urn:x:back-dated") == []
    assert [d.code for d in node.disputes] == ["KEY_REVOKED"]


async def test_control_records_that_their_signer_may_not_say_have_no_effect(node):
    """A mandate that the node signed for a party by itself: no level rises, nothing stops."""
    stolen = control(Mandate(node.sealer.own.identity.operator), key=node_key(node), party=FARM)
    await force(node, stolen.raw)
    await node.say(begun("urn:x:farm", 1))
    await node.finish()
    question = TraceQuestion("urn:x:farm", Direction.UPSTREAM)
    roster = await node.knowledge.speakers.roster(node.log)
    assert roster is not None
    assert roster.operator == node.sealer.own.identity.operator
    assert not (await answer_trace(node.knowledge, EVERYONE, question)).gaps


async def test_a_log_without_a_sound_header_is_passed_over(node):
    """Nobody speaks in it: its records are disputed, the next log is indexed all the same."""
    raw = signed(begun("urn:x:headless", 1), key=node_key(node))
    own = node.sealer.own
    batch, _ = replace(
        own, log=LogId(fingerprint(raw)), range=CompactRange(), edge={}, checkpoint=None
    ).extend([NewEntry(fingerprint(raw), raw, Kind.EVENT)], own.roster, int(START * 1000))
    await node.store.append(batch)
    await node.say(begun("urn:x:farm", 1))
    await node.index()
    assert (await facts(node, "urn:x:headless"), len(await facts(node, "urn:x:farm"))) == ([], 1)
    assert [(d.log, d.code) for d in node.disputes] == [(batch.log, "BAD_CONTROL")]


async def test_a_log_longer_than_one_step_is_indexed_in_steps(node, monkeypatch):
    """Other logs and anchors get their turn between; nothing is left out or taken twice."""
    monkeypatch.setattr(index, "STEP", 4)
    for at in range(11):
        await node.say(begun(f"urn:x:{at}", at))
    rounds = 0
    while await node.indexer.once():
        rounds += 1
    assert rounds == 4
    assert len(await facts(node, *(f"urn:x:{at}" for at in range(11)))) == 11


async def test_more_final_anchors_than_one_look_shows_are_all_laid(node, monkeypatch):
    """After a long stop, or at the first start, the oldest counts too."""
    monkeypatch.setattr(index, "LOOK_BACK", 2)
    for at in range(5):
        await node.say(begun(f"urn:x:{at}", at))
        node.network.clock.time += 100
        for _ in range(4):
            await node.anchorer.step()
            node.network.chain.mine()
    await node.finish()
    expected = {e.size: e.block_time * 1000 for e in node.network.chain.events()}
    assert len(expected) >= 5
    for at in range(5):
        (fact,) = await facts(node, f"urn:x:{at}")
        covering = min(size for size in expected if size > at + 2)
        assert fact.known_ms == expected[covering]


async def test_a_graph_that_was_cleared_while_running_gets_its_times_again(node):
    """The index notices by the coverage and lays all anchors anew."""
    await node.say(begun("urn:x:a", 1))
    await node.finish()
    before = await facts(node, "urn:x:a")
    await node.graph.clear()
    await node.index()
    assert await facts(node, "urn:x:a") == before
