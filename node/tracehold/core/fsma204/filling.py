"""Cells of a row that follow from what kind of critical tracking event it is."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from tracehold.core.epcis.model import Event, SourceDest
from tracehold.core.fsma204.described import Known, Words, name, place, product
from tracehold.core.fsma204.links import Ties
from tracehold.core.fsma204.statements import Told, text_of, total
from tracehold.core.fsma204.tracking import Tracking
from tracehold.core.gs1.levels import Level, level
from tracehold.core.speaker import Speaker

_CATCH = ("catchzone", "catcharea")
_START, _END = ("harvestdatestart", "harveststartdate", "harvestdate"), ("harvestdateend", "harvestenddate")


@dataclass(slots=True)
class Writing:
    """A row of an event in the making: cells, what they lack, and the other records they rest on."""

    known: Known
    told: Told
    cells: dict[str, str] = field(default_factory=dict)
    lacks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rests_on: set[str] = field(default_factory=set)

    def put(self, column: str, words: Words | str, *others: Told) -> None:
        """Fill a cell that is empty still; `others`: the events that say so, where it is not the row's."""
        if isinstance(words, str):
            words = Words(words)
        if not words.text or self.cells.get(column):
            return
        self.cells[column] = words.text
        self.lacks[column] = words.lacks
        self.rests_on.update(filter(None, (words.fingerprint, *(each.fingerprint for each in others))))

    def place(self, column: str, id: str | None, *others: Told) -> None:
        """Describe a place."""
        if id:
            self.put(column, place(self.known, id, self.heeded(*others)), *others)

    def heeded(self, *others: Told) -> tuple[Speaker, ...]:
        """Whose words are taken: those of the row's speaker, then of those whose events tell of it."""
        return tuple(each.speaker for each in (self.told, *others))


def code(item: str) -> str:
    """The traceability lot code of a GS1 lot as people read it, `(01)...(10)...`; other names as they are.
    Empty where the name is of no lot."""
    fine = level(item)
    if fine is Level.OPAQUE:
        return item
    if fine is not Level.LOT:
        return ""
    ai, value, qualifier, lot = item.removeprefix("https://id.gs1.org/").split("/")
    return f"({ai}){value}({qualifier}){lot}"


def here(event: Event) -> str | None:
    """Where it took place: the read point, else the place where things were from then on."""
    at = event.read_point or event.biz_location
    return at.canonical if at else None


def local_time(event: Event) -> str:
    """The time of the event on the clock of its place (RFC 3339), to the second."""
    sign = -1 if event.time_zone_offset.startswith("-") else 1
    hours, _, minutes = event.time_zone_offset.lstrip("+-Zz").partition(":")
    offset = sign * timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    moment = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=event.instant) + offset
    return f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}{event.time_zone_offset}"


def _end(ends: Sequence[SourceDest]) -> str | None:
    """The place of one end of a transfer, else its keeper, else its owner."""
    for kind in ("location", "possessing_party", "owning_party"):
        for each in ends:
            if each.type == kind:
                return each.id.canonical
    return None


def code_source(writing: Writing, lot: str, ties: Ties) -> None:
    """Where the lot got its code: at initial packing, landing or transformation (21 CFR 1.1310)."""
    for birth in ties.coded.get(lot, ())[:1]:
        writing.place("traceability_lot_code_source", here(birth.event), birth)


def _harvesting(writing: Writing, told: Told, lot: str, ties: Ties) -> None:
    event = told.event
    writing.put("harvest_date", text_of(event.ilmd, *_START) or local_time(event)[:10])
    writing.place("harvest_location_description", here(event))
    _field(writing, told)
    _harvester(writing, told)
    _next(writing, told, lot, ties)


def _field(writing: Writing, told: Told) -> None:
    at = told.event.biz_location
    if at is not None:
        writing.put("growing_area", name(writing.known, at.canonical, writing.heeded(told)), told)


def _harvester(writing: Writing, told: Told) -> None:
    party = _end([each for each in told.event.sources if each.type != "location"]) or told.issuer
    words = place(writing.known, party, writing.heeded(told))
    writing.put("harvester", replace(words, lacks=()), told)


