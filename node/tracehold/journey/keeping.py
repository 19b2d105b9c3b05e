"""The copy of another creator's log, as a value: `extended` gives the batch that must become durable and the
copy as it is afterwards. As with `own_log.OwnLog`, a failed append leaves nothing to undo.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tracehold.core.checkpoint import Checkpoint
from tracehold.core.control import Redact
from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.core.ids import LogId
from tracehold.core.keys import PublicKey
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.merkle import CompactRange, leaf_hash
from tracehold.core.record import CONTROL_KINDS, Kind, parse
from tracehold.core.roster import Roster
from tracehold.core.snapshot import Listed
from tracehold.core.tiles import Coord, tiles_after
from tracehold.journey.check import SLICE
from tracehold.journey.judge import Arrived, Judge, named, take_effect
from tracehold.journey.ports import Batch, Dispute, Entry, RecordLog
from tracehold.journey.tree import coords, node_of, whole_tiles

_SPEAKING = {*CONTROL_KINDS, Kind.NODE}


@dataclass(frozen=True, slots=True)
class Keeping:
    """A span of a log, from `start` to where its tree ends, and who speaks there. `edge` holds the tiles at
    its right end; `checkpoint` is the newest over it, None before its first entries.
    """

    log: LogId
    start: int
    roster: Roster
    listed: Listed
    tree: CompactRange
    edge: Mapping[Coord, bytes]
    checkpoint: Checkpoint | None

    @property
    def end(self) -> int:
        """Index after its last entry."""
        return self.tree.end

    def signer(self, size: int) -> PublicKey:
        """The node key that signs the checkpoint of a size up to the end."""
        return self.roster.node_key_at(size)

    async def extended(
        self,
        entries: Sequence[Arrived],
        checkpoint: Checkpoint,
        judge: Judge,
        redacted: Collection[Redact] = (),
        *,
        deferred: bool = False,
    ) -> "tuple[Batch, Keeping]":
        """The batch that appends these entries under the checkpoint, with what is found wrong with them;
        `redacted` are redactions that came before their entries. Where it is `deferred`, only control records
        are judged now, and the rest is kept unjudged (`assess`).

        Raises ROOT_MISMATCH where the checkpoint is over others, LOG_BROKEN where a segment does not begin
        with a snapshot of the control records before it.
        """
        leaves = [leaf_hash(each.entry.fingerprint) for each in entries]
        tree = self.tree.copy()
        for leaf in leaves:
            tree.append(leaf)
        if (tree.end, tree.root()) != (checkpoint.size, checkpoint.root):
            raise Rejected(
                "ROOT_MISMATCH", f"the entries up to {tree.end} give another root than the checkpoint"
            )
        # They may be long, and are copied only where they may grow.
        grows = any(each.record and each.record.header.kind in _SPEAKING for each in entries)
        roster, listed = (self.roster.copy(), self.listed.copy()) if grows else (self.roster, self.listed)
        if deferred:
            disputes = await judge.admit(roster, listed, self.end, entries)
        else:
            disputes = await judge.judge(roster, listed, self.end, entries, redacted)
        _check_structure(self.end, entries, disputes)
        tiles = tiles_after(self.end, leaves, self.edge.__getitem__)
        new = [each.entry for each in entries]
        batch = Batch(self.log, self.end, new, tiles, checkpoint, disputes, deferred)
        edge = _edge({**self.edge, **dict(tiles)}, tree.end)
        return batch, Keeping(self.log, self.start, roster, listed, tree, edge, checkpoint)


def _check_structure(first: int, entries: Sequence[Arrived], disputes: Sequence[Dispute]) -> None:
    """Segments after the first begin with a sound snapshot. So whoever keeps later ones only knows that it
    has every record that says who may speak (protocol section 2).
    """
    wrong = {dispute.index: dispute.code for dispute in disputes}
    for at in range(first + -first % SEGMENT_ENTRIES, first + len(entries), SEGMENT_ENTRIES):
        record = entries[at - first].record
        if at and (record is None or record.header.kind != Kind.SNAPSHOT or at in wrong):
            raise Rejected("LOG_BROKEN", f"entry {at} is no snapshot of the control records before it")


async def redactions(store: RecordLog, copy: Keeping, entries: Sequence[Arrived]) -> Collection[Redact]:
    """What redactions further on in the log name, where some of these entries, which follow the copy, come
    without their bytes. Raises LOG_BROKEN where a control record does: what says who may speak stays.
    """
    places = range(copy.end, copy.end + len(entries))
    erased = {at for at, each in zip(places, entries, strict=True) if each.erased}
    later = await store.controls(copy.log, copy.end) if erased else ()
    for entry in later:
        if entry.index in erased:
            raise Rejected("LOG_BROKEN", f"entry {entry.index} is a control record, and came erased")
    return await redacted_by(store, later)


async def redacted_by(store: RecordLog, controls: Iterable[Entry]) -> Collection[Redact]:
    """What the redactions among these control records name, but for those that are disputed."""
    found: set[Redact] = set()
    for entry in controls:
        if entry.kind != Kind.REDACT or entry.erased:
            continue
        if not await store.disputes(entry.log, entry.index, entry.index + 1):
            found |= named(parse(entry.raw))
    return found


async def check_between(store: RecordLog, new: Checkpoint) -> None:
    """Returns if the time of a checkpoint is between those of the checkpoints around it, in whatever spans
    they are. Raises CLOCK_JUMPED.
    """
    log, size = new.log, new.size
    after = await store.checkpoint_covering(log, size)
    before = None
    for start, _ in reversed(await store.spans(log)):
        if start < size - 1 and (before := await store.checkpoint_within(log, start, size - 1, 1 << 62)):
            break
    if (before and before.time_ms > new.time_ms) or (after and after.time_ms < new.time_ms):
        raise Unavailable("CLOCK_JUMPED", "the time of a checkpoint is not between those around it")


async def contradicted(store: RecordLog, log: LogId, tiles: Iterable[tuple[Coord, bytes]]) -> bool:
    """Whether tiles that are kept already are neither the beginning nor a continuation of these: those of a
    base before a hole and those of what fills it must be of one tree.
    """
    new = dict(tiles)
    kept = await store.tiles(log, new.keys())
    return any(not (there.startswith(new[at]) or new[at].startswith(there)) for at, there in kept.items())


def _edge(tiles: Mapping[Coord, bytes], size: int) -> Mapping[Coord, bytes]:
    return {at: tiles[at] for at in coords([size - 1]) if at in tiles} if size else {}


def begun(log: LogId, first: Arrived, operator: str) -> Keeping:
    """The copy of a log before its entry 0, which `first` is to be.

    Raises LOG_BROKEN where it is no header, or the header of another log or operator.
    """
    if first.record is None:
        raise Rejected("LOG_BROKEN", "entry 0 is no header")
    try:
        roster = Roster.from_header(first.record)
    except Rejected as refusal:
        raise Rejected("LOG_BROKEN", f"entry 0 is no header: {refusal.message}") from refusal
    if (roster.log, roster.operator) != (log, operator):
        # Whoever vouches is whom the contract enrolled (decision 0006).
        raise Rejected("LOG_BROKEN", "entry 0 is the header of another log or operator")
    return Keeping(log, 0, roster, Listed(), CompactRange(), {}, None)


async def resumed(store: RecordLog, log: LogId, start: int, end: int) -> Keeping:
    """The copy as the store has it: the span [start, end), or where that is empty, the base that it begins
    on.

    Raises `Broken("CORRUPT")` where tiles, control records and checkpoint do not fit together.
    """
    controls = [entry for entry in await store.controls(log) if entry.index < end]
    roster, listed = await replayed(controls)
    tiles = await store.tiles(log, coords([end - 1]))
    with whole_tiles():
        tree = CompactRange.of(0, end, node_of(tiles, end))
    checkpoint = await store.checkpoint(log, end) if start < end else None
    if start < end and (checkpoint is None or checkpoint.root != tree.root()):
        raise Broken("CORRUPT", f"no checkpoint is over the {end} entries of log {log.hex()}")
    return Keeping(log, start, roster, listed, tree, _edge(tiles, end), checkpoint)


async def on_base(store: RecordLog, log: LogId, start: int) -> Keeping:
    """The copy at the start of its span, on a base whose last part is stored. Raises LOG_BROKEN where the
    header is not among its control records.
    """
    controls = await store.controls(log)
    if not controls or controls[0].index:
        raise Rejected("LOG_BROKEN", "the base of the copy has no header")
    return await resumed(store, log, start, start)


async def replayed(controls: Sequence[Entry]) -> tuple[Roster, Listed]:
    """Who speaks by these control records, the header first, and the list of them. Those that their signers
    may not say are listed and have no effect, as when they came. Raises `Broken("CORRUPT")`.
    """
    if not controls:
        raise Broken("CORRUPT", "the control records of a log are lost")
    listed, roster = Listed(), _header(controls[0])
    await continued(roster, listed, controls)
    return roster, listed


async def continued(roster: Roster, listed: Listed, controls: Sequence[Entry]) -> None:
    """Let more control records take effect, as `replayed` does."""
    for number, entry in enumerate(controls):
        listed.add(entry.index, entry.fingerprint)
        try:
            take_effect(roster, entry.index, parse(entry.raw))
        except Rejected:
            pass  # a dispute, which was told when it came; or erased
        if number % SLICE == 0:
            await asyncio.sleep(0)


def _header(entry: Entry) -> Roster:
    try:
        roster = Roster.from_header(parse(entry.raw))
    except Rejected as error:
        raise Broken("CORRUPT", "a log's first entry is not its header") from error
    if entry.index or roster.log != entry.log:
        raise Broken("CORRUPT", "a log's first entry is not its header")
    return roster
