"""Findings for a reader: of records that they may read, beside records that they may read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tracehold.core.access import Reader
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint
from tracehold.core.quality import MOST_SHOWN, Finding, in_payload, may_differ
from tracehold.core.record import Record, parse
from tracehold.journey.admission import readable
from tracehold.journey.parsed import Events, tolerant
from tracehold.journey.ports import RecordLog
from tracehold.journey.ports.quality import FindingStore

SLICE = 100
"""Records whose bytes are read at once."""

LOOKED_AT = 2 * MOST_SHOWN
"""Findings of one event that are read, since some may be hidden."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is found of one record, the first `MOST_SHOWN`; `more`: there are others."""

    findings: Sequence[Finding] = ()
    more: bool = False


class Findings:
    """Reads findings. A finding that names a record which the reader may not read would tell of its content,
    so it is left out."""

    def __init__(self, log: RecordLog, store: FindingStore) -> None:
        self._log = log
        self._store = store

    async def of(self, reader: Reader, records: Collection[Fingerprint]) -> Mapping[Fingerprint, Found]:
        """What is found of these records; those of which nothing is, are left out. Raises what the stores
        raise.
        """
        found = await self._store.of(records, LOOKED_AT + 1)
        names = {name for each in found.values() for f in each for name in (f.event, f.other) if name}
        open_to = await self._readable(reader, sorted(names), found)
        shown: dict[Fingerprint, Found] = {}
        for record in found:
            findings = open_to.get(record, ())
            seen = [f for f in findings if f.other is None or f.other in open_to]
            if seen:
                more = len(seen) > MOST_SHOWN or len(findings) > LOOKED_AT
                shown[record] = Found(seen[:MOST_SHOWN], more)
        return shown

    async def newest(self) -> int:
        """The position of the newest change."""
        return await self._store.newest()

    async def changes(self, after: int, most: int) -> Sequence[tuple[int, Fingerprint]]:
        """Records whose findings changed behind a position (`ports.FindingStore.changes`)."""
        return await self._store.changes(after, most)

    async def _readable(
        self, reader: Reader, names: Sequence[Fingerprint], found: Mapping[Fingerprint, Sequence[Finding]]
    ) -> dict[Fingerprint, Sequence[Finding]]:
        """Those that the reader may read, each with what is found of it, at its places in the payload."""
        allowed: dict[Fingerprint, Sequence[Finding]] = {}
        for start in range(0, len(names), SLICE):
            entries = await self._log.entries(names[start : start + SLICE])
            for name, entry in entries.items():
                record = None if entry.erased else _read(reader, entry.raw)
                if record:
                    allowed[name] = placed(found.get(name, ()), record)
        return allowed


def _read(reader: Reader, raw: bytes) -> Record | None:
    """The record, where the reader may read it."""
    try:
        record = parse(raw)
    except Rejected:
        return None
    return record if readable(reader, record) else None


def placed(findings: Sequence[Finding], record: Record, events: Events = tolerant) -> Sequence[Finding]:
    """The findings of an event at the places of its payload."""
    if not any(map(may_differ, findings)):
        return findings
    return in_payload(findings, events(record.payload), record.payload)
