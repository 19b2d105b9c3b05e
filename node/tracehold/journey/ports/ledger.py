"""Ledger: the anchoring contract on a chain."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from tracehold.core.ids import Fingerprint, LogId, NetworkId, Root
from tracehold.core.receipt import Anchor, AnchorProof
from tracehold.journey.ports.kept import SignedTransaction

ANCHORS = 500
"""Anchors in one answer at most."""


@dataclass(frozen=True, slots=True)
class Network:
    """The contract's fixed points. A record, receipt or acknowledgement of another network does not count
    here.
    `genesis` is the hash of block 0.
    """

    chain_id: int
    contract: bytes
    network_id: NetworkId
    salt: bytes
    quorum: int
    operators: int
    genesis: bytes = b""


class Role(StrEnum):
    """What the contract lets a node do."""

    CREATOR = "creator"
    HOLDER = "holder"


@dataclass(frozen=True, slots=True)
class Member:
    """A node as the contract knows it. `number` is never reused. `replaced` are the node keys that it had
    before, each with the block that ended it, in order.
    """

    number: int
    operator_number: int
    operator: str
    account: bytes
    node_key: bytes
    log: LogId
    roles: frozenset[Role]
    active: bool
    record: bytes
    replaced: tuple[tuple[int, bytes], ...] = ()

    def key_at(self, block: int) -> bytes:
        """The node key in force at the end of a block."""
        return next((key for ended, key in self.replaced if block < ended), self.node_key)


@dataclass(frozen=True, slots=True)
class Head:
    """The contract's newest (root, size) of a node's log, and number and time of the block that holds it
    (0 where nothing was anchored).

    At size 0, where nothing was anchored, `root` is that of an empty tree (RFC 9162 section 2.1.1). The
    contract itself has 32 zero bytes there, and so has an acknowledgement
    (`adapters.ethereum.acks.ack_of`).
    """

    size: int
    root: Root
    block_number: int
    block_time: int


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A holder's EIP-712 signature (64 bytes, EIP-2098) that
    it durably keeps a log's entries up to a size.
    """

    node: int
    operator_number: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Pledge:
    """What an acknowledgement says: its signer durably keeps the entries of the creator's log from the
    segment's start to `size`, and they lead from the anchored state to `root` (protocol section 3).

    `prev_root` is the root at `prev_size`, that of the empty tree at 0.
    """

    creator: int
    log: LogId
    prev_size: int
    prev_root: Root
    size: int
    root: Root


@dataclass(frozen=True, slots=True)
class Mined:
    """A transaction in a canonical block. `anchor` is None where it reverted, and where it was no anchor."""

    block_number: int
    block_hash: bytes
    succeeded: bool
    gas_used: int
    anchor: Anchor | None


class Ledger(Protocol):
    """The anchoring contract on a chain, seen with one account of ours.

    Every method may raise `Unavailable("CHAIN_DOWN")` and `Broken("WRONG_CHAIN")`. All may be called at once,
    but what prepares and sends belongs to one caller at a time: whoever holds the anchor follower's turn.
    """

    async def network(self) -> Network:
        """The contract's fixed points, read from the chain (cached where they cannot change)."""
        ...

    async def members(self) -> Sequence[Member]:
        """All nodes ever enrolled, by number, inactive ones marked."""
        ...

    async def myself(self) -> Member | None:
        """The node that this account belongs to, if any."""
        ...

    async def head(self, node: int) -> Head:
        """The node's newest head at the latest block."""
        ...

    async def time(self) -> int:
        """Time of the newest block, in seconds since 1970."""
        ...

    async def height(self) -> int:
        """Number of the latest block (health)."""
        ...

    async def acknowledge(self, pledge: Pledge) -> bytes:
        """This account's signature (64 bytes) under a pledge; asks the chain for nothing but its fixed
        points. What is signed must be durable before. Raises `Rejected("NOT_A_MEMBER")` without an account.
        """
        ...

    async def check_acknowledgement(self, pledge: Pledge, signature: bytes, account: bytes) -> None:
        """Returns if the account signed the pledge; raises `Rejected("BAD_SIGNATURE")`."""
        ...

    async def prepare_anchor(
        self,
        prev_size: int,
        size: int,
        root: Root,
        acks: Sequence[Acknowledgement],
        replaces: SignedTransaction | None = None,
    ) -> SignedTransaction:
        """Sign an anchor transaction; sends nothing and stores nothing. With `replaces`, the same nonce at a
        higher fee; else the nonce after everything of the account that is mined or waits.

        Raises `Rejected("LEDGER_REFUSED")` naming the contract's error where a dry
        run would revert, `Rejected("NOT_A_MEMBER")`.
        """
        ...

    async def prepare_supersede(
        self,
        fingerprint: Fingerprint,
        replacement: Fingerprint,
        index: int,
        path: Sequence[bytes],
        replaces: SignedTransaction | None = None,
    ) -> SignedTransaction:
        """Sign the pointer from a record of the own log to its replacement, with the record's inclusion path
        under the head anchored now; nonce, fee and errors as in `prepare_anchor`.
        """
        ...

    async def superseded(
        self, node: int, fingerprint: Fingerprint, *, final: bool = False
    ) -> Fingerprint | None:
        """What a node's log points to from a record, at the latest or at the newest final block; None where
        to nothing.
        """
        ...

    async def send(self, transaction: SignedTransaction) -> None:
        """Hand the signed bytes to the chain. Harmless to repeat, before and after
        they were mined; says nothing of the outcome.
        """
        ...

    async def find(self, transaction: SignedTransaction) -> Mined | None:
        """The canonical block that holds this transaction, or None
        (not seen, dropped, or its block was replaced).
        """
        ...

    async def spent(self, transaction: SignedTransaction) -> bool:
        """Whether another transaction with this nonce was mined, so that this one never can be."""
        ...

    async def stuck(self, transaction: SignedTransaction) -> bool:
        """Whether a nonce before this one is neither mined nor waiting, as far as the chain's node knows:
        until somebody fills it, no block can hold this one.
        """
        ...

    async def find_anchor(self, node: int, size: int) -> Anchor | None:
        """The `Anchored` event of a node with exactly this size, wherever
        it came from (a lost reply, a restored folder).
        """
        ...

    async def anchors(self, node: int, after: int, block: int = 0) -> Sequence[Anchor]:
        """The node's next `Anchored` events past a size, oldest first, `ANCHORS` at most: whoever needs more
        asks again after the last one. None of them stands in an earlier block than `block`.
        """
        ...

    async def is_final(self, anchor: Anchor) -> bool:
        """Whether the anchor's block is final by the chain's policy. Raises `Broken("REORGED")` never; a
        block that is no longer canonical is False.
        """
        ...

    async def is_canonical(self, anchor: Anchor) -> bool:
        """Whether the anchor's block hash is still the canonical one at its height.

        False only if another block stands there. A chain whose node knows no block of that height yet lags
        behind, which proves nothing: that is CHAIN_DOWN.
        """
        ...

    async def proof(self, anchor: Anchor) -> AnchorProof:
        """What proves the event with no chain at hand: receipt path and headers
        B..B+d. To be captured when final: chains forget.
        """
        ...
