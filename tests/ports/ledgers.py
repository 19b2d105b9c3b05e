"""Back-ends of the Ledger port, each with its chain in the test's hand: blocks, silence, reorganisations."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from coincurve import PrivateKey

from tests.devchain.node import ALICE, BOB, Clock, Node, account
from tracehold.adapters.ethereum import acks
from tracehold.adapters.ethereum.admin import Admin, NewNode
from tracehold.adapters.ethereum.client import Client
from tracehold.adapters.ethereum.ledger import EthereumLedger, Settings
from tracehold.adapters.memory.chain import MemoryChain
from tracehold.adapters.memory.ledger import MemoryLedger
from tracehold.core.ids import LogId, NetworkId, Root
from tracehold.journey.ports import Acknowledgement, Ledger, Member, Mined, Role

NETWORK = NetworkId(b"\x4e" * 32)
PARTY = "https://id.gs1.org/417/9521141234500"
BOTH = frozenset(Role)
ROOT = Root(b"\x01" * 32)
DEPTH = 2
"""Blocks on top of one that is final."""


def log_of(number: int) -> LogId:
    """The log of node `number`."""
    return LogId(bytes([0x10 + number]) * 32)


ROOTS = [Root(bytes([number]) * 32) for number in range(1, 9)]


class Backend(Protocol):
    """A chain with the contract, quorum 0, and one node, number 1, whose account the ledger has."""

    ledger: Ledger

    def stranger(self) -> Ledger:
        """The same contract, seen with an account that is not enrolled."""
        ...

    async def enrol(self, operator: int, roles: frozenset[Role] = BOTH) -> Ledger:
        """Enrol the next node, of a known operator or of the next one, and see the contract as it."""
        ...

    async def revoke(self, node: int) -> None:
        """Revoke a node."""
        ...

    async def set_quorum(self, quorum: int) -> None:
        """Set the quorum, within its bounds."""
        ...

    async def elsewhere(self, account: int) -> Ledger:
        """Another contract of the same network, seen with the account of this node."""
        ...

    def mine(self, blocks: int = 1) -> None:
        """Make blocks of what waits."""
        ...

    def mark(self) -> None:
        """Remember this block as the one that a reorganisation goes back to."""
        ...

    def reorganise(self) -> None:
        """Replace all blocks since `mark` by one more, all empty; the pool forgets them too."""
        ...

    def silence(self) -> None:
        """The chain answers no more."""
        ...

    def close(self) -> None:
        """Release what is open."""
        ...


class InMemory:
    """adapters/memory."""

    def __init__(self) -> None:
        self.chain = MemoryChain(lambda: 1_800_000_000, NETWORK)
        self.chain.members.append(
            Member(1, 1, PARTY, b"\x0b" * 20, b"\x0e" * 32, log_of(1), BOTH, True, b"a node record")
        )
        self._memory = MemoryLedger(self.chain, b"\x0b" * 20, confirmations=DEPTH)
        self.ledger: Ledger = self._memory
        self._marked = 0

    def stranger(self) -> Ledger:
        """Another account."""
        return MemoryLedger(self.chain, b"\x57" * 20)

    async def enrol(self, operator: int, roles: frozenset[Role] = BOTH) -> Ledger:
        """The quorum is at least 1 from two operators on."""
        members = self.chain.members
        number, account = len(members) + 1, bytes([len(members) + 11]) * 20
        key, log = bytes([0x0D + number]) * 32, log_of(number)
        members.append(Member(number, operator, PARTY, account, key, log, roles, True, b"a node record"))
        self.chain.quorum = max(self.chain.quorum, int(operator > 1))
        return MemoryLedger(self.chain, account, confirmations=DEPTH)

    async def revoke(self, node: int) -> None:
        """No roles are left."""
        members = self.chain.members
        members[node - 1] = replace(members[node - 1], roles=frozenset(), active=False)

    async def set_quorum(self, quorum: int) -> None:
        """Unchecked."""
        self.chain.quorum = quorum

    async def elsewhere(self, account: int) -> Ledger:
        """Only the salt differs."""
        chain = replace(self.chain, salt=b"\x06" * 32, blocks=[], members=list(self.chain.members))
        return MemoryLedger(chain, self.chain.members[account - 1].account)

    def mine(self, blocks: int = 1) -> None:
        """Blocks of the memory chain."""
        self.chain.mine(blocks)

    def mark(self) -> None:
        """The number of blocks."""
        self._marked = len(self.chain.blocks)

    def reorganise(self) -> None:
        """Back to the mark."""
        self.chain.reorganise(len(self.chain.blocks) - self._marked, lose=True)

    def silence(self) -> None:
        """The ledger's own switch."""
        self._memory.down = True

    def close(self) -> None:
        """Nothing is open."""


class Wire:
    """Carries requests to a devchain without HTTP. `answers` replaces the result or error of a method, for
    what other chains say and ours does not.
    """

    def __init__(self, node: Node) -> None:
        self.node = node
        self.silent = False
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, list[Any]]] = []

    async def make_request(self, method: str, params: list[Any]) -> Any:
        """One request to the node there is now."""
        self.asked.append((method, params))
        if self.silent:
            raise ConnectionRefusedError
        if method in self.answers:
            answer = self.answers[method]
            answer = answer(*params) if callable(answer) else answer
            if answer is not None:
                return {"jsonrpc": "2.0", "id": 1, **answer}
        return self.node.raw({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})

    async def disconnect(self) -> None:
        """Nothing is open."""


