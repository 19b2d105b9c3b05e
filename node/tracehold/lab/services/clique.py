"""A Clique network in its folder: made once, then started, stopped, started again as the same network.

    DIR/treasury.key   the account that has all funds at the beginning
    DIR/genesis.json   the first block, for whoever joins
    DIR/README.md      how the operators run it, each on a machine of their own
    DIR/NAME           one node each (lab/services/member.py)

A folder that is itself one node counts as a network of which one node is here.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

from tracehold.core.errors import Rejected, Unavailable
from tracehold.lab.programs import LOOK_S, START_S, Clock
from tracehold.lab.services.cache import binary
from tracehold.lab.services.founding import TREASURY, found, join
from tracehold.lab.services.genesis import sealers_of
from tracehold.lab.services.geth import GethNode, key_of, node_in
from tracehold.lab.services.member import GENESIS, SETTINGS

MESH_S = 60.0
CATCH_UP_S = 60.0
FIRST_BLOCK_S = 45.0
FIRST_BLOCK_TRIES = 3

Tell = Callable[[str], None]


@dataclass(slots=True)
class Network:
    """The nodes of a network that are in this folder. Who changes it works within `lab.network.at_work`."""

    dir: Path
    nodes: tuple[GethNode, ...]
    tell: Tell = lambda line: None
    clock: Clock = time

    # -- making it

    @classmethod
    def new(cls, dir: Path, validators: int = 3, chain_id: int = 7447, period: int = 1) -> "Network":
        """Make a network of so many sealers on free ports of loopback, none started. Raises CONFLICT where
        the folder holds anything, BAD_REQUEST.
        """
        found(dir, validators, chain_id, period)
        return cls.opened(dir)

    @classmethod
    def opened(cls, dir: Path, tell: Tell = lambda line: None) -> "Network":
        """What is in this folder. Raises NOT_FOUND."""
        folders = [dir] if (dir / SETTINGS).exists() else [path.parent for path in dir.glob(f"*/{SETTINGS}")]
        if not folders:
            remedy = "Run tracehold chain new first."
            raise Rejected("NOT_FOUND", f"{dir} holds no chain", path="dir", remedy=remedy)
        nodes = sorted(map(node_in, folders), key=lambda node: (len(node.name), node.name))
        return cls(dir, tuple(nodes), tell)

    def add(self, name: str, *, seals: bool = False) -> GethNode:
        """Make one node more in this folder, not started; `seals` where it is to be voted in. Raises
        CONFLICT.
        """
        join(self.dir / name, self.dir / GENESIS, name, seals=seals)
        self.nodes = (*self.nodes, node_in(self.dir / name))
        return self.nodes[-1]

    # -- what it is made of

    def node(self, which: int | str) -> GethNode:
        """A node by its name, or its number from 1 on. Raises NOT_FOUND."""
        for number, node in enumerate(self.nodes, 1):
            if which in {number, str(number), node.name}:
                return node
        names = ", ".join(node.name for node in self.nodes)
        raise Rejected("NOT_FOUND", f"no node is named {which}", path="name", remedy=f"Use one of {names}.")

    def rpc(self, which: int | str) -> str:
        """JSON-RPC of a node. Raises NOT_FOUND."""
        return self.node(which).url

    def ipc(self, which: int | str) -> Path:
        """Admin socket of a node. Raises NOT_FOUND."""
        return self.node(which).ipc

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts of the nodes here, which seal or may be voted in; they have no funds."""
        return tuple(node.member.account for node in self.nodes)

    @property
    def treasury(self) -> Path:
        """Key file of the account that has all funds at the beginning; only where the network was made."""
        return self.dir / TREASURY

    def up(self) -> list[GethNode]:
        """The nodes that can be asked now, whoever started them."""
        return [node for node in self.nodes if node.answers]

    def sealers(self) -> frozenset[str]:
        """Who may seal now, as the node with the newest block sees it; where none is up, as block 0 says."""
        up = self.up()
        if not up:
            return frozenset(f"0x{sealer.hex()}" for sealer in sealers_of(self.nodes[0].genesis))
        return frozenset(max(up, key=GethNode.head).ask("clique_getSigners"))

    # -- running it

    def start(self, *which: int | str, seconds: float = START_S) -> None:
        """Start these nodes, by default all, where they do not run; connect all that are up; let them seal.
        Returns when they have caught up and, where the nodes here are enough for it, a new block is there.

        They seal from the moment on when all are connected: else each begins a chain of its own, and they
        spend a while agreeing. Raises NODE_DOWN and INTERNAL with the end of a log, CHAIN_DOWN.
        """
        nodes = [self.node(each) for each in which] if which else list(self.nodes)
        program = binary("geth-clique")
        for node in nodes:
            node.launch(program)
        for node in nodes:
            node.wait(seconds)
            self.tell(f"{node.name} is up: {node.url}")
        self.connect()
        self._caught_up(nodes)
        for node in nodes:
            if node.member.seals:
                node.seal()
        self._sealing()

    def stop(self, *which: int | str) -> None:
        """Stop these nodes, by default all, in order. Harmless to repeat."""
        nodes = [self.node(each) for each in which] if which else list(self.nodes)
        for node in nodes:
            node.slot.ask_to_stop()
        for node in nodes:
            node.slot.stopped()

    def kill(self, which: int | str) -> None:
        """SIGKILL: what a power failure does. Harmless where it does not run."""
        self.node(which).slot.kill()

    def connect(self) -> None:
        """Make all nodes that are up each other's peers. Raises CHAIN_DOWN where they do not find each
        other.
        """
        up = self.up()
        enodes = {node.name: node.enode() for node in up}
        for one, other in permutations(up, 2):
            if key_of(enodes[other.name]) not in one.peers():
                one.connect(enodes[other.name])
        keys = frozenset(map(key_of, enodes.values()))
        met = self._by(MESH_S, lambda: all(_all_met(node, enodes[node.name], keys) for node in up))
        if not met:
            raise Unavailable("CHAIN_DOWN", f"the nodes did not connect within {MESH_S:.0f} s")

    # -- parts

    def _caught_up(self, nodes: Sequence[GethNode]) -> None:
        up = self.up()
        if len(up) < 2:
            return

        def there() -> bool:
            newest = max(node.head() for node in up)
            return all(node.head() >= newest - 1 for node in nodes)

        if not self._by(CATCH_UP_S, there):
            self.tell("not all have the newest blocks yet; they go on fetching them")

    def _sealing(self) -> None:
        """Return when a new block is there; at once where too few sealers are here for that."""
        up, sealers = self.up(), self.sealers()
        here = sum(node.member.account.lower() in sealers for node in up)
        if 2 * here <= len(sealers):
            self.tell(
                f"{here} of {len(sealers)} sealers are here; it goes on while more than half are up anywhere"
            )
            return
        before = max(node.head() for node in up)
        for _ in range(FIRST_BLOCK_TRIES):
            if self._by(FIRST_BLOCK_S, lambda: max(node.head() for node in up) > before):
                return
            # Seen once in some dozens of starts, on a very busy machine. A second start would do the same.
            self.tell(f"no new block after block {before} yet; the sealers are told again")
            self.connect()
            for node in up:
                if node.member.seals:
                    node.rest()
                    node.seal()
        why = f"no new block in {FIRST_BLOCK_TRIES * FIRST_BLOCK_S:.0f} s after block {before}"
        raise Unavailable("CHAIN_DOWN", why, remedy="See docs/operations.md, A chain that stands still.")

    def _by(self, seconds: float, true: Callable[[], bool]) -> bool:
        """Whether it became true within so many seconds."""
        end = self.clock.monotonic() + seconds
        while not true():
            if self.clock.monotonic() > end:
                return False
            self.clock.sleep(LOOK_S)
        return True


def _all_met(node: GethNode, own: str, keys: frozenset[str]) -> bool:
    return node.peers() >= keys - {key_of(own)}
