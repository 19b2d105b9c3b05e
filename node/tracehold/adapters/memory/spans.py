"""What the record log in memory holds of one log: runs of entries without a gap, and bases before them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, chain

from tracehold.core import record
from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import Broken
from tracehold.core.ids import Fingerprint
from tracehold.core.record import CONTROL_KINDS
from tracehold.core.spans import Spans, joined
from tracehold.core.tiles import Coord
from tracehold.journey.check import kind_of
from tracehold.journey.ports import AnchorState, AnchorTask, Base, Batch, Dispute, Entry, NewEntry


@dataclass
class Kept:
    """What is kept of one log. A span that was begun and has no entries yet is an empty run. `anchors` are of
    the contract in force, `before` those of the ones before, the oldest first.
    """

    runs: dict[int, list[Entry]] = field(default_factory=dict)
    base: dict[int, Entry] = field(default_factory=dict)
    tiles: dict[Coord, bytes] = field(default_factory=dict)
    checkpoints: dict[int, Checkpoint] = field(default_factory=dict)
    anchors: dict[int, AnchorTask] = field(default_factory=dict)
    before: dict[bytes, dict[int, AnchorTask]] = field(default_factory=dict)
    disputes: dict[int, Dispute] = field(default_factory=dict)
    unjudged: Spans = ()

    @property
    def entries(self) -> list[Entry]:
        """The run that begins at entry 0: all of the own log."""
        return self.runs.setdefault(0, [])

    def spans(self) -> list[tuple[int, int]]:
        """The runs that hold something."""
        return [(start, start + len(run)) for start, run in sorted(self.runs.items()) if run]

    def all(self) -> Iterator[Entry]:
        """Every entry, those of bases too, in no order."""
        return chain(self.base.values(), *self.runs.values())

    def at(self, index: int) -> Entry | None:
        """The entry at this index."""
        run, offset = self.run_with(index)
        return run[offset] if offset < len(run) else self.base.get(index)

    def run_with(self, index: int) -> tuple[list[Entry], int]:
        """The run in which `index` stands, or that ends there, and its place in it; else an empty one."""
        for start, run in sorted(self.runs.items(), reverse=True):
            if start <= index <= start + len(run):
                return run, index - start
        return [], 0

    def ends(self, index: int) -> bool:
        """Whether a run ends at `index`, so that entries may follow there."""
        return any(start + len(run) == index for start, run in self.runs.items())

    def bytes_before(self, size: int) -> int:
        """Record bytes from the start of its run through entry `size` - 1."""
        run, offset = self.run_with(size)
        return run[offset - 1].bytes_total if offset else 0

    def taken(self, batch: Batch) -> bool:
        """Whether a place of the batch is taken by anything but the same record of a base."""
        places = ((at, self.at(at), new) for at, new in enumerate(batch.entries, batch.first))
        return any(
            old is not None and (at not in self.base or old.fingerprint != new.fingerprint)
            for at, old, new in places
        )

    def begin(self, base: Base) -> list[Entry]:
        """Keep a base; the entries that are new."""
        self.put_tiles(base.tiles)
        missing = [(at, new) for at, new in base.controls if self.at(at) is None]
        made = {at: entry_at(base, at, new, 0) for at, new in missing}
        self.base |= made
        # Not by `at`: a base of a later run has the control record there, and no run.
        if not any(start <= base.start <= start + len(run) for start, run in self.runs.items()):
            self.runs[base.start] = []
        return list(made.values())

    def append(self, batch: Batch) -> list[Entry]:
        """Keep a batch at the end of a run; the entries that are new."""
        run, offset = self.run_with(batch.first)
        if batch.first == 0:
            run = self.entries
        assert offset == len(run), "a batch inside a run"
        new = list(_entries(batch, run[-1].bytes_total if run else 0))
        known = {entry.index: self.base.pop(entry.index) for entry in new if entry.index in self.base}
        run += [replace(e, raw=known[e.index].raw) if e.index in known else e for e in new]
        self._join(batch)
        self.put_tiles(batch.tiles)
        self.checkpoints[batch.checkpoint.size] = batch.checkpoint
        self.disputes |= {dispute.index: dispute for dispute in batch.disputes}
        if batch.unjudged:
            self.unjudged = joined([*self.unjudged, (batch.first, batch.first + len(new))])
        return [entry for entry in new if entry.index not in known]

    def put_tiles(self, tiles: Iterable[tuple[Coord, bytes]]) -> None:
        """Keep tiles; none gets shorter, since a later span may have grown it."""
        for at, hashes in tiles:
            if len(hashes) > len(self.tiles.get(at, b"")):
                self.tiles[at] = hashes

    def put(self, entry: Entry) -> None:
        """Put an entry into the place of the one that stands there."""
        run, offset = self.run_with(entry.index)
        if offset < len(run):
            run[offset] = entry
        else:
            self.base[entry.index] = entry

    def erase(self, index: int) -> None:
        """Forget the bytes of an entry."""
        entry = self.at(index)
        if entry is not None:
            self.put(replace(entry, raw=b""))

    def mend(self, index: int, raw: bytes, fingerprint: Fingerprint) -> bool:
        """Put right an entry, except that one without bytes stays so. False where none is kept."""
        old = self.at(index)
        if old is None:
            return False
        new = replace(old, raw=raw, kind=kind_of(raw)) if raw and not old.erased else old
        self.put(replace(new, fingerprint=fingerprint))
        return True

    def controls(self, start: int, max_bytes: int | None = None) -> list[Entry]:
        """The control records with index >= start, in order, as many as first go over `max_bytes`."""
        wanted = (entry for entry in self.all() if entry.kind in CONTROL_KINDS and entry.index >= start)
        found = sorted(wanted, key=lambda entry: entry.index)
        before = accumulate((len(entry.raw) for entry in found), initial=0)
        most = float("inf") if max_bytes is None else max_bytes
        return [entry for entry, taken in zip(found, before, strict=False) if taken <= most]

    def mend_tiles(self, tiles: Iterable[tuple[Coord, bytes]]) -> None:
        """As the port says."""
        self.tiles.update({at: hashes + self.tiles.get(at, b"")[len(hashes) :] for at, hashes in tiles})

    def checkpoint_within(self, after: int, upto: int, max_bytes: int) -> Checkpoint | None:
        """As the port says."""
        span = next(((low, high) for low, high in self.spans() if low <= after <= high), (0, 0))
        sizes = [size for size in sorted(self.checkpoints) if after < size <= min(upto, span[1])]
        before = self.bytes_before(after) if after > span[0] else 0
        fits = [size for size in sizes if self.bytes_before(size) - before <= max_bytes]
        return self.checkpoints[max(fits, default=sizes[0])] if sizes else None

    def follow(self, old: bytes, new: bytes) -> None:
        """Another contract is in force."""
        named = (task.anchor.contract for task in self.anchors.values() if task.anchor)
        old = old or next(named, new)
        if old != new:
            self.before[old] = self.anchors
            self.anchors = self.before.pop(new, {})

    def earlier(self) -> list[AnchorTask]:
        """As the port says."""
        found: list[AnchorTask] = []
        for tasks in self.before.values():
            reached = found[-1].size if found else 0
            final = (task for _, task in sorted(tasks.items()) if task.state is AnchorState.FINAL)
            found += [task for task in final if task.size > reached]
        return found

    def _join(self, batch: Batch) -> None:
        """Make one of runs that meet; what follows counts its bytes from the first one's start. One that was
        begun inside the batch begins no more.
        """
        places = range(batch.first + 1, batch.checkpoint.size)
        self.runs = {start: run for start, run in self.runs.items() if run or start not in places}
        for start, run in sorted(self.runs.items()):
            while run and (following := self.runs.pop(start + len(run), None)) is not None:
                total = run[-1].bytes_total
                run += [replace(entry, bytes_total=total + entry.bytes_total) for entry in following]


def entry_at(whole: Base | Batch, index: int, new: NewEntry, bytes_total: int) -> Entry:
    """A new entry at its place."""
    return Entry(whole.log, index, Fingerprint(new.fingerprint), new.raw, str(new.kind), bytes_total)


def _entries(batch: Batch, bytes_total: int) -> Iterator[Entry]:
    for index, new in enumerate(batch.entries, batch.first):
        bytes_total += len(new.raw)
        yield entry_at(batch, index, new, bytes_total)


def over(index: int, tasks: Iterable[AnchorTask]) -> AnchorTask | None:
    """The first of these anchors over an entry."""
    return next((task for task in tasks if task.prev_size <= index < task.size), None)


def last(tasks: list[AnchorTask], newest: int | None) -> list[AnchorTask]:
    """The last so many of them, or all."""
    return tasks if newest is None else tasks[len(tasks) - min(newest, len(tasks)) :]


def rehashed(entry: Entry) -> Entry:
    """The entry, if its bytes have its fingerprint; else `Broken("CORRUPT")`."""
    if not entry.erased and record.fingerprint(entry.raw) != entry.fingerprint:
        raise Broken("CORRUPT", f"entry {entry.index} does not have its fingerprint")
    return entry


def fitting(entries: Sequence[Entry], max_bytes: int) -> Sequence[Entry]:
    """The first entries, as many as fit in `max_bytes`, one at least."""
    taken = 0
    for at, entry in enumerate(entries):
        taken += len(entry.raw)
        if at and taken > max_bytes:
            return entries[:at]
    return entries
