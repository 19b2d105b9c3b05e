"""The graph in memory: for tests, and plain enough to read as the definition of the port."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import NamedTuple

from tracehold.core.errors import Unavailable
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.lineage import Fact, emptied, found_under, is_read
from tracehold.core.spans import Spans, covers, joined, without
from tracehold.journey.ports import Indexed, Known, MasterDataVersion


class _Place(NamedTuple):
    log: LogId
    at: int
    sealed_ms: int | None


@dataclass(slots=True)
class MemoryGraph:
    """The `Graph` port over dicts. With `down` set every call raises GRAPH_DOWN and changes nothing."""

    down: bool = False
    _coverage: dict[LogId, Spans] = field(default_factory=dict)
    _facts: dict[Fingerprint, Fact] = field(default_factory=dict)
    _places: dict[Fingerprint, list[_Place]] = field(default_factory=dict)
    _versions: dict[str, list[tuple[_Place, MasterDataVersion]]] = field(default_factory=dict)
    _known: dict[LogId, list[Known]] = field(default_factory=dict)

    async def add(self, step: Indexed) -> None:
        """See `ports.Graph.add`."""
        self._up()
        indexed = self._coverage.get(step.log, ())
        for at, fact in step.facts:
            if not covers(indexed, at):
                self._facts.setdefault(fact.fingerprint, fact)
                self._places.setdefault(fact.fingerprint, []).append(_Place(step.log, at, fact.known_ms))
        for at, version in step.masterdata:
            if not covers(indexed, at):
                place = _Place(step.log, at, version.known_ms)
                self._versions.setdefault(version.id, []).append((place, version))
        self._coverage[step.log] = joined([*indexed, (step.start, step.stop)])

    async def set_known(self, log: LogId, ranges: Sequence[Known]) -> None:
        """See `ports.Graph.set_known`."""
        self._up()
        self._known.setdefault(log, []).extend(ranges)

    async def facts(self, items: Collection[str], transformations: Collection[str] = ()) -> Sequence[Fact]:
        """See `ports.Graph.facts`."""
        self._up()
        asked, processes = set(items), set(transformations)
        return [
            replace(fact, known_ms=self._since(fact.fingerprint))
            for fact in self._facts.values()
            if fact.transformation_id in processes or not asked.isdisjoint(found_under(fact))
        ]

    async def readings(self, asked: Mapping[str, Spans]) -> Sequence[Fact]:
        """See `ports.Graph.readings`."""
        self._up()
        return [
            replace(fact, known_ms=self._since(fact.fingerprint))
            for fact in self._facts.values()
            if is_read(fact, asked)
        ]

    async def by_event_id(self, event_ids: Collection[str]) -> Sequence[Fact]:
        """See `ports.Graph.by_event_id`."""
        self._up()
        asked = set(event_ids)
        return [
            replace(fact, known_ms=self._since(fact.fingerprint))
            for fact in self._facts.values()
            if fact.event_id in asked
        ]

    async def masterdata(self, id: str) -> Sequence[MasterDataVersion]:
        """See `ports.Graph.masterdata`."""
        self._up()
        by_log: dict[LogId, list[tuple[_Place, MasterDataVersion]]] = {}
        for place, version in self._versions.get(id, []):
            by_log.setdefault(place.log, []).append((place, version))
        dated = [row for log, rows in by_log.items() for row in self._dated(log, rows)]
        seen: dict[Fingerprint, MasterDataVersion] = {}
        for _, _, version in sorted(dated, key=lambda row: row[:2]):
            seen.setdefault(version.fingerprint, version)
        return list(seen.values())

    async def is_described(self, id: str) -> bool:
        """See `ports.Graph.is_described`."""
        self._up()
        return any(version.issuer for _, version in self._versions.get(id, []))

    async def erase(self, fingerprint: Fingerprint) -> None:
        """See `ports.Graph.erase`."""
        self._up()
        if fingerprint in self._facts:
            self._facts[fingerprint] = emptied(self._facts[fingerprint])
        for id, rows in self._versions.items():
            self._versions[id] = [
                (
                    place,
                    replace(said, issuer="", type="", payload=b"")
                    if said.fingerprint == fingerprint
                    else said,
                )
                for place, said in rows
            ]

    async def reopen(self, log: LogId, index: int) -> None:
        """See `ports.Graph.reopen`."""
        self._up()
        if log in self._coverage:
            self._coverage[log] = without(self._coverage[log], [(index, index + 1)])

    async def coverage(self) -> Mapping[LogId, Spans]:
        """See `ports.Graph.coverage`."""
        self._up()
        return dict(self._coverage)

    async def clear(self) -> None:
        """See `ports.Graph.clear`."""
        self._up()
        for kept in (self._coverage, self._facts, self._places, self._versions, self._known):
            kept.clear()

    def _up(self) -> None:
        if self.down:
            raise Unavailable("GRAPH_DOWN", "the graph in memory was told to be down")

    def _since(self, fingerprint: Fingerprint) -> int | None:
        times = [self._time(place) for place in self._places[fingerprint]]
        return min((time for time in times if time is not None), default=None)

    def _time(self, place: _Place) -> int | None:
        laid = [r.known_ms for r in self._known.get(place.log, []) if r.start <= place.at < r.stop]
        return laid[-1] if laid else place.sealed_ms

    def _dated(
        self, log: LogId, rows: list[tuple[_Place, MasterDataVersion]]
    ) -> Iterator[tuple[int, LogId, MasterDataVersion]]:
        """Versions of one log by position, each with the latest time known so far, which never falls."""
        ordered = sorted(rows, key=lambda row: row[0].at)
        versions = [replace(version, known_ms=self._time(place)) for place, version in ordered]
        times = accumulate((version.known_ms or 0 for version in versions), max)
        return ((time, log, version) for time, version in zip(times, versions, strict=True))
