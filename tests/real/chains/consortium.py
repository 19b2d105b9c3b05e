"""The chain of the suite that has consensus: three geth sealers (EIP-225), to be parted and rejoined."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from coincurve import PrivateKey

from tests.real.chains.programs import ETHER, TREASURY
from tests.real.chains.site import until
from tracehold.adapters.ethereum.acks import address_of
from tracehold.adapters.ethereum.client import Client
from tracehold.adapters.ethereum.sender import TRANSFER_GAS, Sender
from tracehold.lab.services.clique import Network
from tracehold.lab.services.geth import GethNode


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
        asyncio.run(self._fund())

    def kill(self) -> None:
        """SIGKILL of all."""
        for node in self.network.nodes:
            node.slot.kill()

    @contextmanager
    def parted(self) -> Iterator[None]:
        """The first node seals nothing and has no peers; the others, two of three, go on without it. After
        that it is their peer again and seals, whatever happened meanwhile.
        """
        enodes = {node.name: node.enode() for node in self.network.nodes}
        others = [node for node in self.network.nodes if node is not self.lonely]
        # Alone it might seal one block still, and mine what is sent to it.
        self.lonely.rest()
        try:
            for other in others:
                self.lonely.part(enodes[other.name])
                other.part(enodes[self.lonely.name])
            yield
        finally:
            self.lonely.seal()
            self.network.connect()

    async def _fund(self) -> None:
        client = Client(self.url)
        try:
            secret = bytes.fromhex(self.network.treasury.read_text().strip().removeprefix("0x"))
            sender = Sender(client, await client.chain_id(), secret)
            account = address_of(PrivateKey(TREASURY).public_key)
            gift = await sender.prepare(account, b"", TRANSFER_GAS, value=1000 * ETHER)
            await sender.send(gift)
            await until(lambda: client.outcome(gift.hash))
        finally:
            await client.close()
