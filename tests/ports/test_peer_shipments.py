"""What `Peers` promises about shipments, checkpoints and redacted entries, in memory and over gRPC."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.journey.network import Network, Node, begun, network
from tests.ports.mesh import Mesh, mesh
from tests.ports.shipping import ACK, ERASED, Shelf, based, sent, shipment, state
from tracehold.core.errors import CODES, Broken, Rejected, TraceholdError, Unavailable
from tracehold.core.ids import LogId
from tracehold.core.limits import MAX_RECORD_BYTES
from tracehold.journey.keeper import TOLD
from tracehold.journey.neighbours import Neighbour
from tracehold.journey.ports import Kept, Peer, Role, Shipment


@dataclass
class Trade:
    """A creator and a holder with a shelf, which know each other; over gRPC where there is a mesh."""

    net: Network
    creator: Node
    holder: Node
    shelf: Shelf
    mesh: Mesh | None

    async def peer(self) -> Peer:
        """The holder, as the creator asks it."""
        assert self.creator.knowledge.peers is not None
        found = await self.creator.knowledge.peers.node(self.holder.number)
        assert found is not None
        return found

    async def ship(self, what: Shipment) -> Kept:
        """One shipment."""
        return await (await self.peer()).replicate(what)

    async def down(self, what: Shipment) -> str:
        """It ends as PEER_DOWN; what that says."""
        with pytest.raises(Unavailable) as caught:
            await self.ship(what)
        assert caught.value.code == "PEER_DOWN"
        return caught.value.message


@pytest.fixture(params=["memory", "grpc"])
async def trade(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Trade]:
    """Two nodes."""
    async with network() as net:
        creator, holder = await net.join(), await net.join()
        shelf = holder.peer.keeper = Shelf()
        if request.param == "memory":
            yield Trade(net, creator, holder, shelf, None)
            return
        async with mesh(net, tmp_path) as made:
            for node in (creator, holder):
                await made.add(node)
            await made.refresh()
            yield Trade(net, creator, holder, shelf, made)


async def test_a_node_is_found_by_its_number(trade):
    """Members other than oneself."""
    peers = trade.creator.knowledge.peers
    assert (await trade.peer()).node == trade.holder.number
    assert await peers.node(trade.creator.number) is None
    assert await peers.node(99) is None


async def test_a_shipment_arrives_as_it_was_sent(trade):
    """Its entries, the redacted one by its fingerprint; the checkpoint, verified by nobody yet; no base."""
    what = shipment(trade.creator, [sent(b"one"), ERASED, sent(b"three")], start=4, prev_size=2)
    assert await trade.ship(what) == Kept(7, ACK)
    ((_, taken),) = trade.shelf.taken
    assert replace(taken, entries=list(taken.entries)) == what


async def test_the_holder_knows_who_ships(trade):
    """By the certificate and the contract: number, log, roles, operator, account, key."""
    await trade.ship(shipment(trade.creator, []))
    caller: Neighbour = trade.shelf.taken[0][0]
    creator = trade.creator
    assert (caller.number, caller.log) == (creator.number, creator.log)
    assert caller.node_key == creator.sealer.own.identity.key.public
    (member, _) = trade.net.chain.members
    assert (caller.operator_number, caller.operator) == (member.operator_number, member.operator)
    assert (caller.account, caller.roles) == (member.account, frozenset(Role))


async def test_a_shipment_without_entries_asks_where_the_copy_ends(trade):
    """The holder says so, and acknowledges nothing."""
    trade.shelf.answer = lambda asked: Kept(12)
    assert await trade.ship(shipment(trade.creator, [], start=99)) == Kept(12)


async def test_a_base_arrives_as_it_was_sent(trade):
    """Tiles, and control records with the kinds that their bytes say."""
    what, base = await based(trade.creator)
    assert await trade.ship(what) == Kept(what.checkpoint.size, ACK)
    ((_, taken),) = trade.shelf.taken
    assert taken.base is not None
    assert (taken.base.start, list(taken.base.tiles)) == (what.start, list(base.tiles))
    assert list(taken.base.controls) == list(base.controls)
    assert taken.base.log == trade.creator.log


async def test_a_large_shipment_arrives_whole(trade):
    """The largest that one upload makes: 32 records of 1 MiB, and thousands of small ones behind them."""
    large = [sent(bytes([number]) * MAX_RECORD_BYTES) for number in range(32)]
    small = [sent(b"%d" % number) for number in range(3_000)]
    what = shipment(trade.creator, [*large, *small])
    assert await trade.ship(what) == Kept(len(what.entries), ACK)
    assert list(trade.shelf.taken[0][1].entries) == [*large, *small]


@pytest.mark.parametrize("code", ["ROOT_MISMATCH", "FORK_SEEN", "NOT_A_MEMBER", "QUOTA", "LOG_BROKEN"])
async def test_a_refusal_is_told_by_its_code(trade, code):
    """Whether the holder answers or raises it; where its copy ends only in the first case."""
    trade.shelf.answer = lambda asked: Kept(3, refused=code)
    assert await trade.ship(shipment(trade.creator, [])) == Kept(3, refused=code)
    trade.shelf.answer = raising(Rejected(code, "secret"))
    assert await trade.ship(shipment(trade.creator, [], start=5)) == Kept(5, refused=code)


def test_codes_that_are_told_exist():
    """And they are of those that pass."""
    assert all(CODES[code].family == "unavailable" for code in TOLD)


@pytest.mark.parametrize("code", sorted(TOLD))
async def test_a_holder_without_means_says_so(trade, code):
    """Its disk is full, say: somebody must know."""
    trade.shelf.answer = raising(Unavailable(code, "secret"))
    assert await trade.ship(shipment(trade.creator, [])) == Kept(0, refused=code)


@pytest.mark.parametrize("code", ["STORE_BUSY", "TOO_MANY_CALLS"])
async def test_a_holder_that_puts_it_off_is_there(trade, code):
    """It is not taken for one that is gone."""
    trade.shelf.answer = raising(Unavailable(code, "secret"))
    with pytest.raises(Unavailable) as caught:
        await trade.ship(shipment(trade.creator, []))
    assert caught.value.code == "TOO_MANY_CALLS"
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("error", [Unavailable("CHAIN_DOWN", "secret"), Broken("CORRUPT", "secret")])
async def test_security_what_else_goes_wrong_at_the_holder_is_its_own(trade, error):
    """It does not answer; no text of it is told."""
    trade.shelf.answer = raising(error)
    assert "secret" not in await trade.down(shipment(trade.creator, []))


async def test_a_node_that_keeps_nothing_says_so(trade):
    """It refuses; and knows the checkpoints of what is there all the same."""
    trade.holder.peer.keeper = None
    if trade.mesh:
        trade.mesh.posts[trade.holder.number].service._keeper = None
    assert await trade.ship(shipment(trade.creator, [])) == Kept(0, refused="FORBIDDEN")
    assert await (await trade.peer()).checkpoint(trade.holder.log) is not None


async def test_the_largest_checkpoint_is_told(trade):
    """That of a log that the peer keeps, or knows; none of another."""
    creator, peer = trade.creator, await trade.peer()
    trade.shelf.known[creator.log] = state(creator, 77)
    assert await peer.checkpoint(creator.log) == state(creator, 77)
    assert await peer.checkpoint(LogId(bytes(32))) is None


async def test_the_checkpoint_of_a_size_is_told(trade):
    """The one of exactly this size, if the peer keeps it."""
    creator, peer = trade.creator, await trade.peer()
    trade.shelf.known[creator.log] = state(creator, 77)
    assert await peer.checkpoint(creator.log, 77) == state(creator, 77)
    assert await peer.checkpoint(creator.log, 76) is None


async def test_redacted_entries_are_told_by_their_fingerprint(trade):
    """Their place stays."""
    holder = trade.holder
    await holder.say(begun("urn:x:flour", 1), begun("urn:x:salt", 2))
    before = await holder.store.read(holder.log, 0, 9)
    await holder.store.erase(holder.log, 2)
    given = await (await trade.peer()).entries(holder.log, 0, 9)
    assert [each.fingerprint for each in given.entries] == [entry.fingerprint for entry in before]
    assert [not each.raw for each in given.entries] == [False, False, True, False]


async def test_a_peer_that_is_gone_raises_peer_down_and_nothing_else(trade):
    """For both."""
    peer = await trade.peer()
    trade.holder.peer.down = True
    if trade.mesh:
        await trade.mesh.posts[trade.holder.number].server.stop(0)
    for question in (peer.replicate(shipment(trade.creator, [])), peer.checkpoint(trade.creator.log)):
        with pytest.raises(Unavailable) as caught:
            await question
        assert caught.value.code == "PEER_DOWN"


def raising(error: TraceholdError) -> Callable[[Shipment], Kept]:
    """An answer that is none."""

    def answer(asked: Shipment) -> Kept:
        raise error

    return answer
