"""The chain of the suite that has consensus: three geth sealers (EIP-225), to be parted and rejoined."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from coincurve import PrivateKey

from tests.real.chains.programs import ETHER, TREASURY
from tests.real.chains.site import until
from tracehold.adapters.ethereum.acks import address_of
from tracehold.lab.services.clique import Network
from tracehold.lab.services.geth import GethNode
from tracehold.lab.services.treasury import fund

STILL_S = 2.5
"""A block that was under way is there by then: a second between blocks, and one at most that a sealer waits
when it has not its turn.
"""
LOOKS, LOOK_S = 4, 0.25
"""So often in a row a node that is parted has no peers."""


@dataclass
class Consortium:
    """Three sealers with a block a second; the suite talks to the first."""

    folder: Path
    name: str = "clique"
    finality: str = "depth:2"
    quiet: bool = False
    mines: str = ""
    network: Network = field(init=False)

    def __post_init__(self) -> None:
        self.network = Network.new(self.folder / "chain", 3)

    @property
    def lonely(self) -> GethNode:
        """The node that the suite talks to, and that is parted from the others."""
        return self.network.node(1)

    @property
    def others(self) -> Sequence[GethNode]:
        """Those that it is parted from."""
        return self.network.nodes[1:]

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.lonely.url

    @property
    def pid(self) -> int:
        """Of the process that answers there; the others go on without it."""
        found = self.lonely.slot.pid
        assert found is not None
        return found

    def start(self) -> None:
        """Connect and seal, and give the suite's treasury its money."""
        self.network.start()
        account = address_of(PrivateKey(TREASURY).public_key)
        asyncio.run(fund(self.url, self.network.treasury, account, 1000 * ETHER))

    def kill(self) -> None:
        """SIGKILL of all."""
        for node in self.network.nodes:
            node.slot.kill()

    @asynccontextmanager
    async def parted(self) -> AsyncIterator[None]:
        """The first node and the other two are no peers, and nobody seals until it is told to. All have one
        head, which is not the first node's: so it may seal one block alone (EIP-225 lets a sealer of three
        seal one of two), and the others, two of three, go on for ever. After that all are peers again, seal,
        and are of one branch.
        """
        try:
            await self._rest()
            async with asyncio.timeout(60):
                await self._part()
            yield
        finally:
            for node in self.network.nodes:
                node.seal()
            # Nobody dials the same node twice in half a minute: this may take as long.
            self.network.connect()
            await until(self._one_branch)

    async def seals_alone(self) -> None:
        """Within `parted`: the first node seals the one block that it may, of what was sent to it."""
        await self._sealed_by(self.lonely)

    async def others_go_on(self) -> None:
        """Within `parted`, after `seals_alone`: the others seal three blocks, which weigh (by difficulty)
        three at least, and the lonely one two at most.
        """
        goal = self.lonely.head() + 2
        for other in self.others:
            other.seal()
        await until(lambda: _true(all(other.head() >= goal for other in self.others)))

    @asynccontextmanager
    async def stalled(self) -> AsyncIterator[None]:
        """Two of three seal nothing, and the third has sealed what it may alone."""
        try:
            for other in self.others:
                other.rest()
            await asyncio.sleep(STILL_S)
            await until(lambda: _true(self._last_is(self.lonely)))
            yield
        finally:
            for other in self.others:
                other.seal()

    async def _rest(self) -> None:
        while not await self._still():
            # Two sealed one height, and each stays with its own until there is another.
            for node in self.network.nodes:
                node.seal()
            await self._sealed_by(self.lonely)
        if self._last_is(self.lonely):
            # One alone: the two of them might seal one height again.
            await self._sealed_by(self.others[0])
            assert await self._still()

    async def _still(self) -> bool:
        """Whether all have one head once nobody seals, and what was under way is there."""
        for node in self.network.nodes:
            node.rest()
        await asyncio.sleep(STILL_S)
        return len({block_hash(node, "latest") for node in self.network.nodes}) == 1

    def _last_is(self, node: GethNode) -> bool:
        """Whether it sealed the newest block that it knows."""
        sealer: str = node.ask("clique_getSigner", hex(node.head()))
        return sealer == node.member.account.lower()

    async def _sealed_by(self, node: GethNode) -> None:
        """Return when it seals, and there is a new block."""
        before = node.head()
        node.seal()
        await until(lambda: _true(node.head() > before))

    async def _part(self) -> None:
        enodes = {node.name: node.enode() for node in self.network.nodes}
        looks = 0
        while looks < LOOKS:
            looks = 0 if self.lonely.peers() else looks + 1
            # Again where a dial that was under way when its peer was removed connects them.
            for other in self.others if looks == 0 else ():
                self.lonely.part(enodes[other.name])
                other.part(enodes[self.lonely.name])
            await asyncio.sleep(LOOK_S)

    async def _one_branch(self) -> bool:
        lowest = hex(min(node.head() for node in self.network.nodes))
        return len({block_hash(node, lowest) for node in self.network.nodes}) == 1


def block_hash(node: GethNode, which: str) -> str:
    """Hash of the block of this number or tag."""
    return str(node.ask("eth_getBlockByNumber", which, False)["hash"])


async def _true(it: bool) -> bool:
    return it
