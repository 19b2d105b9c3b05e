"""Who talks to whom on the chain follows from the registry: this operator's node of the chain is peered with
that of every active member, by the enode in its node record, and parted from those that are members no more.

So a newcomer that was enrolled is peered by all the others with nobody doing anything, and the chain needs no
discovery. Nothing that a record names is dialled by us: the operator's own node of the chain is told, and an
enode that has not the form of one (core.enode) never gets there. Peers that no record names are the
operator's
business and left alone.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NoReturn

from tracehold.core.enode import Enode, parse_enode
from tracehold.core.errors import Rejected, TraceholdError
from tracehold.core.ids import LogId, NetworkId
from tracehold.core.noderecord import parse_node_record
from tracehold.journey.follow import Trouble, patiently
from tracehold.journey.ports import Ledger, Member
from tracehold.journey.ports.chain_node import Capability, ChainNode
from tracehold.journey.states import Sleep


@dataclass(frozen=True, slots=True)
class ChainPeering:
    """How it stands: what the node of the chain can do, how many nodes it has for peers, and how many of the
    `wanted` ones, which members named, are among them.
    """

    capability: Capability
    peers: int = 0
    wanted: int = 0
    peered: int = 0


def enode_of(member: Member, network: NetworkId) -> Enode | None:
    """The enode that a member's signed record names; None where it names none. Raises `Rejected` where the
    record is no good, or not of the log and key that the contract has.
    """
    record = parse_node_record(member.record, network)
    if (record.log, record.node_key.raw) != (member.log, member.node_key):
        raise Rejected("BAD_CONTROL", "it is of another log or key than the contract says")
    return parse_enode(record.enode) if record.enode else None


class ChainPeers:
    """One per node. It keeps nothing on disk: the registry says all, again after every start."""

    def __init__(self, ledger: Ledger, node: ChainNode, own: LogId, tell: Callable[[str], None]) -> None:
        """`own` is this node's log. `tell` hears of enodes that cannot be used."""
        self._ledger = ledger
        self._node = node
        self._own = own
        self._tell = tell
        self._added: dict[str, Enode] = {}
        self.standing: ChainPeering | None = None
        """None until the chain's node answered, and while it does not."""

    async def run(self, sleep: Sleep, look_s: float, trouble: Trouble) -> NoReturn:
        """Keep up with the registry, until cancelled. Raises what is Broken in the ledger."""
        while True:
            await patiently(self.look, sleep, self._held_up(trouble), last=look_s)
            await sleep(look_s)

    async def look(self) -> None:
        """Compare registry and peers once, and put right what differs. Harmless to repeat.

        Raises `Unavailable("CHAIN_DOWN")` and what is Broken in the ledger.
        """
        capability = await self._node.capability()
        if not capability.manages:
            self.standing = ChainPeering(capability)
            return
        members = await self._ledger.members()
        network = (await self._ledger.network()).network_id
        wanted, former = self._named(members, network)
        own = capability.enode
        for named in (wanted, former):
            named.pop(own.node if own else "", None)
        if not any(member.log == self._own and member.active for member in members):
            wanted = {}  # not a member yet, or no more: whom it talks to is not for the registry to say
        peers = await self._node.peers()
        await self._part(peers, wanted, former)
        await self._meet(peers, wanted)
        self.standing = ChainPeering(capability, len(peers), len(wanted), len(peers & wanted.keys()))

    async def _meet(self, peers: frozenset[str], wanted: dict[str, Enode]) -> None:
        for node, enode in wanted.items():
            # Also where it came by itself: it is to be called when it goes. Again while it is not there: a
            # chain's node that was started anew has forgotten it.
            if node not in peers or node not in self._added:
                try:
                    await self._node.add_peer(enode)
                except Rejected as refusal:
                    self._tell(f"{enode}: {refusal.message}")
            self._added[node] = enode

    async def _part(self, peers: frozenset[str], wanted: dict[str, Enode], former: dict[str, Enode]) -> None:
        for node, enode in self._added.items():
            if wanted.get(node) != enode:
                await self._node.remove_peer(enode)
        for node, enode in former.items():
            if node in peers and node not in wanted:
                await self._node.remove_peer(enode)
        self._added = {node: enode for node, enode in self._added.items() if wanted.get(node) == enode}

    def _named(
        self, members: Iterable[Member], network: NetworkId
    ) -> tuple[dict[str, Enode], dict[str, Enode]]:
        """By public key, the enodes of active members and those of former ones; this node's own is in
        neither.
        Who was enrolled first has a key: nobody turns others away from a member by naming its key as well.
        """
        wanted: dict[str, Enode] = {}
        former: dict[str, Enode] = {}
        for member in sorted(members, key=lambda each: each.number):
            enode = None if member.log == self._own else self._enode(member, network)
            if enode is not None:
                (wanted if member.active else former).setdefault(enode.node, enode)
        return wanted, former

    def _enode(self, member: Member, network: NetworkId) -> Enode | None:
        """What the member's signed record says; None, told where it is no good, where it names none."""
        try:
            return enode_of(member, network)
        except Rejected as refusal:
            if member.active:
                self._tell(f"the chain's node of node {member.number} cannot be peered: {refusal.message}")
            return None

    def _held_up(self, trouble: Trouble) -> Trouble:
        def told(error: TraceholdError | None) -> None:
            if error is not None:
                self.standing = None
            trouble(error)

        return told
