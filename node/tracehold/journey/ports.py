"""The outside things that a record's journey needs, and what each must promise.

Each method's docstring says: durable on return or not; what may be called at once; whether a repeat is harmless; which errors it
raises, and it raises no others. Adapters do not inherit from these classes: one behaviour suite per port
(`tests/ports`) runs on every back-end, the in-memory one included.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from tracehold.core.checkpoint import Checkpoint
from tracehold.core.ids import Fingerprint, LogId, NetworkId, Root
from tracehold.core.lineage import Fact
from tracehold.core.receipt import Anchor, AnchorProof
from tracehold.core.tiles import Coord

# -- what the log keeps ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """One sealed record at its position. `bytes_total` counts record bytes from entry 0 through this one."""

    log: LogId
    index: int
    fingerprint: Fingerprint
    raw: bytes
    kind: str
    bytes_total: int


@dataclass(frozen=True, slots=True)
class Position:
    """Where a fingerprint stands."""

    log: LogId
    index: int


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A record to be sealed. `received` is the idempotency key of a delegated event (32 bytes), else None."""

    fingerprint: Fingerprint
    raw: bytes
    kind: str
    received: bytes | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything that one seal makes durable at once: entries from `first` on, the tiles they change, one checkpoint."""

    log: LogId
    first: int
    entries: Sequence[NewEntry]
    tiles: Sequence[tuple[Coord, bytes]]
    checkpoint: Checkpoint


class AnchorState(StrEnum):
    """SIGNED: bytes are stored, perhaps sent. MINED: in a block. FINAL: by the chain's finality rule, proof kept."""

    SIGNED = "signed"
    MINED = "mined"
    FINAL = "final"
    REORGED = "reorged"


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction as it was signed. The same bytes are sent again until they are mined; `hash` is known before sending."""

    raw: bytes
    hash: bytes
    nonce: int
    max_fee_per_gas: int


@dataclass(frozen=True, slots=True)
class AnchorTask:
    """One anchor on its way: (prev_size, size] of a log in a transaction. `anchor` is set from MINED on, its proof at FINAL.

    `undone` is kept from REORGED on: the anchor that had been final and is canonical no more, with its block hash.
    An anchor that was found on the chain without its bytes here (a restored folder) has a transaction with empty `raw`.
    """

    log: LogId
    prev_size: int
    size: int
    root: Root
    transaction: SignedTransaction
    state: AnchorState
    anchor: Anchor | None = None
    gas_used: int | None = None
    undone: Anchor | None = None


class RecordLog(Protocol):
    """Append-only logs with their tiles, checkpoints, anchors and bookmarks, on one disk.

    All reads may run at once with each other and with one writer. Every method may raise `Broken("STORE_FAILED")` when the
    disk refuses, and `Unavailable("STORE_BUSY")` when another process holds the store.
    """

    async def logs(self) -> Sequence[LogId]:
        """All logs kept here, own and foreign, in the order in which they came."""
        ...

    async def size(self, log: LogId) -> int:
        """Entries of the log on disk; 0 for an unknown log."""
        ...

    async def append(self, batch: Batch) -> None:
        """Make the batch durable in one transaction: all of it or nothing, fsynced on return.

        Compare-and-swap on `batch.first`: if the log's size is another, nothing is written and
        `Rejected("HEAD_MOVED")` is raised. A fingerprint that is in this log already raises `Rejected("CONFLICT")`, nothing is written.
        Not harmless to repeat: a repeat raises HEAD_MOVED. One caller at a time per log.
        """
        ...

    async def read(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Sequence[Entry]:
        """Entries [start, stop) in order; fewer where the log ends or `max_bytes` of records is reached (at least one entry if any)."""
        ...

    async def find(self, fingerprints: Collection[Fingerprint]) -> Mapping[Fingerprint, Position]:
        """Positions of those fingerprints that are kept; the rest is left out. First log wins where several hold one."""
        ...

    async def entry(self, fingerprint: Fingerprint) -> Entry | None:
        """The record with this fingerprint, re-hashed by the store: `Broken("CORRUPT")` where the bytes on disk do not match."""
        ...

    async def received(self, keys: Collection[bytes]) -> Mapping[bytes, Fingerprint]:
        """Fingerprints under which delegated events with these idempotency keys were sealed."""
        ...

    async def controls(self, log: LogId, start: int = 0) -> Sequence[Entry]:
        """All control records of the log with index >= start, in order (`record.CONTROL_KINDS`)."""
        ...

    async def tiles(self, log: LogId, coords: Collection[Coord]) -> Mapping[Coord, bytes]:
        """Tiles as they stand at the log's present size (the last of each level may be partial)."""
        ...

    async def checkpoint(self, log: LogId, size: int | None = None) -> Checkpoint | None:
        """The newest checkpoint, or the one of exactly this size; None if there is none."""
        ...

    async def checkpoint_covering(self, log: LogId, index: int) -> Checkpoint | None:
        """The first checkpoint with size > index."""
        ...

    async def checkpoint_within(self, log: LogId, after: int, upto: int, max_bytes: int) -> Checkpoint | None:
        """The newest checkpoint with after < size <= upto that adds at most `max_bytes` of records past `after` (or, if none does, the
        first one past `after`). For the anchor, which must not cross a segment's end."""
        ...

    async def save_anchor(self, task: AnchorTask) -> None:
        """Insert or replace the task of (log, size); durable on return; harmless to repeat."""
        ...

    async def drop_anchor(self, log: LogId, size: int) -> None:
        """Forget a task that is not FINAL (its transaction can never be mined any more); durable on return."""
        ...

    async def anchors(
        self, log: LogId, states: Collection[AnchorState], newest: int | None = None
    ) -> Sequence[AnchorTask]:
        """Tasks in these states, by size; with `newest`, only that many of the largest sizes (final ones are many)."""
        ...

    async def anchor_covering(self, log: LogId, index: int) -> AnchorTask | None:
        """The first MINED or FINAL anchor with prev_size <= index < size."""
        ...

    async def bookmark(self, name: str) -> int:
        """How far the follower of this name has come; 0 at first."""
        ...

    async def save_bookmark(self, name: str, value: int) -> None:
        """Durable on return; harmless to repeat."""
        ...

    async def probe(self) -> None:
        """Write and read back one small durable value (health)."""
        ...


