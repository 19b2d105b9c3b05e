"""Who talks to whom on the chain follows from the registry, and from nothing else that members say."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.journey.scene import NETWORK, SALTS, START
from tests.ports.chain_nodes import enode, node
from tracehold.adapters.memory.chain import MemoryChain
from tracehold.adapters.memory.ledger import MemoryLedger
from tracehold.core.enode import Enode
from tracehold.core.errors import Broken, Rejected, TraceholdError, Unavailable
from tracehold.core.ids import LogId, NetworkId
from tracehold.core.keys import Ed25519Key
from tracehold.core.noderecord import NodeRecord, sign_node_record
from tracehold.journey.chain_peers import ChainPeers
from tracehold.journey.ports import Member, Role
from tracehold.journey.ports.chain_node import Capability

OWN = 1


@dataclass
class Geth:
    """A chain's node in memory: it connects at once with whom it is told of, but those that are `away`."""

    able: Capability = Capability("Geth/test", manages=True, enode=enode(OWN))  # noqa: RUF009  frozen
    static: dict[str, Enode] = field(default_factory=dict)
    met: set[str] = field(default_factory=set)
    away: set[str] = field(default_factory=set)
    refuses: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)
    down: bool = False

    async def capability(self) -> Capability:
        """What it can do."""
        self._reach()
        return self.able

    async def peers(self) -> frozenset[str]:
        """Who is connected."""
        self._reach()
        return frozenset(self.met)

    async def add_peer(self, enode: Enode) -> None:
        """Connect."""
        self._reach()
        self.asked.append(("add", str(enode)))
        if enode.node in self.refuses:
            raise Rejected("BAD_URI", "no such host")
        self.static[enode.node] = enode
        self.met |= {enode.node} - self.away

    async def remove_peer(self, enode: Enode) -> None:
        """Part."""
        self._reach()
        self.asked.append(("remove", str(enode)))
        self.static.pop(enode.node, None)
        self.met.discard(enode.node)

    def _reach(self) -> None:
        if self.down:
            raise Unavailable("CHAIN_DOWN", "the chain's node does not answer")


class World:
    """A registry with members 1 (this node), 2 and 3, each with a node of the chain, and our geth."""

    def __init__(self, members: int = 3) -> None:
        self.chain = MemoryChain(lambda: START, NETWORK)
        self.ledger = MemoryLedger(self.chain, b"\x01" * 20)
        self.geth = Geth()
        self.told: list[str] = []
        for number in range(1, members + 1):
            self.enrol(number)
        self.peers = ChainPeers(self.ledger, self.geth, self.log(OWN), self.told.append)

    @staticmethod
    def log(number: int) -> LogId:
        """The log of a member."""
        return LogId(bytes([number]) * 32)

    def enrol(self, number: int, named: str | None = None, **fields: Any) -> None:
        """One more member, whose record names this enode; or another record for a member."""
        key = Ed25519Key.from_seed(bytes([number]) * 32)
        at = str(enode(number)) if named is None else named
        whose = NodeRecord(
            key.public, "urn:op", self.log(number), "", "", "", b"", b"\1" * 20, at, int(START)
        )
        raw = sign_node_record(
            replace(whose, **fields.pop("record", {})), fields.pop("network", NETWORK), SALTS(16), key
        )
        roles = frozenset({Role.HOLDER})
        member = Member(
            number, number, "urn:op", b"\1" * 20, key.public.raw, self.log(number), roles, True, raw
        )
        self.chain.members[number - 1 : number] = [replace(member, **fields)]

    def revoke(self, number: int) -> None:
        """Take a member out."""
        self.chain.members[number - 1] = replace(self.chain.members[number - 1], active=False)

    async def look(self) -> set[str]:
        """Let it look once; who is peered now."""
        self.geth.asked.clear()
        await self.peers.look()
        return self.geth.met


@pytest.fixture
def world() -> World:
    """Three members."""
    return World()


async def test_every_other_member_is_peered(world: World):
    """All of them, and not itself; the next look sees them."""
    assert await world.look() == {node(2), node(3)}
    await world.look()
    assert world.peers.standing is not None
    assert (world.peers.standing.peers, world.peers.standing.wanted, world.peers.standing.peered) == (2, 2, 2)


async def test_a_newcomer_is_peered_by_itself(world: World):
    """When it is in the registry, and nobody does anything."""
    await world.look()
    world.enrol(4)
    assert await world.look() == {node(2), node(3), node(4)}
    assert world.geth.asked == [("add", str(enode(4)))]


async def test_nothing_is_asked_where_nothing_changed(world: World):
    """A look at a network that is whole changes nothing."""
    await world.look()
    await world.look()
    assert world.geth.asked == []


async def test_who_is_away_is_named_again(world: World):
    """A chain's node that was started anew has forgotten whom it was told of."""
    world.geth.away = {node(2)}
    assert await world.look() == {node(3)}
    await world.look()
    assert world.geth.asked == [("add", str(enode(2)))]
    world.geth.met.clear()
    world.geth.away.clear()
    assert await world.look() == {node(2), node(3)}


