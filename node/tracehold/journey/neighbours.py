"""The members of the network as their signed node records describe them: who they are by their certificate,
and where they are reached.

Read from the ledger, and again while the node runs: at an interval, and soon after somebody knocked whom
nobody knows. A chain that is down changes nothing: those who were members stay known.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tracehold.core.errors import Rejected, TraceholdError, Unavailable
from tracehold.core.ids import LogId
from tracehold.core.keys import PublicKey
from tracehold.core.leaf import Leaf, parse_leaf
from tracehold.core.noderecord import parse_node_record
from tracehold.journey.ports import Ledger, Member, Network, Role

PAUSE_S = 1.0
"""Seconds between two readings at least, however often strangers knock."""

PAUSES = 15
"""Pauses after which the ledger is read though nobody knocked."""

_ENDPOINT = re.compile(r"((\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):\d{1,5})?", re.ASCII)
"""A name or address with a port. What connects to it may know other forms, of files and of resolvers."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An active member, by its node record and by the contract. `endpoint` is host:port, empty where it
    answers no peers: it may ask and create all the same.
    """

    number: int
    log: LogId
    endpoint: str
    leaf: Leaf
    roles: frozenset[Role]
    operator_number: int
    operator: str
    account: bytes
    node_key: PublicKey


class Neighbours:
    """One per node. Written by `refresh` alone; all else only looks."""

    def __init__(
        self,
        ledger: Ledger,
        own: LogId,
        tell: Callable[[str], None],
        trouble: Callable[[TraceholdError | None], None] = lambda error: None,
    ) -> None:
        """`own` is this node's log, whose node is never among the `others`. `tell` hears of node records that
        cannot be used, `trouble` of a ledger that does not answer, and that it does again (None).
        """
        self._ledger = ledger
        self._own = own
        self._tell = tell
        self._trouble = trouble
        self._known: dict[bytes, Neighbour] = {}
        self._creators: dict[LogId, Neighbour] = {}
        self._knocked = False
        self.network: Network | None = None
        """The contract's fixed points; None until the ledger answered for the first time."""

    @property
    def own(self) -> LogId:
        """This node's log."""
        return self._own

    @property
    def leaves(self) -> Sequence[Leaf]:
        """Those of all active members, by number; this node's own too."""
        return [neighbour.leaf for neighbour in self._known.values()]

    def others(self) -> Sequence[Neighbour]:
        """Members with an endpoint, by number, but for this node."""
        return [each for each in self._known.values() if each.endpoint and each.log != self._own]

    def node(self, number: int) -> Neighbour | None:
        """The active member with this number in the contract, this node too."""
        return next((each for each in self._known.values() if each.number == number), None)

    def creator(self, log: LogId) -> Neighbour | None:
        """The active member whose log this is, this node too."""
        return self._creators.get(log)

    def reached(self, log: LogId) -> Neighbour | None:
        """The member whose log this is, where it has an endpoint and is another than this node."""
        found = self._creators.get(log)
        return found if found and found.endpoint and found.log != self._own else None

    def caller(self, leaf: bytes) -> Neighbour:
        """The member with this certificate (DER). Raises `Rejected("STRANGER")`."""
        found = self._known.get(leaf)
        if found is None:
            self.knock()
            raise Rejected("STRANGER", "the certificate is not that of one active member of this network")
        return found

    def knock(self) -> None:
        """Somebody is there who may be new: look at the ledger soon."""
        self._knocked = True

    async def run(self, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Keep up with the ledger, until cancelled. Raises what is Broken in the ledger."""
        while True:
            for _ in range(PAUSES):
                await sleep(PAUSE_S)
                if self._knocked:
                    break
            self._knocked = False
            await self.refresh()

    async def refresh(self) -> None:
        """Read the members now. Raises what is Broken in the ledger."""
        try:
            network = await self._ledger.network()
            members = await self._ledger.members()
        except Unavailable as error:
            self._trouble(error)
            return
        self._trouble(None)
        found = [self._read(member, network) for member in members if member.active]
        by_leaf: dict[bytes, Neighbour] = {}
        for each in sorted((each for each in found if each), key=lambda each: each.number):
            if each.leaf.der in by_leaf:
                self._tell(f"node {each.number} has the certificate of node {by_leaf[each.leaf.der].number}")
            by_leaf.setdefault(each.leaf.der, each)
        self.network, self._known = network, by_leaf
        self._creators = {each.log: each for each in reversed(by_leaf.values())}

    def _read(self, member: Member, network: Network) -> Neighbour | None:
        """The member by its node record; None, told, where that cannot be used."""
        try:
            node = parse_node_record(member.record, network.network_id)
            if (node.log, node.node_key.raw) != (member.log, member.node_key):
                raise Rejected("BAD_CONTROL", "it is of another log or key than the contract says")
            if not _ENDPOINT.fullmatch(node.peer):
                raise Rejected("BAD_CONTROL", "its endpoint for peers is no host:port")
            return Neighbour(
                number=member.number,
                log=member.log,
                endpoint=node.peer,
                leaf=parse_leaf(node.tls_leaf, node.node_key),
                roles=member.roles,
                operator_number=member.operator_number,
                operator=member.operator,
                account=member.account,
                node_key=node.node_key,
            )
        except Rejected as refusal:
            self._tell(f"the node record of node {member.number} cannot be used: {refusal.message}")
            return None