# -- the chain ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Network:
    """The contract's fixed points. A record, receipt or acknowledgement of another network does not count here."""

    chain_id: int
    contract: bytes
    network_id: NetworkId
    salt: bytes
    quorum: int
    operators: int


class Role(StrEnum):
    """What the contract lets a node do."""

    CREATOR = "creator"
    HOLDER = "holder"


@dataclass(frozen=True, slots=True)
class Member:
    """A node as the contract knows it. `number` is never reused."""

    number: int
    operator_number: int
    operator: str
    account: bytes
    node_key: bytes
    log: LogId
    roles: frozenset[Role]
    active: bool
    record: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The contract's newest (root, size) of a node's log; size 0 where nothing was anchored."""

    size: int
    root: Root
    block_number: int
    block_time: int


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A holder's EIP-712 signature (64 bytes, EIP-2098) that it durably keeps a log's entries up to a size."""

    node: int
    operator_number: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Mined:
    """A transaction in a canonical block. `anchor` is None where it reverted."""

    block_number: int
    block_hash: bytes
    succeeded: bool
    gas_used: int
    anchor: Anchor | None


class Ledger(Protocol):
    """The anchoring contract on a chain, seen with one account of ours.

    Every method may raise `Unavailable("CHAIN_DOWN")` and `Broken("WRONG_CHAIN")`. All may be called at once, but `prepare_anchor`
    and `send` belong to one caller: the anchor follower owns the account's nonces.
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

    async def height(self) -> int:
        """Number of the latest block (health)."""
        ...

    async def prepare_anchor(
        self,
        prev_size: int,
        size: int,
        root: Root,
        acks: Sequence[Acknowledgement],
        replaces: SignedTransaction | None = None,
    ) -> SignedTransaction:
        """Sign an anchor transaction; sends nothing and stores nothing. With `replaces`, the same nonce at a higher fee.

        Raises `Rejected("LEDGER_REFUSED")` naming the contract's error where a dry run would revert, `Rejected("NOT_A_MEMBER")`.
        """
        ...

    async def send(self, transaction: SignedTransaction) -> None:
        """Hand the signed bytes to the chain. Harmless to repeat, before and after they were mined; says nothing of the outcome."""
        ...

    async def find(self, transaction: SignedTransaction) -> Mined | None:
        """The canonical block that holds this transaction, or None (not seen, dropped, or its block was replaced)."""
        ...

    async def spent(self, transaction: SignedTransaction) -> bool:
        """Whether another transaction with this nonce was mined, so that this one never can be."""
        ...

    async def find_anchor(self, node: int, size: int) -> Anchor | None:
        """The `Anchored` event of a node with exactly this size, wherever it came from (a lost reply, a restored folder)."""
        ...

    async def is_final(self, anchor: Anchor) -> bool:
        """Whether the anchor's block is final by the chain's policy. Raises `Broken("REORGED")` never; a block that is no longer canonical is False."""
        ...

    async def is_canonical(self, anchor: Anchor) -> bool:
        """Whether the anchor's block hash is still the canonical one at its height."""
        ...

    async def proof(self, anchor: Anchor) -> AnchorProof:
        """What proves the event with no chain at hand: receipt path and headers B..B+d. To be captured when final: chains forget."""
        ...


