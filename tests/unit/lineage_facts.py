"""Short ways to state facts, and to drive walks over them, in tests of lineage."""

import hashlib
from collections.abc import Iterable
from typing import Any

from tracehold.core.epcis import Action, EventType
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import (
    ContentsResult,
    Direction,
    Fact,
    HistoryResult,
    Quantity,
    TraceResult,
    Walk,
    contents,
    history,
    selected,
    touched,
    trace,
)

GTIN = "https://id.gs1.org/01/09521234543213"


def piece(name: str) -> str:
    """A serial item."""
    return f"{GTIN}/21/{name}"


def lot(name: str) -> str:
    """A lot."""
    return f"{GTIN}/10/{name}"


def pallet(number: int) -> str:
    """A logistic unit."""
    return f"https://id.gs1.org/00/{number:018d}"


def some(*items: str | tuple[str, float]) -> tuple[Quantity, ...]:
    """Pieces by name, lots as (lot, kilograms) or as an uncounted name."""
    return tuple(
        Quantity(item[0], item[1], "KGM")
        if isinstance(item, tuple)
        else Quantity(item, piece="/10/" not in item)
        for item in items
    )


def fact(kind: EventType, instant: int, **fields: Any) -> Fact:
    """A fact with a fingerprint that follows from what it says."""
    key = repr((kind, instant, sorted(fields.items(), key=lambda entry: entry[0])))
    fields.setdefault("issuer", "urn:x:party:1")
    return Fact(Fingerprint(hashlib.sha256(key.encode()).digest()), instant=instant, type=kind, **fields)


def seen(instant: int, *items: Any, action: Action = Action.OBSERVE, **fields: Any) -> Fact:
    """An object event."""
    return fact(EventType.OBJECT, instant, action=action, observed=some(*items), **fields)


def born(instant: int, *items: Any, **fields: Any) -> Fact:
    """A commissioning."""
    return seen(instant, *items, action=Action.ADD, **fields)


def pack(instant: int, parent: str | None, *items: Any, action: Action = Action.ADD, **fields: Any) -> Fact:
    """An aggregation."""
    return fact(EventType.AGGREGATION, instant, action=action, parent=parent, children=some(*items), **fields)


def unpack(instant: int, parent: str, *items: Any, **fields: Any) -> Fact:
    """A disaggregation; of everything when no items are named."""
    return pack(instant, parent, *items, action=Action.DELETE, **fields)


def mount(instant: int, parent: str, *items: Any, action: Action = Action.ADD) -> Fact:
    """An association."""
    return fact(EventType.ASSOCIATION, instant, action=action, parent=parent, children=some(*items))


def turn(instant: int, inputs: Iterable[Any], outputs: Iterable[Any], **fields: Any) -> Fact:
    """A transformation."""
    return fact(EventType.TRANSFORMATION, instant, inputs=some(*inputs), outputs=some(*outputs), **fields)


def drive(walk: Walk[Any], *holders: Iterable[Fact]) -> Any:
    """The answer of a walk over what several holders have, each answering for itself."""
    for _ in range(1000):
        if walk.done:
            return walk.result()
        wanted = walk.wanted()
        for held in map(list, holders):
            walk.feed(
                f for f in held if f.transformation_id in wanted.transformations or touched(f) & wanted.items
            )
            walk.feed(selected(held, dict(wanted.readings)))
    raise AssertionError("the walk does not end")


def up(facts: Iterable[Fact], item: str, **options: Any) -> TraceResult:
    """Upstream over one list of facts."""
    answer: TraceResult = drive(trace(item, Direction.UPSTREAM, **options), list(facts))
    return answer


def down(facts: Iterable[Fact], item: str, **options: Any) -> TraceResult:
    """Downstream over one list of facts."""
    answer: TraceResult = drive(trace(item, Direction.DOWNSTREAM, **options), list(facts))
    return answer


def told(facts: Iterable[Fact], item: str, **options: Any) -> HistoryResult:
    """History over one list of facts."""
    answer: HistoryResult = drive(history(item, **options), list(facts))
    return answer


def inside(facts: Iterable[Fact], item: str, **options: Any) -> ContentsResult:
    """Contents over one list of facts."""
    answer: ContentsResult = drive(contents(item, **options), list(facts))
    return answer


def names(answer: TraceResult) -> dict[str, int]:
    """Items of a trace with their depth."""
    return {entry.item: entry.depth for entry in answer.items}
