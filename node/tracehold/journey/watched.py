"""Whose states are watched: all entries of a log, some records by name, or those of one party."""

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.record import parse
from tracehold.journey.ports import Entry, RecordLog

MAX_NAMED = 1_000
"""Records that one piece of news names."""
MAX_REMEMBERED = 20_000
"""Entries whose issuer is remembered: a record's three states follow each other closely, and all watchers
share it.
"""

_READ_BYTES = 256 << 10


class Named(Protocol):
    """Picks records out of a range."""

    most: int
    """Entries that a range to pick from may have."""

    async def within(self, first: int, stop: int) -> Sequence[Fingerprint] | None:
        """The records of the range [first, stop) that are watched, in order; None where all are, unnamed."""
        ...


class Everything:
    """All entries, unnamed."""

    most = 1 << 63

    async def within(self, first: int, stop: int) -> None:
        """None: all of the range."""


class TheseRecords:
    """Records by fingerprint, at most `MAX_NAMED`; those that are not kept yet are looked for again."""

    most = 1 << 63

    def __init__(self, store: RecordLog, log: LogId, fingerprints: Collection[Fingerprint]) -> None:
        self._store = store
        self._log = log
        self._missing = set(fingerprints)
        self._found: dict[Fingerprint, int] = {}

    async def within(self, first: int, stop: int) -> Sequence[Fingerprint]:
        """Those of the records that stand in the range."""
        if self._missing:
            places = await self._store.find(self._missing)
            self._found |= {key: place.index for key, place in places.items() if place.log == self._log}
            self._missing -= self._found.keys()
        return sorted(
            (key for key, index in self._found.items() if first <= index < stop), key=self._found.__getitem__
        )


class Issuers:
    """Who speaks in the entries of one log. Remembers the last that were read."""

    def __init__(self, store: RecordLog, log: LogId) -> None:
        self._store = store
        self._log = log
        self._known: dict[int, tuple[Fingerprint, str]] = {}

    async def within(self, first: int, stop: int) -> list[tuple[Fingerprint, str]]:
        """Fingerprint and party of the entries [first, stop), in order."""
        found: list[tuple[Fingerprint, str]] = []
        while (at := first + len(found)) < stop:
            if at in self._known:
                found.append(self._known[at])
                continue
            entries = await self._store.read(self._log, at, stop, _READ_BYTES)
            if not entries:
                break
            read = [(entry.fingerprint, _issuer(entry)) for entry in entries]
            self._remember(zip(range(at, stop), read, strict=False))
            found += read
        return found

    def _remember(self, read: "Iterator[tuple[int, tuple[Fingerprint, str]]]") -> None:
        self._known.update(read)
        for oldest in list(self._known)[: max(0, len(self._known) - MAX_REMEMBERED)]:
            del self._known[oldest]


class OfParty:
    """The records that speak for one party."""

    most = MAX_NAMED

    def __init__(self, issuers: Issuers, party: str) -> None:
        self._issuers = issuers
        self._party = party

    async def within(self, first: int, stop: int) -> Sequence[Fingerprint]:
        """The party's records in the range."""
        return [key for key, party in await self._issuers.within(first, stop) if party == self._party]


def _issuer(entry: Entry) -> str:
    """The party of an entry; empty for what cannot be read, which speaks for nobody."""
    try:
        return parse(entry.raw).header.iss
    except Rejected:
        return ""
