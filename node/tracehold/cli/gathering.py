"""Everything that a node and those behind it tell about a lot: what it was made from, what it went into, and
the
records about all of that.

It asks as anybody would: trace, history, contents, records, master data. Whoever may not read a record gets a
gap.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from tracehold.cli import shown
from tracehold.core.epcis import Mode, parse_event, parse_masterdata
from tracehold.core.epcis.model import Event
from tracehold.core.errors import Rejected, TraceholdError
from tracehold.core.fsma204 import Amount, Told
from tracehold.core.fsma204.described import Known, Said
from tracehold.core.fsma204.statements import inputs, named, subjects
from tracehold.core.gs1.levels import Level, class_of, level
from tracehold.core.record import Record, fingerprint, parse

if TYPE_CHECKING:
    from tracehold.v1.trace_pb2 import Gap, TracedEvent
    from tracehold_client import AsyncClient

AT_ONCE = 8
"""Questions that are open at once."""
_WITHHELD = frozenset({"FORBIDDEN", "UNAUTHENTICATED", "NOT_FOUND", "REDACTED", "PROOF_INVALID"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Key = TypeVar("Key")
Value = TypeVar("Value")
GapLine = tuple[str, str, str]
"""Item, reason, and in words."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was told of a lot, canonical, and its kin; master data; where it is not whole."""

    lot: str
    told: tuple[Told, ...]
    known: Known
    gaps: tuple[GapLine, ...]


@dataclass(slots=True)
class _Heard:
    """One event in histories: how it was answered, the followed items that it concerns, and through what."""

    event: "TracedEvent"
    items: set[str] = field(default_factory=set)
    through: set[str] = field(default_factory=set)


async def gather(
    client: "AsyncClient", lot: str, end: datetime | None, known_at: datetime | None, max_items: int
) -> Gathered:
    """All that was told about the lot, and about what it was made from and went into, up to `end` (None: all
    there is). Raises
    what
    the client raises, but for single records that may not be read: these are gaps."""
    gaps: dict[GapLine, None] = {}
    up = await client.trace(lot, "upstream", at=end, known_at=known_at, max_items=max_items)
    down = await client.trace(lot, "downstream", at=end, known_at=known_at, max_items=max_items)
    items = list(dict.fromkeys([up.item, *(each.item for each in (*up.items, *down.items))]))
    histories = await _each(items, lambda item: client.history(item, at=end, known_at=known_at))
    heard: dict[str, _Heard] = {}
    for item, history in histories.items():
        for event in history.events:
            one = heard.setdefault(event.fingerprint, _Heard(event))
            one.items.add(item)
            one.through |= {event.via} - {"", item}
    for trace in (up, down):
        _note(gaps, up.item, trace.gaps, trace.truncated)
    for item, history in histories.items():
        _note(gaps, item, history.gaps, history.truncated)
    events = await _records(client, heard, gaps)
    held = await _held(client, heard, events, known_at)
    told = tuple(
        Told(
            events[name],
            name,
            one.event.speaker.party,
            one.event.verified,
            shown.name_of(one.event, "state"),
            frozenset(one.items),
            held.get(name, ()),
        )
        for name, one in heard.items()
        if name in events
    )
    known = await _masterdata(client, told, gaps)
    return Gathered(up.item, told, known, tuple(sorted(gaps)))


def _note(gaps: dict[GapLine, None], lot: str, found: "Iterable[Gap]", truncated: bool) -> None:
    for gap in found:
        gaps[gap.item, shown.name_of(gap, "reason"), gap.detail] = None
    if truncated:
        gaps[lot, "TRUNCATED", "a limit cut the answer; there may be more"] = None


async def _each(keys: Iterable[Key], ask: Callable[[Key], Awaitable[Value]]) -> dict[Key, Value]:
    """The answers for all keys, a few asked at once, in the order of the keys."""
    turn = asyncio.Semaphore(AT_ONCE)
    found: dict[Key, Value] = {}

    async def one(key: Key) -> None:
        async with turn:
            found[key] = await ask(key)

    every = list(keys)
    try:
        async with asyncio.TaskGroup() as group:
            for key in every:
                group.create_task(one(key))
    except* TraceholdError as failures:
        failure: BaseException = failures
        while isinstance(failure, BaseExceptionGroup):
            failure = failure.exceptions[0]
        raise failure from None
    return {key: found[key] for key in every}


async def _records(
    client: "AsyncClient", heard: dict[str, _Heard], gaps: dict[GapLine, None]
) -> dict[str, Event]:
    """The events by fingerprint, read from the signed bytes, which must be those of their fingerprint."""

    async def one(name: str) -> Event | None:
        try:
            record = await _record(client, name)
            return parse_event(record.payload, Mode.TOLERANT)
        except Rejected as refusal:
            if refusal.code not in _WITHHELD:
                raise
            for item in sorted(heard[name].items):
                gaps[item, refusal.code, f"the record {name} cannot be had"] = None
            return None

    found = await _each(heard, one)
    return {name: event for name, event in found.items() if event is not None}


async def _record(client: "AsyncClient", name: str) -> Record:
    raw = (await client.record(name)).statement
    if fingerprint(raw).hex() != name:
        raise Rejected("PROOF_INVALID", f"the node gave other bytes for the record {name}")
    return parse(raw)


async def _held(
    client: "AsyncClient", heard: dict[str, _Heard], events: dict[str, Event], known_at: datetime | None
) -> dict[str, tuple[Amount, ...]]:
    """What was inside of the containers that events name, at that moment."""

    async def one(name: str) -> tuple[Amount, ...]:
        at = _EPOCH + timedelta(microseconds=events[name].instant)
        answers = [
            await client.contents(container, at=at, known_at=known_at)
            for container in sorted(heard[name].through)
        ]
        return tuple(
            Amount(child.item, child.quantity if child.HasField("quantity") else 1.0, child.uom or "piece")
            for answer in answers
            for child in answer.children
        )

    return await _each([name for name in events if _names_only_container(heard[name], events[name])], one)


def _names_only_container(heard: _Heard, event: Event) -> bool:
    own = {*named(subjects(event)), *named(inputs(event))}
    return bool(heard.through) and not (heard.items & own)


async def _masterdata(
    client: "AsyncClient", told: Iterable[Told], gaps: dict[GapLine, None]
) -> dict[str, list[Said]]:
    """What is said about the goods, places and parties of the events, oldest first."""
    names: dict[str, None] = {}
    for each in told:
        names |= dict.fromkeys(_spoken_of(each))

    async def one(id: str) -> list[Said]:
        answer = await client.masterdata(id)
        _note(gaps, id, answer.gaps, truncated=False)
        said: list[Said] = []
        for version in answer.versions:
            record = await _record(client, version.fingerprint)
            said.append(Said(parse_masterdata(record.payload), version.fingerprint))
        return said

    return await _each(names, one)


def _spoken_of(told: Told) -> list[str]:
    event = told.event
    places = [each.canonical for each in (event.read_point, event.biz_location) if each]
    ends = [each.id.canonical for each in (*event.sources, *event.destinations)]
    goods = [*named(subjects(event)), *named(inputs(event)), *told.items]
    classes = [of for item in goods if (of := class_of(item))]
    lots = [item for item in goods if level(item) in {Level.LOT, Level.OPAQUE}]
    return [told.issuer, *places, *ends, *classes, *lots]
