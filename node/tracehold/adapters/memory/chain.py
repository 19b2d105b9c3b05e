"""A chain in memory with one anchoring contract: blocks, a pool, nonces, fees, reorganisations. For tests.

Nothing happens by itself: `mine` makes a block, `reorganise` replaces the last ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from tracehold.core import cbor
from tracehold.core.ids import LogId, NetworkId, Root
from tracehold.core.receipt import Anchor
from tracehold.journey.ports import Member, SignedTransaction


@dataclass(frozen=True, slots=True)
class Call:
    """One anchor transaction, decoded from its signed bytes."""

    hash: bytes
    account: bytes
    nonce: int
    fee: int
    prev_size: int
    size: int
    root: Root


@dataclass(frozen=True, slots=True)
class Executed:
    """A call in a block; `event` is None where it reverted."""

    call: Call
    event: Anchor | None


@dataclass(frozen=True, slots=True)
class Block:
    """A block; its hash is another on every branch."""

    number: int
    hash: bytes
    time: int
    calls: tuple[Executed, ...]


def sign_call(
    account: bytes, nonce: int, fee: int, prev_size: int, size: int, root: Root
) -> SignedTransaction:
    """The transaction of a call. Its "signature" is that nobody else makes such bytes."""
    raw = cbor.encode([account, nonce, fee, prev_size, size, root])
    return SignedTransaction(raw, sha256(raw).digest(), nonce, fee)


def read_call(raw: bytes) -> Call:
    """What `sign_call` wrote."""
    account, nonce, fee, prev_size, size, root = cbor.decode(raw)
    return Call(sha256(raw).digest(), account, nonce, fee, prev_size, size, Root(root))


@dataclass
class MemoryChain:
    """The canonical blocks, the pool, and the nodes that the contract knows. Block 0 is empty."""

    now: Callable[[], float]
    network_id: NetworkId
    chain_id: int = 1337
    contract: bytes = b"\xc0" * 20
    members: list[Member] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    pool: dict[bytes, Call] = field(default_factory=dict)
    prepared: set[bytes] = field(default_factory=set)
    branch: int = 0

    def __post_init__(self) -> None:
        self._append(())

    def nonce(self, account: bytes) -> int:
        """The account's next nonce, by what is mined."""
        return sum(each.call.account == account for block in self.blocks for each in block.calls)

    def next_nonce(self, account: bytes) -> int:
        """The first nonce that is neither mined nor in the pool."""
        waiting = {call.nonce for call in self.pool.values() if call.account == account}
        nonce = self.nonce(account)
        while nonce in waiting:
            nonce += 1
        return nonce

    def events(self) -> list[Anchor]:
        """All canonical `Anchored` events in order."""
        return [each.event for block in self.blocks for each in block.calls if each.event is not None]

    def head(self, node: int) -> Anchor | None:
        """The node's newest event."""
        return next((event for event in reversed(self.events()) if event.node == node), None)

    def mine(self, blocks: int = 1) -> None:
        """Make blocks out of what waits and can run."""
        for _ in range(blocks):
            self._append(self._runnable())

    def reorganise(self, depth: int, *, lose: bool = False) -> None:
        """Replace the last `depth` blocks by as many empty ones and one more;
        what they held waits again, or (`lose`) is gone.
        """
        dropped = [each.call for block in self.blocks[len(self.blocks) - depth :] for each in block.calls]
        del self.blocks[len(self.blocks) - depth :]
        self.branch += 1
        for _ in range(depth + 1):
            self._append(())
        if not lose:
            self.pool.update((call.hash, call) for call in dropped)

    def _runnable(self) -> Sequence[Call]:
        run: list[Call] = []
        nonces = {call.account: self.nonce(call.account) for call in self.pool.values()}
        for call in sorted(self.pool.values(), key=lambda call: (call.nonce, -call.fee)):
            if call.nonce == nonces[call.account]:
                run.append(call)
                nonces[call.account] += 1
        self.pool = {key: call for key, call in self.pool.items() if call.nonce >= nonces[call.account]}
        return run

    def _append(self, calls: Sequence[Call]) -> None:
        number = len(self.blocks)
        digest = sha256(f"{self.branch}/{number}".encode()).digest()
        block = Block(number, digest, int(self.now()), ())
        self.blocks.append(block)
        for call in calls:
            # One by one: a later call of the block sees what an earlier one did.
            block = replace(block, calls=(*block.calls, Executed(call, self._execute(block, call))))
            self.blocks[-1] = block

    def _execute(self, block: Block, call: Call) -> Anchor | None:
        member = next((member for member in self.members if member.account == call.account), None)
        if member is None or not member.active:
            return None
        head = self.head(member.number)
        if (head.size if head else 0) != call.prev_size or call.size <= call.prev_size:
            return None
        assert all((event.node, event.size) != (member.number, call.size) for event in self.events()), (
            "anchored twice"
        )
        return Anchor(
            self.chain_id,
            self.contract,
            member.number,
            LogId(member.log),
            call.prev_size,
            call.size,
            call.root,
            block.number,
            block.hash,
            block.time,
            call.hash,
            len(block.calls),
        )
