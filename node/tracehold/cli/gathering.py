"""Everything that a node and those behind it tell about a lot: what it was made from, what it went into, and
the records about all of that.

It asks as anybody would: trace, history, contents, records, master data. Whoever may not read a record gets a
gap.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from tracehold.cli import shown
from tracehold.cli.asking import GapLine, Gaps, each_of, note_gaps
from tracehold.cli.packed import packed
from tracehold.core.epcis import Mode, parse_event, parse_masterdata
from tracehold.core.epcis.model import Event
from tracehold.core.errors import Rejected
from tracehold.core.fsma204 import Told
from tracehold.core.fsma204.described import Known, Said
from tracehold.core.fsma204.statements import inputs, named, subjects
from tracehold.core.gs1.levels import Level, class_of, level
from tracehold.core.record import fingerprint, parse
from tracehold.core.said import known_by
from tracehold.core.speaker import Level as Speaking
from tracehold.core.speaker import Speaker

if TYPE_CHECKING:
    from tracehold.v1 import record_pb2
    from tracehold.v1.trace_pb2 import GetHistoryResponse, MasterdataVersion, TracedEvent
    from tracehold_client import AsyncClient

_WITHHELD = frozenset({"FORBIDDEN", "UNAUTHENTICATED", "NOT_FOUND", "REDACTED", "PROOF_INVALID"})
_NO_NAMES = frozenset({"BAD_URI", "BAD_IDENTIFIER", "BAD_CHECK_DIGIT"})
"""What events call a place need not be a name that can be asked for."""

Content = TypeVar("Content")


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was told of a lot, canonical, and its kin; master data; where it is not whole."""

    lot: str
    told: tuple[Told, ...]
    known: Known
    gaps: tuple[GapLine, ...]


@dataclass(slots=True)
class _Heard:
    """One event in histories: how it was answered, the followed items that it concerns, what is noted about
    it, and whether it concerns any of the items through what held it.
    """

    event: "TracedEvent"
    items: set[str] = field(default_factory=set)
    flags: set[str] = field(default_factory=set)
    packed: bool = False


async def gather(
    client: "AsyncClient", lot: str, end: datetime | None, known_at: datetime | None, max_items: int
) -> Gathered:
    """All that was told about the lot, and about what it was made from and went into, up to `end` (None: all
    there is). Raises what the client raises, but for single records that may not be read: these are gaps.
    """
    gaps: Gaps = {}
    up = await client.trace(lot, "upstream", at=end, known_at=known_at, max_items=max_items)
    down = await client.trace(lot, "downstream", at=end, known_at=known_at, max_items=max_items)
    for trace in (up, down):
        note_gaps(gaps, up.item, trace.gaps, trace.truncated)
    items = list(dict.fromkeys([up.item, *(each.item for each in (*up.items, *down.items))]))
    histories = await each_of(items, lambda item: client.history(item, at=end, known_at=known_at))
    for item, history in histories.items():
        note_gaps(gaps, item, history.gaps, history.truncated)
    heard = _heard(histories)
    events = await _events(client, heard, gaps)
    through = {name: event for name, event in events.items() if heard[name].packed}
    held = await packed(client, through, events, known_at, gaps)
    told = tuple(
        Told(
            event,
            name,
            speaker(heard[name].event.speaker),
            heard[name].event.verified,
            shown.name_of(heard[name].event, "state"),
            frozenset(heard[name].items),
            held.get(name, ()),
            frozenset(heard[name].flags),
        )
        for name, event in events.items()
    )
    known = await _masterdata(client, told, known_at, gaps)
    return Gathered(up.item, told, known, tuple(sorted(gaps)))


def speaker(message: "record_pb2.Speaker") -> Speaker:
    """Who speaks, off the wire; who does so in an unknown way does so on the operator's word alone."""
    said = shown.name_of(message, "level")
    how = Speaking(said) if said in Speaking.__members__ else Speaking.DELEGATED_ASSERTED
    return Speaker(message.party, message.operator, how, message.suspect)


def _heard(histories: "Mapping[str, GetHistoryResponse]") -> dict[str, _Heard]:
    found: dict[str, _Heard] = {}
    for item, history in histories.items():
        for event in history.events:
            one = found.setdefault(event.fingerprint, _Heard(event))
            one.items.add(item)
            one.flags.update(event.flags)
            one.packed |= event.via not in ("", item)
    return found


async def _events(client: "AsyncClient", heard: Mapping[str, _Heard], gaps: Gaps) -> dict[str, Event]:
    """The events by fingerprint, as far as they can be had."""

    def read(payload: bytes) -> Event:
        return parse_event(payload, Mode.TOLERANT)

    async def one(name: str) -> Event | None:
        return await _payload(client, name, heard[name].items, gaps, read)

    found = await each_of(heard, one)
    return {name: event for name, event in found.items() if event is not None}


async def _payload(
    client: "AsyncClient", name: str, about: Iterable[str], gaps: Gaps, read: Callable[[bytes], Content]
) -> Content | None:
    """What a record says, read from the signed bytes, which must be those of its fingerprint. None where it
    cannot be had, which is a gap at what it is about.
    """
    try:
        raw = (await client.record(name)).statement
        if fingerprint(raw).hex() != name:
            raise Rejected("PROOF_INVALID", f"the node gave other bytes for the record {name}")
        return read(parse(raw).payload)
    except Rejected as refusal:
        if refusal.code not in _WITHHELD:
            raise
        for item in sorted(about):
            gaps[item, refusal.code, f"the record {name} cannot be had"] = None
        return None


async def _masterdata(
    client: "AsyncClient", told: Iterable[Told], known_at: datetime | None, gaps: Gaps
) -> dict[str, list[Said]]:
    """What was said by `known_at` about the goods, places and parties of the events, oldest first."""

    async def one(id: str) -> list[Said]:
        try:
            answer = await client.masterdata(id, known_at=known_at)
        except Rejected as refusal:
            if refusal.code in _NO_NAMES:
                return []
            raise
        note_gaps(gaps, id, answer.gaps, truncated=False)
        found: list[Said] = []
        for version in (each for each in answer.versions if _was_known(each, known_at)):
            data = await _payload(client, version.fingerprint, [id], gaps, parse_masterdata)
            if data is not None:
                found.append(Said(data, version.fingerprint, speaker(version.speaker)))
        return found

    return await each_of(dict.fromkeys(id for each in told for id in _spoken_of(each)), one)


def _was_known(version: "MasterdataVersion", known_at: datetime | None) -> bool:
    known_ms = version.known_at.ToMilliseconds() if version.HasField("known_at") else None
    return known_by(known_ms, None if known_at is None else _millis(known_at))


def _millis(when: datetime) -> int:
    return (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _spoken_of(told: Told) -> list[str]:
    event = told.event
    places = [each.canonical for each in (event.read_point, event.biz_location) if each]
    ends = [each.id.canonical for each in (*event.sources, *event.destinations)]
    goods = [*named(subjects(event)), *named(inputs(event)), *told.items]
    classes = [of for item in goods if (of := class_of(item))]
    lots = [item for item in goods if level(item) in {Level.LOT, Level.OPAQUE}]
    return [told.issuer, *places, *ends, *classes, *lots]
