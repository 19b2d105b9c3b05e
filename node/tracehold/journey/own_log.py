"""The node's own log: made at the first start, opened and proved whole at every
later one, extended by batches.

An `OwnLog` is a value: `extend` gives the batch that must become durable and the log as it is
afterwards. Whoever writes (the sealer, nobody else) keeps the new value only after the
append, so a failed append leaves nothing to undo.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tracehold.core.checkpoint import Checkpoint, check_checkpoint, sign_checkpoint
from tracehold.core.control import Enrol, LogHeader
from tracehold.core.errors import Broken, Rejected
from tracehold.core.ids import LogId
from tracehold.core.keys import SigningKey
from tracehold.core.limits import ANCHOR_BY_MS, TILE_WIDTH
from tracehold.core.merkle import CompactRange, leaf_hash
from tracehold.core.record import CONTROL_KINDS, Record, check_signature, parse
from tracehold.core.roster import Roster
from tracehold.core.tiles import Coord, tiles_after
from tracehold.journey.identity import Identity, Now, RandomBytes, control_record
from tracehold.journey.ports import Batch, NewEntry, RecordLog
from tracehold.journey.snapshots import Snapshots
from tracehold.journey.tree import coords, node_of, whole_tiles

__all__ = [
    "Identity",
    "Now",
    "OwnLog",
    "RandomBytes",
    "control_record",
    "load_roster",
    "new_entry",
    "open_log",
    "reopen",
    "unread",
]


@dataclass(frozen=True, slots=True)
class OwnLog:
    """The log at one size. `edge` holds the tiles that are partly filled;
    roster and snapshots know every control record so far.
    """

    identity: Identity
    log: LogId
    roster: Roster
    range: CompactRange
    edge: Mapping[Coord, bytes]
    checkpoint: Checkpoint | None
    snapshots: Snapshots

    @property
    def size(self) -> int:
        """Entries."""
        return self.range.end

    def followed_by(self, key: SigningKey) -> "OwnLog":
        """The same log, whose node key is being replaced."""
        return replace(self, identity=replace(self.identity, following=key))

    def extend(
        self, entries: Sequence[NewEntry], roster: Roster, now_ms: int, anchor_by_ms: int = ANCHOR_BY_MS
    ) -> "tuple[Batch, OwnLog]":
        """The batch that appends these entries, with one checkpoint over all, and
        the log as it is once that is durable.

        Checkpoint time never decreases, whatever the clock does (protocol section 2).
        `roster` has the entries' control records applied: the key that it has in force signs.
        """
        identity = self.identity.under(roster.node_key)
        tree = self.grown(entries)
        time_ms = max(now_ms, self.checkpoint.time_ms) if self.checkpoint else now_ms
        checkpoint = sign_checkpoint(
            self.log,
            tree.end,
            tree.root(),
            time_ms,
            time_ms + anchor_by_ms,
            operator=identity.operator,
            key=identity.key,
        )
        return self.taking(entries, roster, checkpoint)

    def taking(
        self, entries: Sequence[NewEntry], roster: Roster, checkpoint: Checkpoint
    ) -> "tuple[Batch, OwnLog]":
        """The same under a checkpoint over all of them that was signed before, perhaps by a key that this
        node has no more. Who calls has checked it.
        """
        leaves = [leaf_hash(entry.fingerprint) for entry in entries]
        tiles = tiles_after(self.size, leaves, self.edge.__getitem__)
        batch = Batch(self.log, self.size, tuple(entries), tiles, checkpoint)
        grown = OwnLog(
            self.identity.knowing(roster.node_key),
            self.log,
            roster,
            self.grown(entries),
            _edge(self.edge, tiles),
            checkpoint,
            self._followed(entries),
        )
        return batch, grown

    def grown(self, entries: Sequence[NewEntry]) -> CompactRange:
        """The tree with these entries."""
        tree = self.range.copy()
        for entry in entries:
            tree.append(leaf_hash(entry.fingerprint))
        return tree

    def _followed(self, entries: Sequence[NewEntry]) -> Snapshots:
        snapshots = self.snapshots
        for index, entry in enumerate(entries, self.size):
            if entry.kind in CONTROL_KINDS:
                snapshots = snapshots.copy() if snapshots is self.snapshots else snapshots
                snapshots.follow(index, entry)
        return snapshots


def _edge(old: Mapping[Coord, bytes], changed: Sequence[tuple[Coord, bytes]]) -> dict[Coord, bytes]:
    edge = {**old, **dict(changed)}
    return {at: hashes for at, hashes in edge.items() if len(hashes) < TILE_WIDTH * 32}


async def open_log(
    store: RecordLog,
    identity: Identity,
    now: Now,
    random_bytes: RandomBytes,
    predecessor: LogId | None = None,
) -> OwnLog:
    """The node's own log, which is the first that the store came to know; made if the store is empty.

    Raises `Broken("CORRUPT")` where tiles, checkpoint and entries disagree (a torn or mixed folder),
    `Broken("WRONG_CHAIN")` for the log of another network, `Rejected("BAD_CONFIG")` where operator or key are
    not the log's, and what the store raises.
    """
    known = await store.logs()
    if not known:
        return await _create(store, identity, now, random_bytes, predecessor)
    return await reopen(store, identity)


async def reopen(store: RecordLog, identity: Identity, *, partly: bool = False) -> OwnLog:
    """The own log as the store has it now, proved whole. `partly`: it is being brought back, and may end
    where
    a former key of this node was in force. Raises as `open_log` does.
    """
    return await _read(store, (await store.logs())[0], identity, partly=partly)


def unread(log: LogId, header: Record, identity: Identity) -> OwnLog:
    """The log of which only the header is known, and nothing is here. Raises as `open_log` does where it is
    of
    another network or operator, and `Rejected` where it is no log's header.
    """
    roster = Roster.from_header(header)
    _checked(roster, identity, partly=True)
    return OwnLog(identity, log, roster, CompactRange(), {}, None, Snapshots())


async def _create(
    store: RecordLog, identity: Identity, now: Now, random_bytes: RandomBytes, predecessor: LogId | None
) -> OwnLog:
    # Two entries at once: with a second one no record's proof is ever empty, which some verifiers refuse. It
    # says what the header implies: the node key speaks for the operator. A crash before the append leaves an
    # empty store and no log; the next start makes another.
    now_s = now()
    key = identity.key.public
    first = control_record(
        identity, LogHeader(identity.network, key, random_bytes(32), predecessor), now_s, random_bytes
    )
    second = control_record(identity, Enrol(identity.operator, key), now_s, random_bytes)
    roster = Roster.from_header(first)
    roster.apply(1, second)
    log = LogId(first.fingerprint)
    empty = OwnLog(identity, log, roster, CompactRange(), {}, None, Snapshots())
    batch, own = empty.extend([new_entry(first), new_entry(second)], roster, int(now_s * 1000))
    await store.append(batch)
    return own


def new_entry(record: Record, received: bytes | None = None) -> NewEntry:
    """A record as the store takes it."""
    return NewEntry(record.fingerprint, record.raw, record.header.kind, received)


async def _read(store: RecordLog, log: LogId, identity: Identity, *, partly: bool = False) -> OwnLog:
    roster = await load_roster(store, log)
    identity = _checked(roster, identity, partly=partly)
    size = await store.size(log)
    checkpoint = await store.checkpoint(log)
    if checkpoint is None or checkpoint.size != size:
        raise Broken("CORRUPT", f"the newest checkpoint is not over the {size} entries of the own log")
    tiles = await store.tiles(log, coords([size - 1]))
    with whole_tiles():
        tree = CompactRange.of(0, size, node_of(tiles, size))
    if tree.root() != checkpoint.root:
        raise Broken("CORRUPT", "the tiles of the own log do not lead to its newest checkpoint")
    try:
        check_checkpoint(checkpoint, roster.node_key)
    except Rejected as error:
        raise Broken("CORRUPT", "the newest checkpoint of the own log is not its own") from error
    snapshots = Snapshots.of(await store.controls(log))
    return OwnLog(identity, log, roster, tree, _edge({}, list(tiles.items())), checkpoint, snapshots)


def _checked(roster: Roster, identity: Identity, *, partly: bool = False) -> Identity:
    """The identity with the key that is in force in the log; `partly`: if it is this node's still."""
    if roster.network != identity.network:
        raise Broken("WRONG_CHAIN", "the own log was made for another network")
    if roster.operator != identity.operator:
        raise Rejected("BAD_CONFIG", "the operator is not that of the log in this folder")
    return identity.knowing(roster.node_key) if partly else identity.under(roster.node_key)


async def load_roster(store: RecordLog, log: LogId) -> Roster:
    """Who speaks in a stored log, from its control records; their signatures
    are checked again. Raises `Broken("CORRUPT")`.
    """
    try:
        header, *others = [(entry.index, parse(entry.raw)) for entry in await store.controls(log)]
        roster = Roster.from_header(header[1])
        for index, record in others:
            check_signature(record, roster.check(record, index))
            roster.apply(index, record)
    except (Rejected, ValueError) as error:
        raise Broken("CORRUPT", "the control records of a log do not fit together") from error
    if roster.log != log or header[0] != 0:
        raise Broken("CORRUPT", "a log's first entry is not its header")
    return roster
