"""The plain forms in which stories state their answers, for every source alike."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.lineage.story import Ask, Row
from tests.lineage.telling import micros
from tracehold.core.lineage import Gap, GapReason, TracedItem

NOTHING = ((None, None),)


def traced(ask: Ask, items: Iterable[TracedItem], gaps: Iterable[Gap]) -> Any:
    """Items with depth, those against time, and those that began nowhere, if the case tells them."""
    found = list(items)
    none = {gap.item for gap in gaps if gap.reason is GapReason.NEVER_COMMISSIONED}
    late = {entry.item for entry in found if entry.against_time}
    return {entry.item: entry.depth for entry in found}, late, None if ask.expected[2] is None else none


def chronicle(ask: Ask, events: list[tuple[int, str]]) -> Any:
    """The minutes of a history, with roles where the case states one. Of one instant in any order."""
    minutes = [((instant - micros(0)) / 60_000_000, role) for instant, role in events]
    stated = {entry[0] for entry in ask.expected if isinstance(entry, tuple)}
    return [(minute, role) if minute in stated else minute for minute, role in minutes]


def bag(ask: Ask, rows: list[tuple[str, str, float | None, str]]) -> Any:
    """What is in what, with amounts; a row without amount is a piece, or some."""
    found: dict[tuple[str, str], list[tuple[float | None, str | None]]] = {}
    for item, parent, amount, unit in rows:
        found.setdefault((item, parent), []).append((amount, unit or None))
    if ask.options.get("deep"):
        return {(item, parent, ()) for item, parent in found}
    return {
        (item, parent, () if amounts == [(None, None)] else tuple(amounts))
        for (item, parent), amounts in found.items()
        if parent == ask.about
    }


@dataclass(frozen=True)
class Standing:
    """How an item stands. `said`: (disposition, whether it lasts), `around` and `part_of` (thing, what it is
    in) from the item outwards, `hands` (party, to whom it is on its way).
    """

    places: Sequence[str]
    said: Sequence[tuple[str, bool]]
    around: Iterable[tuple[str, str]]
    part_of: Iterable[tuple[str, str]]
    hands: Sequence[tuple[str, str]]
    amounts: Sequence[tuple[float | None, str | None]]
    ended: bool

    def plain(self) -> dict[str, Any]:
        """All that a story may state of it."""
        return {
            "places": list(self.places),
            "disposition": next((word for word, lasts in self.said if not lasts), None),
            "lasting": [word for word, lasts in self.said if lasts],
            "dispositions": list(dict.fromkeys(word for word, _ in self.said)),
            "around": list(dict.fromkeys(self.around)),  # a lot of two units is there in two rows
            "part_of": list(dict.fromkeys(self.part_of)),
            "hands": list(self.hands),
            "amounts": list(self.amounts),
            "ended": self.ended,
        }


def stated(whole: Mapping[str, Any], expected: Mapping[str, Any]) -> dict[str, Any]:
    """Those parts that the story states."""
    return {part: whole[part] for part in expected}


def recalled(
    ask: Ask, rows: Sequence[Row], asked: Sequence[Row], contacts: Callable[[], Mapping[str, list[str]]]
) -> dict[str, Any]:
    """Rows with what the story states of each; those that it does not know with all there is."""
    expected = ask.expected
    return {
        "rows": _rows(rows, expected["rows"]),
        "own": _rows([each for each in asked if each[0] in dict(expected["own"])], expected["own"]),
        "contacts": None if expected["contacts"] is None else contacts(),
    }


def _rows(found: Sequence[Row], expected: Sequence[Row]) -> list[Row]:
    known = dict(expected)
    return [(item, stated(whole, known.get(item, whole))) for item, whole in found]
