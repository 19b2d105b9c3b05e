"""The contract on a running chain, with a holder whose acknowledgement every anchor needs, and creators made
as tests ask for them.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Protocol, TypeVar

from coincurve import PrivateKey

from tests.real.chains.programs import ETHER, TREASURY, rpc
from tracehold.adapters.ethereum import abi
from tracehold.adapters.ethereum.acks import address_of
from tracehold.adapters.ethereum.admin import Admin, NewNode, bits_of
from tracehold.adapters.ethereum.answers import Outcome
from tracehold.adapters.ethereum.client import Client
from tracehold.adapters.ethereum.ledger import EthereumLedger, Settings
from tracehold.adapters.ethereum.sender import TRANSFER_GAS, Sender
from tracehold.core.ids import LogId, NetworkId, Root
from tracehold.core.merkle import EMPTY_ROOT
from tracehold.journey.ports import Acknowledgement, Pledge, Role, SignedTransaction

NETWORK = NetworkId(b"\x07" * 32)
HOLDER, HOLDERS, CREATORS = 1, 1, 2
"""The holder's number, and those of the operators."""
ENROL_GAS = 600_000
LOOK_S = 0.05

T = TypeVar("T")


class Chain(Protocol):
    """What the suite needs of a chain; `finality` is what must be found out of it."""

    name: str
    finality: str
    quiet: bool
    mines: str

    @property
    def url(self) -> str:
        """Where it answers."""
        ...

    @property
    def pid(self) -> int:
        """The process that answers there."""
        ...

    def start(self) -> None:
        """Answer, with money for the suite's treasury."""
        ...

    def kill(self) -> None:
        """SIGKILL of all that belongs to it."""
        ...


async def until(asked: Callable[[], Awaitable[T | None]], seconds: float = 60.0) -> T:
    """What is answered once it is neither None nor False; the test fails after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        found = await asked()
        if found is not None and found is not False:
            return found
        assert time.monotonic() < end, f"not within {seconds} s"
        await asyncio.sleep(LOOK_S)


def secret_of(name: str) -> bytes:
    """A key that is the same in every run."""
    return sha256(name.encode()).digest()


@dataclass
class Creator:
    """A node that may anchor, with its account's ledger."""

    number: int
    secret: bytes
    log: LogId
    ledger: EthereumLedger


@dataclass
class Site:
    """A contract on a chain, within one event loop."""

    chain: Chain
    contract: bytes
    client: Client
    made: list[Client] = field(default_factory=list)

    def ledger(self, secret: bytes | None = None, url: str = "", **changes: Any) -> EthereumLedger:
        """The contract, seen with this account through this address."""
        settings: dict[str, Any] = {"rpc": url or self.chain.url, "contract": self.contract, "secret": secret}
        ledger = EthereumLedger(Settings(**settings | changes))
        self.made.append(ledger._client)
        return ledger

    async def sender(self) -> Sender:
        """Whoever pays and enrols."""
        return Sender(self.client, await self.client.chain_id(), TREASURY)

    async def mined(self, *sent: SignedTransaction) -> list[Outcome]:
        """What became of these once all are in blocks."""
        return [await until(lambda one=one: self.client.outcome(one.hash)) for one in sent]  # type: ignore[misc]

    async def creator(self, name: str, log: LogId | None = None, **changes: Any) -> Creator:
        """Enrol one, with money; both in one block where the chain does so."""
        sender, secret, log = await self.sender(), secret_of(name), log or LogId(secret_of(f"log of {name}"))
        account = address_of(PrivateKey(secret).public_key)
        roles = bits_of([Role.CREATOR])
        gift = await sender.prepare(account, b"", TRANSFER_GAS, value=ETHER)
        await sender.send(gift)
        call = abi.encode_call(
            "enrolNode", CREATORS, account, secret_of(f"key of {name}"), log, roles, b"a record"
        )
        enrolment = await sender.prepare(self.contract, call, ENROL_GAS)
        await sender.send(enrolment)
        _, enrolled = await self.mined(gift, enrolment)
        assert enrolled.succeeded
        (event,) = enrolled.logs
        number: int = abi.decode_event("NodeEnrolled", event.topics, event.data)["node"]
        return Creator(number, secret, log, self.ledger(secret, **changes))

    async def acks(
        self, of: Creator, size: int, root: Root, prev_size: int = 0, prev_root: Root = EMPTY_ROOT
    ) -> list[Acknowledgement]:
        """The holder's acknowledgement of such a state."""
        pledge = Pledge(of.number, of.log, prev_size, prev_root, size, root)
        signature = await self.ledger(secret_of("holder")).acknowledge(pledge)
        return [Acknowledgement(HOLDER, HOLDERS, signature)]

    async def blocks(self, count: int) -> None:
        """Return when there are at least so many more."""
        goal = await self.client.height() + count
        if self.chain.mines:
            rpc(self.chain.url, self.chain.mines, hex(count))
        sender = await self.sender()
        while self.chain.quiet and await self.client.height() < goal:
            sent = await sender.prepare(sender.account, b"", TRANSFER_GAS)
            await sender.send(sent)
            await self.mined(sent)

        async def enough() -> bool:
            return await self.client.height() >= goal

        await until(enough)

    async def close(self) -> None:
        """Close the connections."""
        for client in (self.client, *self.made):
            await client.close()


@asynccontextmanager
async def visited(chain: Chain, contract: bytes) -> AsyncIterator[Site]:
    """The contract, from a test's own event loop."""
    site = Site(chain, contract, Client(chain.url))
    try:
        yield site
    finally:
        await site.close()


async def founded(chain: Chain) -> bytes:
    """Deploy the contract and enrol both operators and the holder; its address."""
    client = Client(chain.url)
    try:
        admin = Admin(client, TREASURY, asyncio.sleep, LOOK_S)
        contract = await admin.deploy(NETWORK, 0)
        account = address_of(PrivateKey(secret_of("holder")).public_key)
        assert await admin.enrol_operator(contract, "urn:example:holders") == HOLDERS
        node = NewNode(
            HOLDERS, account, secret_of("key"), LogId(bytes(31) + b"\x01"), [Role.HOLDER], b"a record"
        )
        assert await admin.enrol_node(contract, node) == HOLDER
        assert await admin.enrol_operator(contract, "urn:example:creators") == CREATORS
        return contract
    finally:
        await client.close()