# -- relations ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MasterDataVersion:
    """What a party said about an item, a place or a party; versions by position in the log, newest last."""

    id: str
    type: str
    issuer: str
    fingerprint: Fingerprint
    audience: str
    payload: bytes
    known_ms: int | None


@dataclass(frozen=True, slots=True)
class Indexed:
    """One follower step of the index: facts and master data of entries [start, stop) of a log, each with its entry's index.

    Their `known_ms` is the time of the checkpoint that sealed the entry; `Graph.set_known` replaces it by the anchor's.
    """

    log: LogId
    start: int
    stop: int
    facts: Sequence[tuple[int, Fact]]
    masterdata: Sequence[tuple[int, MasterDataVersion]]


class Graph(Protocol):
    """Relations between items, derived from logs; may be dropped and made again at any time. A hint, never an authority.

    Every method may raise `Unavailable("GRAPH_DOWN")`. Reads may run at once with each other and with one writer.
    """

    async def add(self, step: Indexed) -> None:
        """Add the step's facts and move the log's coverage to `step.stop`, in one durable transaction. Harmless to repeat:
        entries that are covered already are passed over. A step that would leave a gap (start past the coverage) is a
        mistake of the caller and raises `ValueError`. A record that stands in several logs is one fact, known since the earliest.
        """
        ...

    async def set_known(self, log: LogId, start: int, stop: int, known_ms: int) -> None:
        """Set the time by which entries [start, stop) were known (covering anchor's block), whether they are indexed yet or
        not; a later call wins where ranges overlap. Durable; harmless to repeat."""
        ...

    async def facts(self, items: Collection[str], transformations: Collection[str] = ()) -> Sequence[Fact]:
        """All facts that touch one of these items (in any role) or belong to one of these transformation ids, each once, in any
        order, with the time by which each was known."""
        ...

    async def by_event_id(self, event_ids: Collection[str]) -> Sequence[Fact]:
        """All facts with one of these event ids (error declarations included)."""
        ...

    async def masterdata(self, id: str) -> Sequence[MasterDataVersion]:
        """All versions about this identifier, each record once, oldest first: by position within a log, by time known across logs."""
        ...

    async def coverage(self) -> Mapping[LogId, int]:
        """Per log, how many entries were indexed."""
        ...

    async def clear(self) -> None:
        """Forget everything, coverage and known times included; durable on return."""
        ...


# -- other nodes ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """A record that a peer handed over. The asker checks the bytes and derives every fact itself."""

    log: LogId
    index: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class Expansion:
    """A peer's answer from local knowledge: records and, per log, how many entries it looked at."""

    records: Sequence[Found]
    coverage: Mapping[LogId, int]


class Peer(Protocol):
    """One other node. Calls are answered from its local knowledge only. Raises `Unavailable("PEER_DOWN")` and nothing else."""

    @property
    def node(self) -> int:
        """Its number in the contract."""
        ...

    async def expand(
        self, items: Collection[str], event_ids: Collection[str] = (), transformations: Collection[str] = ()
    ) -> Expansion:
        """Records that touch these items, event ids or transformations."""
        ...


class Peers(Protocol):
    """The other nodes of the network. Never raises for a single peer that is down: that is the peer's own error."""

    async def holders(self, items: Collection[str]) -> Sequence[Peer]:
        """Peers that may hold records about these items (all members, for now)."""
        ...
