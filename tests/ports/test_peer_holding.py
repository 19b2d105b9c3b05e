"""A creator, a holder and an asker over gRPC, with what keeps and what signs: a log is shipped, acknowledged,
anchored with that, and answered for when its creator is gone.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.journey.bread import BREAD, STORY, WHOLE, names, trace
from tests.journey.network import Node, network
from tests.journey.scene import PLENTY
from tests.ports.mesh import Mesh, mesh
from tracehold.adapters.memory.copies import MemoryCopies
from tracehold.core.checkpoint import Checkpoint
from tracehold.core.lineage import GapReason
from tracehold.core.merkle import EMPTY_ROOT
from tracehold.journey.holding import Holding
from tracehold.journey.ports import Acknowledgement, Kept, Peer, Pledge, Sent, Shipment
from tracehold.journey.room import Room
from tracehold.journey.upload import Disk
from tracehold.journey.witness import Witnessing


@dataclass
class Trade:
    """Three nodes; all keep what they are shipped."""

    creator: Node
    holder: Node
    asker: Node
    mesh: Mesh

    async def peer(self, of: Node, number: int) -> Peer:
        """A node as another asks it."""
        assert of.knowledge.peers is not None
        found = await of.knowledge.peers.node(number)
        assert found is not None
        return found

    async def state(self) -> Checkpoint:
        """The newest of the creator's log."""
        found = await self.creator.store.checkpoint(self.creator.log)
        assert found is not None
        return found

    async def ship(self, start: int, checkpoint: Checkpoint) -> Kept:
        """The creator's entries from `start` on."""
        entries = await self.creator.store.read(self.creator.log, start, checkpoint.size)
        sent = [Sent(entry.raw, entry.fingerprint) for entry in entries]
        peer = await self.peer(self.creator, self.holder.number)
        return await peer.replicate(Shipment(self.creator.log, start, sent, checkpoint, 0))


@pytest.fixture
async def trade(tmp_path: Path) -> AsyncIterator[Trade]:
    """A quorum of one; the creator sealed how a bread came to be."""
    async with network() as net, mesh(net, tmp_path) as made:
        nodes = [await net.join() for _ in range(3)]
        net.chain.quorum = 1
        for node in nodes:
            witnessing = Witnessing(
                node.store, MemoryCopies(), node.ledger, net.clock.now, lambda error: None
            )
            node.peer.keeper = Holding(witnessing, Room(Disk(lambda: PLENTY)))
            await made.add(node)
        await made.refresh()
        await nodes[0].say(*STORY)
        creator, holder, asker = nodes
        yield Trade(creator, holder, asker, made)


async def test_a_shipped_log_is_acknowledged_anchored_and_answered_for(trade):
    """Over mutual TLS, from the creator's disk to an asker's answer."""
    creator, holder, checkpoint = trade.creator, trade.holder, await trade.state()
    kept = await trade.ship(0, checkpoint)
    assert (kept.size, kept.refused) == (checkpoint.size, "")
    pledge = Pledge(creator.number, creator.log, 0, EMPTY_ROOT, checkpoint.size, checkpoint.root)
    member = (await creator.ledger.members())[holder.number - 1]
    await creator.ledger.check_acknowledgement(pledge, kept.acknowledgement, member.account)
    ack = Acknowledgement(holder.number, member.operator_number, kept.acknowledgement)
    transaction = await creator.ledger.prepare_anchor(0, checkpoint.size, checkpoint.root, [ack])
    await creator.ledger.send(transaction)
    creator.network.chain.mine()
    assert (await creator.ledger.head(creator.number)).size == checkpoint.size

    for node in (holder, trade.asker):
        await node.index()
    await trade.mesh.posts[creator.number].server.stop(0)
    answer = await trace(trade.asker, BREAD)
    assert names(answer) == WHOLE
    assert [gap.reason for gap in answer.gaps] == [GapReason.HOLDER_DOWN]


async def test_a_repeated_shipment_is_harmless(trade):
    """The same acknowledgement, and nothing twice; an empty one asks where the copy ends."""
    checkpoint = await trade.state()
    first = await trade.ship(0, checkpoint)
    assert await trade.ship(0, checkpoint) == first
    assert await trade.ship(checkpoint.size, checkpoint) == first
    assert await trade.holder.store.size(trade.creator.log) == checkpoint.size


async def test_the_largest_checkpoint_is_asked_back(trade):
    """What a restored creator needs, byte for byte."""
    checkpoint = await trade.state()
    peer = await trade.peer(trade.creator, trade.holder.number)
    assert await peer.checkpoint(trade.creator.log) is None
    await trade.ship(0, checkpoint)
    assert await peer.checkpoint(trade.creator.log) == checkpoint
    back = await peer.entries(trade.creator.log, 0, checkpoint.size)
    kept = await trade.creator.store.read(trade.creator.log, 0, checkpoint.size)
    assert [each.raw for each in back.entries] == [entry.raw for entry in kept]


async def test_security_a_member_ships_the_log_of_another(trade):
    """The holder goes by the certificate: it refuses, and keeps nothing."""
    peer = await trade.peer(trade.asker, trade.holder.number)
    stolen = Shipment(trade.creator.log, 0, [], await trade.state(), 0)
    assert (await peer.replicate(stolen)).refused == "NOT_A_MEMBER"
    assert await trade.holder.store.size(trade.creator.log) == 0


async def test_security_entries_that_are_not_of_the_root(trade):
    """Refused by name, and nothing of it is kept."""
    checkpoint = await trade.state()
    entries = await trade.creator.store.read(trade.creator.log, 0, checkpoint.size)
    sent = [Sent(entry.raw, entry.fingerprint) for entry in entries]
    sent[-1] = Sent(sent[-1].raw[:-1] + bytes([sent[-1].raw[-1] ^ 1]), sent[-1].fingerprint)
    peer = await trade.peer(trade.creator, trade.holder.number)
    refused = await peer.replicate(Shipment(trade.creator.log, 0, sent, checkpoint, 0))
    assert (refused.refused, refused.acknowledgement) == ("ROOT_MISMATCH", b"")
    assert await trade.holder.store.size(trade.creator.log) == 0
