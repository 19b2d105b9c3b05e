"""A case: what was said, what is asked, and the answer it must have.

    Case("half a pallet",
         [pack(1, P, A, B), unpack(2, P, A)],
         [inside(P, B), inside(P, A, B, at=1), told(A, 1, 2)])

Expected answers are whole: what they do not name may not be in the answer either. They follow from EPCIS 2.0
and docs/lineage.md, never from what the code says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.lineage.telling import ONE, Event, Thing

UP, DOWN, TOLD, INSIDE, PARTS = "up", "down", "told", "inside", "parts"
STANDS, SHARED, MET, CALLED = "stands", "shared", "met", "called"

Row = tuple[str, dict[str, Any]]
"""An item of a recall, and what of its row the story states."""


@dataclass(frozen=True)
class Ask:
    """A question and its answer. `at`: a minute; `known_at`: how many batches had been anchored."""

    kind: str
    about: Any
    expected: Any
    at: float | None = None
    known_at: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One story. `said` are events, or batches of events that were anchored one after the other."""

    name: str
    said: Sequence[Event] | Sequence[Sequence[Event]]
    asks: Sequence[Ask]

    @property
    def batches(self) -> list[list[Event]]:
        """The events as they became known."""
        if all(isinstance(entry, Event) for entry in self.said):
            return [[entry for entry in self.said if isinstance(entry, Event)]]
        return [list(entry) for entry in self.said if not isinstance(entry, Event)]


def up(
    item: str,
    expected: Mapping[str, int],
    *,
    late: Sequence[str] = (),
    missing: Sequence[str] | None = None,
    **more: Any,
) -> Ask:
    """Upstream: ancestors with their depth; which of them only against time; if asked for, which of them
    (and of the item itself) nobody commissioned.
    """
    return _ask(UP, item, (dict(expected), set(late), None if missing is None else set(missing)), more)


def down(item: str, expected: Mapping[str, int], *, late: Sequence[str] = (), **more: Any) -> Ask:
    """Downstream, likewise."""
    return _ask(DOWN, item, (dict(expected), set(late), None), more)


def told(item: str, *minutes: float | tuple[float, str], **more: Any) -> Ask:
    """History: the minutes of all events, in order; with a role where that matters."""
    return _ask(TOLD, item, list(minutes), more)


def inside(vessel: str, *things: Thing | tuple[str, None, None], **more: Any) -> Ask:
    """All that is in a container, one level deep; with the amounts of lots, (lot, None, None) for some."""
    return _ask(INSIDE, vessel, _bag(vessel, things), more)


def deep(vessel: str, *pairs: tuple[str, str], **more: Any) -> Ask:
    """All that is in a container at any level, as (thing, what it is in)."""
    return _ask(INSIDE, vessel, {(child, parent, ()) for child, parent in pairs}, {**more, "deep": True})


def parts(whole: str, *things: Thing, **more: Any) -> Ask:
    """All that is part of something, one level deep."""
    return _ask(PARTS, whole, _bag(whole, things), more)


def stands(item: str, *, at: float | None = None, known_at: int | None = None, **expected: Any) -> Ask:
    """State: any of places, disposition, lasting, around and part_of as (thing, what it is in), amounts,
    ended, hands as (party, to whom it is on its way).
    """
    return Ask(STANDS, item, expected, at, known_at)


def shared(items: Sequence[str], expected: Mapping[str, tuple[int, ...]], **more: Any) -> Ask:
    """Shared ancestors with their depth to each of the items."""
    return _ask(SHARED, tuple(items), dict(expected), more)


def met(items: Sequence[str], *, places: Sequence[str], parties: Sequence[str], **more: Any) -> Ask:
    """The places and the parties that all of the items passed, by name."""
    return _ask(MET, tuple(items), (sorted(places), sorted(parties)), more)


def called(
    items: Sequence[str],
    *rows: Row,
    own: Sequence[Row] = (),
    contacts: Mapping[str, Sequence[str]] | None = None,
    **more: Any,
) -> Ask:
    """A recall: all that is affected beyond the items, by issuer, depth and name; of the items themselves as
    many rows as the story states; and, if asked for, who and what there are contacts of, by which names.
    """
    expected = {"rows": list(rows), "own": list(own), "contacts": contacts and dict(contacts)}
    return _ask(CALLED, tuple(items), expected, more)


def row(item: str, depth: int, *, by: str = ONE, late: bool = False, **stated: Any) -> Row:
    """An affected item: `by` whom it is said first to be, `late` if only against time, `comes` from which of
    those called back, and `dispositions` (the last one first) or anything else of `stands`.
    """
    return item, {"depth": depth, "by": by, "late": late, **stated}


def own(item: str, **stated: Any) -> Row:
    """An item called back, and how it stands."""
    return item, stated


def _ask(kind: str, about: Any, expected: Any, more: dict[str, Any]) -> Ask:
    return Ask(kind, about, expected, more.pop("at", None), more.pop("known_at", None), more)


def _bag(
    vessel: str, things: Sequence[Thing | tuple[str, None, None]]
) -> set[tuple[str, str, tuple[Any, ...]]]:
    found: dict[str, tuple[Any, ...]] = {}
    for thing in things:
        name, *amount = (thing,) if isinstance(thing, str) else thing
        whole = () if not amount else ((amount[0], amount[1] if len(amount) > 1 else "KGM"),)
        found[name] = found.get(name, ()) + whole
    return {(name, vessel, amounts) for name, amounts in found.items()}
