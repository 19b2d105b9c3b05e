"""The chain of a lab. Which one it is, is decided here alone: everything else in the lab asks a `Chain`.

embedded  one process, `tracehold devchain`, which comes with pip and proves nothing to strangers
real      a Clique network of geth nodes (lab/services): three sealers, and a geth of its own for every
          company; those of the fourth company on follow and do not seal
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tracehold.core.errors import Rejected
from tracehold.lab import home
from tracehold.lab.home import Place
from tracehold.lab.plan import BACKENDS, CHAIN, CHAIN_ID, Plan
from tracehold.lab.programs import Slot, command
from tracehold.lab.readiness import answers
from tracehold.lab.services.cache import binary
from tracehold.lab.services.clique import Network, Tell
from tracehold.lab.services.geth import GethNode

SEALERS = 3
ENDOWMENT = 10**23
"""Wei that the contract's admin gets from the treasury: what a hundred nodes need."""


class Chain(Protocol):
    """What a lab needs of its chain, which is one process or several."""

    @property
    def names(self) -> tuple[str, ...]:
        """Its processes; none before it was first started."""
        ...

    @property
    def up(self) -> bool:
        """Whether enough of it runs for new blocks."""
        ...

    @property
    def port(self) -> int:
        """Where its first process takes JSON-RPC."""
        ...

    @property
    def poll_s(self) -> float:
        """Seconds between looks for a receipt."""
        ...

    def slot(self, name: str) -> Slot:
        """The process of this name, one of `names`."""
        ...

    def start(self, names: Sequence[str] = ()) -> None:
        """Start these, by default all, where they do not run; make the chain where there is none. Returns
        when it answers.
        """
        ...

    def endow(self, account: str) -> None:
        """Give the contract's admin what it needs."""
        ...

    def place(self, number: int) -> Place:
        """Where the company of this number, from 0 on, reaches it; its own node of the chain runs then."""
        ...


def chain_of(folder: Path, plan: Plan, tell: Tell) -> Chain:
    """The chain of the lab in this folder."""
    if plan.backends == "real":
        return Clique(folder / "chain", period_of(plan.block_s), tell)
    return Embedded(folder, plan)


def check(backends: str, block_s: float) -> None:
    """Raises BAD_REQUEST where there is no such chain, NODE_DOWN where its program is not on this machine."""
    if backends not in BACKENDS:
        raise Rejected("BAD_REQUEST", f"back-ends are {' or '.join(BACKENDS)}", path="backends")
    if backends == "real":
        period_of(block_s)
        binary("geth-clique")


def period_of(block_s: float) -> int:
    """Seconds between blocks of a Clique network: whole ones, at least 1. Raises BAD_REQUEST."""
    if block_s != int(block_s):
        raise Rejected("BAD_REQUEST", "geth seals in whole seconds", path="block_interval")
    return max(1, int(block_s))


@dataclass(slots=True)
class Embedded:
    """One process."""

    folder: Path
    plan: Plan
    names: tuple[str, ...] = (CHAIN,)
    poll_s: float = 0.05
    process: Slot = field(init=False)

    def __post_init__(self) -> None:
        self.process = Slot(self.folder / "run", CHAIN)

    @property
    def up(self) -> bool:
        """Whether it runs."""
        return self.process.running

    @property
    def port(self) -> int:
        """As it was planned."""
        return self.plan.chain_port

    def slot(self, name: str) -> Slot:
        """Its only process."""
        return self.process

    def start(self, names: Sequence[str] = ()) -> None:
        """As the protocol says. Its first block has the admin's funds."""
        of = ("--chain-id", str(CHAIN_ID), "--block-interval", str(self.plan.block_s))
        at = ("--dir", str(self.folder / "chain"), "--port", str(self.port))
        funded = ("--alloc", home.account(self.folder / home.ADMIN_KEY))
        self.process.start(command("devchain", *at, *of, *funded))
        self.process.wait_until(lambda: answers(self.process))

    def endow(self, account: str) -> None:
        """Nothing: its first block did."""

    def place(self, number: int) -> Place:
        """One for all."""
        return Place(self.plan.rpc)


@dataclass(slots=True)
class Clique:
    """A network of geth nodes in its folder, as `tracehold chain` makes them and looks at them."""

    folder: Path
    period: int
    tell: Tell
    poll_s: float = 0.25
    _network: Network | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Its nodes."""
        return tuple(node.name for node in self.network.nodes) if self._made else ()

    @property
    def up(self) -> bool:
        """Whether more than half of the sealers run (EIP-225)."""
        sealing = [node for node in self.network.nodes if node.member.seals] if self._made else []
        return 2 * sum(node.slot.running for node in sealing) > len(sealing)

    @property
    def port(self) -> int:
        """Of the first sealer."""
        return self.network.nodes[0].member.http_port

    @property
    def network(self) -> Network:
        """The network; made where there is none."""
        if self._network is None:
            if not self._made:
                Network.new(self.folder, SEALERS, CHAIN_ID, self.period)
            self._network = Network.opened(self.folder, self.tell)
        return self._network

    def slot(self, name: str) -> Slot:
        """The process of a node."""
        return self.network.node(name).slot

    def start(self, names: Sequence[str] = ()) -> None:
        """As the protocol says; the nodes are connected by `admin_addPeer` alone."""
        wanted = names or [node.name for node in self.network.nodes]
        if not all(self.slot(name).running for name in wanted):
            self.network.start(*wanted)

    def endow(self, account: str) -> None:
        """From the treasury. Harmless to repeat: it has enough."""
        from tracehold.lab.services.treasury import address_from, fund

        rpc = self.network.rpc(1)
        asyncio.run(fund(rpc, self.network.treasury, address_from(account), ENDOWMENT))

    def place(self, number: int) -> Place:
        """Its own geth, and those of the others for when that is down."""
        own = self._node(number)
        self.start([own.name])
        others = tuple(node.url for node in self.network.nodes if node is not own)
        return Place(own.url, others, own.ipc)

    def _node(self, number: int) -> GethNode:
        while number >= len(self.network.nodes):
            self.network.add(f"follower-{len(self.network.nodes) + 1}")
        return self.network.nodes[number]

    @property
    def _made(self) -> bool:
        return self.folder.exists()