async def test_the_revoked_is_parted_from(world: World):
    """And again, where it comes back by itself: its own node of the chain still knows ours."""
    await world.look()
    world.revoke(2)
    assert await world.look() == {node(3)}
    world.geth.met.add(node(2))
    assert await world.look() == {node(3)}
    assert node(2) not in world.geth.static


async def test_who_was_revoked_before_this_start_is_parted_from(world: World):
    """The registry says it; nothing has to be remembered."""
    world.geth.met = {node(2)}
    world.revoke(2)
    assert await world.look() == {node(3)}


async def test_other_peers_stay(world: World):
    """Whom the operator chose is the operator's business."""
    world.geth.met = {node(9)}
    assert await world.look() == {node(2), node(3), node(9)}


async def test_a_member_that_moved_is_told_of_anew(world: World):
    """Another host, then another key: what was told before is taken back."""
    await world.look()
    moved = enode(2).at("10.0.0.2")
    world.enrol(2, str(moved))
    await world.look()
    assert world.geth.asked == [("remove", str(enode(2))), ("add", str(moved))]
    world.enrol(2, str(enode(5)))
    assert await world.look() == {node(3), node(5)}


@pytest.mark.parametrize("named", [str(enode(OWN)), str(enode(OWN).at("10.9.9.9")), ""])
async def test_nobody_is_peered_with_itself(world: World, named: str):
    """Nor with nobody: a record without enode is an ordinary one."""
    world.enrol(2, named)
    assert await world.look() == {node(3)}
    assert world.told == []


async def test_a_node_without_membership_peers_nobody(world: World):
    """Not yet enrolled, or revoked: whom it talks to is not for the registry to say."""
    await world.look()
    world.revoke(OWN)
    assert await world.look() == set()
    assert [what for what, _ in world.geth.asked] == ["remove", "remove"]


async def test_without_admin_rpc_nothing_is_done(world: World):
    """It is a capability that is recorded, not an error."""
    world.geth.able = Capability("EthereumJS", manages=False, detail="it has no admin RPC (-32601)")
    assert await world.look() == set()
    assert world.peers.standing is not None
    assert not world.peers.standing.capability.manages


@pytest.mark.parametrize(
    "named",
    [
        "http://169.254.169.254/latest/meta-data",
        "enode://00@127.0.0.1:1",
        f"enode://{'00' * 64}@127.0.0.1:1",
        f"enode://{node(2)}@0.0.0.0:1",
        f"enode://{node(2)}@127.0.0.1:1/x",
        f'enode://{node(2)}@127.0.0.1:1","x":"',
    ],
)
async def test_attack_a_record_that_names_something_else(world: World, named: str):
    """It is told, and never reaches the chain's node."""
    world.enrol(2, named)
    assert await world.look() == {node(3)}
    assert [line for line in world.told if "node 2" in line]
    assert world.geth.asked == [("add", str(enode(3)))]


async def test_attack_a_record_of_another_node(world: World):
    """Of another network, log or key than the contract has for the member: nobody speaks for another."""
    world.enrol(2, network=NetworkId(b"\x66" * 32))
    world.enrol(3, log=world.log(8))
    assert await world.look() == set()
    assert len(world.told) == 2


async def test_attack_the_key_of_an_earlier_member_under_another_host(world: World):
    """It turns nobody away from that member; revoked, it parts nobody from it."""
    world.enrol(3, str(enode(2).at("10.6.6.6")))
    assert await world.look() == {node(2)}
    assert world.geth.static[node(2)] == enode(2)
    world.revoke(3)
    assert await world.look() == {node(2)}


async def test_an_enode_that_the_client_refuses_holds_up_nobody(world: World):
    """It is told with its reason, and the others are peered."""
    world.geth.refuses = {node(2)}
    assert await world.look() == {node(3)}
    assert "no such host" in world.told[0]


class Stop(BaseException):
    """Ends the follower in a test."""


async def test_it_waits_for_a_chain_that_is_down_and_goes_on(world: World):
    """The trouble is told, the standing is unknown meanwhile, and nothing is forgotten."""
    troubles: list[TraceholdError | None] = []
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0)
        if len(waits) == 1:
            world.geth.down = True
        elif len(waits) == 3:
            assert world.peers.standing is None
            world.geth.down = False
        elif len(waits) == 4:
            raise Stop

    with pytest.raises(Stop):
        await world.peers.run(sleep, 10.0, troubles.append)
    assert [error.code if error else None for error in troubles] == [None, "CHAIN_DOWN", "CHAIN_DOWN", None]
    assert world.geth.met == {node(2), node(3)}
    assert waits[0] == waits[-1] == 10.0


async def test_a_broken_ledger_ends_it(world: World):
    """A wrong chain is for the operator to see."""

    async def broken() -> Any:
        raise Broken("WRONG_CHAIN", "another one")

    world.ledger.network = broken  # type: ignore[method-assign]
    with pytest.raises(Broken):
        await world.peers.run(asyncio.sleep, 1.0, lambda error: None)