def secret_of(node: int) -> bytes:
    """The ledger key of a node that `OnDevchain.enrol` enrolled."""
    return bytes(account(f"node {node}").key)


class OnDevchain:
    """adapters/ethereum on py-evm; blocks are sealed by the test. A reorganisation is a second chain that
    grew from a copy.
    """

    ledger: Ledger

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self._folder = folder
        self._copies = 0
        self.clock = clock or Clock()
        self.node = Node(folder / "0", self.clock)
        self.wire = Wire(self.node)
        self.client = Client("http://chain.test:8545/secret-path", provider=self.wire)
        self.admin = Admin(self.client, bytes(ALICE.key), self._sleep)
        self.contract = b""

    async def start(self) -> "OnDevchain":
        """Deploy, and enrol node 1."""
        self.contract = await self.admin.deploy(NETWORK, 0)
        await self.enrol_operator(PARTY, bytes(BOB.key))
        self.ledger = self.open()
        return self

    async def enrol_operator(self, party: str, secret: bytes, roles: frozenset[Role] = BOTH) -> int:
        """Enrol an operator and a node of it."""
        operator = await self.admin.enrol_operator(self.contract, party)
        return await self._enrol_node(operator, operator, secret, roles)

    async def _enrol_node(self, number: int, operator: int, secret: bytes, roles: frozenset[Role]) -> int:
        address = acks.address_of(PrivateKey(secret).public_key)
        new = NewNode(operator, address, bytes([0x0D + number]) * 32, log_of(number), roles, b"a node record")
        assert await self.admin.enrol_node(self.contract, new) == number
        return number

    async def enrol(self, operator: int, roles: frozenset[Role] = BOTH) -> Ledger:
        """Accounts by the number of the node."""
        members = await self.ledger.members()
        number = len(members) + 1
        if all(member.operator_number != operator for member in members):
            assert await self.admin.enrol_operator(self.contract, f"urn:example:{operator}") == operator
        secret = secret_of(number)
        await self._enrol_node(number, operator, secret, roles)
        return self.open(secret=secret)

    async def revoke(self, node: int) -> None:
        """By the admin."""
        await self.admin.revoke_node(self.contract, node)

    async def set_quorum(self, quorum: int) -> None:
        """By the admin."""
        await self.admin.set_quorum(self.contract, quorum)

    async def elsewhere(self, account: int) -> Ledger:
        """Deployed in a later block."""
        contract = await self.admin.deploy(NETWORK, 0)
        return self.open(contract=contract, secret=secret_of(account))

    def open(self, **changes: Any) -> EthereumLedger:
        """A ledger of node 1's account, unless changes say otherwise."""
        settings: dict[str, Any] = {
            "rpc": "",
            "contract": self.contract,
            "secret": bytes(BOB.key),
            "finality": f"depth:{DEPTH}",
        }
        return EthereumLedger(Settings(**settings | changes), self.client)

    async def _sleep(self, _: float) -> None:
        self.mine()

    def stranger(self) -> Ledger:
        """Another account."""
        return self.open(secret=bytes(account("stranger").key))

    def mine(self, blocks: int = 1) -> None:
        """Seal, also empty blocks."""
        for _ in range(blocks):
            self.clock.now += 1
            self.node.chain.seal(empty=True)

    def mark(self) -> None:
        """Copy the chain as it is."""
        self._copies += 1
        self.node.close()
        shutil.copytree(self.node.directory, self._folder / str(self._copies))
        self._use(self.node.directory)

    def reorganise(self) -> None:
        """Go on with the copy, which has other blocks: the time is another."""
        length = int(self.node.rpc("eth_blockNumber"), 16)
        self.node.close()
        self._use(self._folder / str(self._copies))
        self.clock.now += 1_000
        while int(self.node.rpc("eth_blockNumber"), 16) <= length:
            self.mine()

    def silence(self) -> None:
        """Requests fail."""
        self.wire.silent = True

    def close(self) -> None:
        """Close the chain's file."""
        self.node.close()

    def _use(self, directory: Path) -> None:
        self.node = self.wire.node = Node(directory, self.clock)


def acknowledge(
    domain: acks.Domain, ack: acks.Ack, signers: Sequence[tuple[int, int, bytes]]
) -> list[Acknowledgement]:
    """Acknowledgements by (node, operator, secret)."""
    digest = ack.digest(domain)
    return [
        Acknowledgement(node, operator, acks.sign(digest, PrivateKey(secret)))
        for node, operator, secret in signers
    ]


async def anchor(chain: OnDevchain, prev_size: int, size: int, root: Root = ROOT) -> None:
    """Anchor, and mine."""
    await chain.ledger.send(await chain.ledger.prepare_anchor(prev_size, size, root, []))
    chain.mine()
    assert (await chain.ledger.head(1)).size == size


async def anchored(backend: Backend, prev_size: int, size: int) -> Mined:
    """One anchor, prepared, sent and mined."""
    transaction = await backend.ledger.prepare_anchor(prev_size, size, ROOTS[size % 8], [])
    await backend.ledger.send(transaction)
    backend.mine()
    mined = await backend.ledger.find(transaction)
    assert mined is not None
    return mined