def _next(writing: Writing, told: Told, lot: str, ties: Ties) -> None:
    writing.place("ship_to_location_description", _end(told.event.destinations))
    for move in ties.moves.get(lot, ()):
        if move.event.instant >= told.event.instant:
            writing.place("ship_to_location_description", _end(move.event.destinations), move)


def _cooling(writing: Writing, told: Told, lot: str, ties: Ties) -> None:
    writing.place("cooling_location_description", here(told.event))
    writing.put("cooling_date", local_time(told.event)[:10])
    _from_farm(writing, [lot], ties)
    _next(writing, told, lot, ties)


def _from_farm(writing: Writing, lots: Sequence[str], ties: Ties) -> None:
    """What the harvesting and cooling of these lots told."""
    for lot in lots:
        for harvest in ties.harvests.get(lot, ()):
            date = text_of(harvest.event.ilmd, *_START) or local_time(harvest.event)[:10]
            writing.put("harvest_date", date, harvest)
            writing.place("harvest_location_description", here(harvest.event), harvest)
            _field(writing, harvest)
            _harvester(writing, harvest)
        for cooling in ties.coolings.get(lot, ()):
            writing.put("cooling_date", local_time(cooling.event)[:10], cooling)
            writing.place("cooling_location_description", here(cooling.event), cooling)


def _packing(writing: Writing, told: Told, lot: str, ties: Ties) -> None:
    taken = _used(writing, told, ties)
    writing.put("harvest_date", text_of(told.event.ilmd, *_START))
    _from_farm(writing, taken or [lot], ties)
    for item in taken:
        for arrival in ties.arrivals.get(item, ()):
            if arrival.event.instant <= told.event.instant:
                writing.put("received_date", local_time(arrival.event)[:10], arrival)


def _landing(writing: Writing, told: Told, lot: str, ties: Ties) -> None:
    ilmd = told.event.ilmd
    dates = dict.fromkeys(filter(None, (text_of(ilmd, *_START), text_of(ilmd, *_END))))
    writing.put("harvest_date", " to ".join(dates))
    writing.put("harvest_location_description", text_of(ilmd, *_CATCH))


def _shipping(writing: Writing, told: Told, lot: str, ties: Ties) -> None:
    event = told.event
    sent = [each for each in event.sources if each.type == "location"]
    writing.place("ship_from_location_description", _end(sent) or here(event) or _end(event.sources))
    writing.place("ship_to_location_description", _end(event.destinations))


def _receiving(writing: Writing, told: Told, lot: str, ties: Ties) -> None:
    event = told.event
    writing.place("ship_from_location_description", _end(event.sources))
    came = [each for each in event.destinations if each.type == "location"]
    writing.place("ship_to_location_description", here(event) or _end(came) or _end(event.destinations))


def _making(writing: Writing, told: Told, lot: str, ties: Ties) -> None:
    _used(writing, told, ties)


def _used(writing: Writing, told: Told, ties: Ties) -> list[str]:
    """Write down the lots that a transformation took; those of other events of the same process too."""
    used = ties.used(told)
    lots = sorted({part.item for _, part in used})
    others = list({each.fingerprint: each for each, _ in used}.values())
    words = [product(writing.known, lot, writing.heeded(*others)) for lot in lots]
    sums = [" ".join(total(part for _, part in used if part.item == lot)) for lot in lots]
    codes = [code(lot) for lot in lots]
    if lots and all(codes):
        writing.put("input_traceability_lot_codes", "; ".join(codes), *others)
    if lots and all(each.text for each in words):
        writing.put("input_product_descriptions", "; ".join(each.text for each in words))
        writing.rests_on.update(each.fingerprint for each in words)
    if lots and all(each.strip() for each in sums):
        writing.put("input_quantities", "; ".join(sums), *others)
    return lots


FILL = {
    Tracking.HARVESTING: _harvesting,
    Tracking.COOLING: _cooling,
    Tracking.INITIAL_PACKING: _packing,
    Tracking.LANDING: _landing,
    Tracking.SHIPPING: _shipping,
    Tracking.RECEIVING: _receiving,
    Tracking.TRANSFORMATION: _making,
}
"""What fills the cells that are the event's own, by its kind."""
