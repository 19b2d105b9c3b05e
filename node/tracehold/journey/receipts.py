"""Receipts and evidence files, made from the store when someone asks.

A record that is final gets its final receipt: a proof against its covering anchor, the same from every holder
and for ever. Before that it gets one under the first checkpoint that covers it. Of a log of which spans are
kept
only, both stand in the span that holds the record, or behind the base that does, so that the tiles lead
there.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tracehold.core.checkpoint import Checkpoint
from tracehold.core.control import Enrol, decode_control
from tracehold.core.errors import Broken, Rejected
from tracehold.core.evidence import Evidence, encode_evidence
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.merkle import inclusion_path
from tracehold.core.receipt import Anchor, make_receipt
from tracehold.core.record import Kind, Record, parse
from tracehold.core.record import fingerprint as digest
from tracehold.core.roster import Roster
from tracehold.journey.check import Stage, untimed
from tracehold.journey.judge import take_effect
from tracehold.journey.ports import AnchorState, Entry, Position, RecordLog
from tracehold.journey.tree import nodes, whole_tiles


@dataclass(frozen=True, slots=True)
class _Cover:
    """A checkpoint that proves entries [start, stop), with its anchor where it is final."""

    start: int
    stop: int
    checkpoint: Checkpoint
    anchor: Anchor | None

    def holds(self, place: Position) -> bool:
        return place.log == self.checkpoint.log and self.start <= place.index < self.stop


Vouching = dict[tuple[LogId, int, str], tuple[tuple[bytes, bytes], ...]]
"""Control records with their receipts, by log, size of the
checkpoint, and the party whose signers they name.
"""


class Receipts:
    """Makes receipts and evidence from what the store holds. Keeps nothing."""

    def __init__(self, store: RecordLog, stage: Stage = untimed) -> None:
        self._store = store
        self._stage = stage

    async def receipt(self, fingerprint: Fingerprint) -> bytes:
        """The best receipt of a record. Raises `Rejected("NOT_FOUND")` for one
        that is not kept here, and what the store raises.
        """
        try:
            return (await self.receipts([fingerprint]))[fingerprint]
        except KeyError:
            raise Rejected("NOT_FOUND", "no record with this fingerprint is kept here") from None

    async def receipts(self, fingerprints: Collection[Fingerprint]) -> Mapping[Fingerprint, bytes]:
        """The best receipts of those records that are kept
        here. Records under one checkpoint share the work.
        """
        places = await self._store.find(fingerprints)
        made: dict[Fingerprint, bytes] = {}
        for cover, group in await self._covers(places):
            indices = [places[fingerprint].index for fingerprint in group]
            made.update(zip(group, await self.under(cover.checkpoint, indices, cover.anchor), strict=True))
        return made

    async def known(self, places: Mapping[Fingerprint, Position]) -> dict[Fingerprint, int]:
        """Since when a receipt of each place shows that the record was known, in milliseconds: the time of
        the anchor's block where that is final, else of the checkpoint.
        """
        found: dict[Fingerprint, int] = {}
        for cover, group in await self._covers(places):
            anchored = cover.anchor.block_time * 1000 if cover.anchor else cover.checkpoint.time_ms
            found |= dict.fromkeys(group, anchored)
        return found

    async def under(
        self, checkpoint: Checkpoint, indices: Sequence[int], anchor: Anchor | None = None
    ) -> list[bytes]:
        """Receipts of these entries under one checkpoint. Raises `Broken("CORRUPT")` where a tile is lost."""
        node = await nodes(self._store, checkpoint.log, checkpoint.size, indices)
        with whole_tiles(), self._stage("reply"):
            paths = [inclusion_path(index, checkpoint.size, node) for index in indices]
            pairs = zip(indices, paths, strict=True)
            return [make_receipt(checkpoint, index, path, anchor) for index, path in pairs]

    async def evidence(self, fingerprint: Fingerprint) -> bytes:
        """The evidence file of a record. Raises as `proof`."""
        return encode_evidence(await self.proof(fingerprint, {}))

    async def proof(
        self, fingerprint: Fingerprint, vouching: Vouching, *, bare: bool = False, at: Position | None = None
    ) -> Evidence:
        """What proves a record: its bytes, its receipt, and the control records that let its signer speak,
        all under one checkpoint. What is in `vouching` is not made again; what is made goes there. `bare`
        leaves out what proves the anchor to those who do not ask the chain. `at`: at this place, and no
        other, of a record in several logs.

        Raises `Rejected` (NOT_FOUND, REDACTED), `Broken("CORRUPT")`, and what the store raises.
        """
        entry = await self._entry(fingerprint, at)
        if entry is None:
            raise Rejected("NOT_FOUND", "no record with this fingerprint is kept here")
        if entry.erased:
            raise Rejected("REDACTED", "the record was redacted: its bytes are gone")
        cover = await self._cover(Position(entry.log, entry.index))
        issuer, checkpoint = parse(entry.raw).header.iss, cover.checkpoint
        anchor = replace(cover.anchor, proof=None) if bare and cover.anchor else cover.anchor
        (own,) = await self.under(checkpoint, [entry.index], anchor)
        key = (checkpoint.log, checkpoint.size, issuer)
        if key not in vouching:
            vouching[key] = await self._vouching(checkpoint, issuer)
        return Evidence(entry.raw, own, vouching[key])

    async def _entry(self, fingerprint: Fingerprint, at: Position | None) -> Entry | None:
        if at is None:
            return await self._store.entry(fingerprint)
        if (await self._store.find([fingerprint], within=at.log)).get(fingerprint) != at:
            return None
        (entry,) = await self._store.read(at.log, at.index, at.index + 1)
        if not entry.erased and digest(entry.raw) != fingerprint:
            raise Broken("CORRUPT", f"record {fingerprint.hex()} is damaged")
        return entry

    async def _vouching(self, checkpoint: Checkpoint, issuer: str) -> tuple[tuple[bytes, bytes], ...]:
        entries = await self._store.controls(checkpoint.log)
        kept = [(e.index, parse(e.raw)) for e in entries if e.index < checkpoint.size and not e.erased]
        needed = list(about(issuer, kept))
        # One anchor proves them all: those of the control records are not written, and not read.
        receipts = await self.under(checkpoint, [index for index, _ in needed])
        return tuple((record.raw, made) for (_, record), made in zip(needed, receipts, strict=True))

    async def _covers(self, places: Mapping[Fingerprint, Position]) -> list[tuple[_Cover, list[Fingerprint]]]:
        groups: list[tuple[_Cover, list[Fingerprint]]] = []
        for fingerprint, place in sorted(places.items(), key=lambda item: (item[1].log, item[1].index)):
            if not groups or not groups[-1][0].holds(place):
                groups.append((await self._cover(place), []))
            groups[-1][1].append(fingerprint)
        return groups

    async def _cover(self, place: Position) -> _Cover:
        task = await self._store.first_anchor(place.log, place.index)
        if task is not None and task.state is AnchorState.FINAL and task.anchor is not None:
            anchored = await self._store.checkpoint(place.log, task.size)
            if anchored is not None:
                return _Cover(task.prev_size, task.size, anchored, task.anchor)
        checkpoint = await self._store.checkpoint_covering(place.log, place.index)
        if checkpoint is None:
            raise Broken("CORRUPT", "no checkpoint covers an entry of a log")
        # What stands before it tells nothing of those behind it where it is of a base: their anchors may be
        # here.
        spans = await self._store.spans(place.log)
        kept = any(start <= place.index < stop for start, stop in spans)
        return _Cover(place.index, checkpoint.size if kept else place.index + 1, checkpoint, None)


def about(issuer: str, controls: Sequence[tuple[int, Record]]) -> Iterator[tuple[int, Record]]:
    """The log's header, and what decides who signs for the issuer.

    A verifier replays the chosen records alone. So each is chosen by whether it takes effect after those
    chosen before it: what another party says of its own keys or of the issuer's does not.
    """
    try:
        roster = Roster.from_header(controls[0][1])
    except (LookupError, Rejected) as lost:
        raise Broken("CORRUPT", "a log's first entry is not its header") from lost
    for index, record in controls:
        if (
            record.header.kind != Kind.SNAPSHOT
            and not _enrols_another(issuer, record)
            and _takes_effect(roster, index, record)
        ):
            yield index, record


def _enrols_another(issuer: str, record: Record) -> bool:
    if record.header.kind != Kind.ENROL:
        return False
    says = decode_control(record.header.kind, record.payload)
    return isinstance(says, Enrol) and says.party != issuer


def _takes_effect(roster: Roster, index: int, record: Record) -> bool:
    try:
        # In the logs of others there are some with false signatures, which no verifier lets pass.
        take_effect(roster, index, record)
    except Rejected:
        return False
    return True
