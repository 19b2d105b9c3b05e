"""What was told about followed things: events with the records that they stand in, and amounts of lots."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tracehold.core.epcis.attributes import number, word
from tracehold.core.epcis.model import (
    AggregationEvent,
    AssociationEvent,
    Event,
    Objects,
    TransformationEvent,
)
from tracehold.core.gs1.levels import Level, class_of, level, with_lot
from tracehold.core.speaker import Speaker

PIECE = "piece"
"""Unit of what is counted: EPCIS gives pieces no unit (EPCIS 2.0 section 7.3.3.3)."""


@dataclass(frozen=True, slots=True)
class Amount:
    """Some of a thing, canonical. `quantity` None: not said."""

    item: str
    quantity: float | None
    unit: str


@dataclass(frozen=True, slots=True)
class Told:
    """One event, and the record that it was read from.

    `items`: the followed things that it concerns, canonical, named in it or inside of what it names. `held`:
    what was inside of the containers that it names, then. `flags`: what the answer notes about it.
    """

    event: Event
    fingerprint: str
    speaker: Speaker
    verified: bool
    state: str
    items: frozenset[str]
    held: tuple[Amount, ...] = ()
    flags: frozenset[str] = frozenset()

    @property
    def issuer(self) -> str:
        """The party that says so."""
        return self.speaker.party


@dataclass(frozen=True, slots=True)
class Lots:
    """Which lot a thing belongs to: pieces are put under the lot of their ILMD, else under their class."""

    of_piece: Mapping[str, str] = field(default_factory=dict)

    def lot(self, item: str) -> str:
        """The lot, class or other name under which an item is written down."""
        if level(item) is not Level.SERIAL:
            return item
        return self.of_piece.get(item) or class_of(item) or item


def lots_of(told: Iterable[Told]) -> Lots:
    """The lots that the events give to pieces when they come into being (ILMD, CBV 2.0 section 9.2.7)."""
    found: dict[str, str] = {}
    for each in told:
        name = text_of(each.event.ilmd, "lotnumber")
        if not name:
            continue
        for piece in named(made(each.event)):
            lot = with_lot(piece, name) if level(piece) is Level.SERIAL else None
            if lot is not None:
                found.setdefault(piece, lot)
    return Lots(found)


def text_of(fields: Mapping[str, object], *names: str) -> str:
    """The first text or number among the fields of these local names, whatever their prefix; several are
    joined. Names in lower case."""
    by_name = {word(key): value for key, value in fields.items()}
    for name in names:
        if text := _text(by_name.get(name)):
            return text
    return ""


def _text(value: object) -> str:
    match value:
        case str():
            return value.strip()
        case bool() | None:
            return ""
        case int() | float():
            return number(value)
        case list():
            return "; ".join(filter(None, map(_text, value)))
        case dict():
            return _text(value.get("@value", value.get("value")))
    return ""


def subjects(event: Event) -> Objects:
    """What the event is about; of a transformation what it makes."""
    what = event.what
    if isinstance(what, TransformationEvent):
        return what.outputs
    return what.children if isinstance(what, AggregationEvent | AssociationEvent) else what.objects


def made(event: Event) -> Objects:
    """What comes into being by the event: outputs, and what an ObjectEvent adds."""
    what = event.what
    if isinstance(what, TransformationEvent) or (event.type == "ObjectEvent" and event.action == "ADD"):
        return subjects(event)
    return Objects()


def inputs(event: Event) -> Objects:
    """What a transformation takes."""
    return event.what.inputs if isinstance(event.what, TransformationEvent) else Objects()


def named(objects: Objects) -> list[str]:
    """The things by name, canonical."""
    return [each.canonical for each in objects.epcs] + [
        each.epc_class.canonical for each in objects.quantities
    ]


def amounts(objects: Objects) -> list[Amount]:
    """The things with their amounts. Only pieces are one each: the name of a lot says no amount."""
    pieces = [Amount(each.canonical, None if is_much(each.canonical) else 1, PIECE) for each in objects.epcs]
    return pieces + [
        Amount(each.epc_class.canonical, each.quantity, each.uom or PIECE) for each in objects.quantities
    ]


def is_much(item: str) -> bool:
    """Whether the name is of a class or lot, of which there may be any amount."""
    return level(item) in {Level.CLASS, Level.LOT}


def total(parts: Iterable[Amount]) -> tuple[str, str]:
    """Quantity and unit of parts of one lot; units side by side where there are several, empty where any part
    is not said."""
    sums: dict[str, float] = {}
    for part in parts:
        if part.quantity is None:
            return "", ""
        sums[part.unit] = sums.get(part.unit, 0.0) + part.quantity
    return "; ".join(number(sums[unit]) for unit in sorted(sums)), "; ".join(sorted(sums))
