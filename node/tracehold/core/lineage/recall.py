"""What is affected when items are called back: all that came of them (docs/lineage.md, "Recall")."""

from collections.abc import Sequence
from dataclasses import dataclass

from tracehold.core.ids import Fingerprint
from tracehold.core.lineage.answers import (
    BREATH,
    Affected,
    Direction,
    Gap,
    RecallResult,
    StateResult,
    TracedItem,
    TraceResult,
)
from tracehold.core.lineage.book import Asking, Book
from tracehold.core.lineage.state import stood
from tracehold.core.lineage.trace import BUDGET_PER_ITEM, climbed
from tracehold.core.lineage.voids import order
from tracehold.core.lineage.walk import Walk

STANDING = 2_000
"""Affected items of which one answer tells, or compares, how they stand: the first by depth and name."""

_TOGETHER = 100
_LOOKED_UP = 100_000
"""Names that may be looked up for how things stand."""


@dataclass(frozen=True, slots=True)
class RecalledResult:
    """What is affected, and how it stands. `stands`: those called back, then the first `STANDING` that are
    affected, each with its state; `events`: all that says any of this, in time order."""

    affected: RecallResult
    stands: tuple[tuple[str, StateResult], ...]
    events: tuple[Fingerprint, ...]
    gaps: tuple[Gap, ...]
    truncated: bool


def recall(
    items: Sequence[str],
    *,
    at: int | None = None,
    known_at: int | None = None,
    max_depth: int = 64,
    max_items: int = 100_000,
    strict_time: bool = False,
) -> Walk[RecallResult]:
    """All that came of any of the items, by the rules of `trace` downstream; never those themselves. Bounds
    hold for all of them together."""
    asked = tuple(dict.fromkeys(items))
    book = Book(at, known_at, budget=BUDGET_PER_ITEM * max_items + 1000 * max(1, len(asked)))
    return Walk(book, _recall(book, asked, max_depth, max_items, strict_time))


def recalled(
    items: Sequence[str],
    *,
    at: int | None = None,
    known_at: int | None = None,
    max_depth: int = 64,
    max_items: int = 100_000,
    strict_time: bool = False,
) -> Walk[RecalledResult]:
    """As `recall`, with how the items stand."""
    asked = tuple(dict.fromkeys(items))
    budget = BUDGET_PER_ITEM * max_items + 1000 * max(1, len(asked)) + _LOOKED_UP
    book = Book(at, known_at, budget=budget)
    return Walk(book, _recalled(book, asked, max_depth, max_items, strict_time))


def _recalled(
    book: Book, items: Sequence[str], max_depth: int, max_items: int, strict_time: bool
) -> Asking[RecalledResult]:
    affected = yield from _recall(book, items, max_depth, max_items, strict_time)
    names = [*items, *(each.item for each in affected.items[:STANDING])]
    states: list[StateResult] = []
    for start in range(0, len(names), _TOGETHER):
        together = yield from stood(book, names[start : start + _TOGETHER])
        states += together
        yield BREATH
    events = {name for each in affected.items for name in each.via}
    events |= {name for each in states for name in each.events} | affected.contradicted_by
    gaps = {*affected.gaps, *(gap for each in states for gap in each.gaps)}
    return RecalledResult(
        affected,
        tuple(zip(names, states, strict=True)),
        tuple(sorted(events, key=lambda name: order(book.fact(name)))),
        tuple(sorted(gaps, key=lambda gap: (gap.item, gap.reason, gap.detail))),
        affected.truncated or book.truncated or len(affected.items) > STANDING,
    )


def _recall(
    book: Book, items: Sequence[str], max_depth: int, max_items: int, strict_time: bool
) -> Asking[RecallResult]:
    traces: list[TraceResult] = []
    for item in items:
        found = yield from climbed(book, item, Direction.DOWNSTREAM, max_depth, max_items, strict_time)
        traces.append(found)
    affected = _affected(book, items, traces)
    gaps: set[Gap] = {gap for found in traces for gap in found.gaps}
    return RecallResult(
        items=tuple(affected[:max_items]),
        gaps=tuple(sorted(gaps, key=lambda gap: (gap.item, gap.reason, gap.detail))),
        truncated=book.truncated or len(affected) > max_items,
        contradicted_by=frozenset(name for found in traces for name in found.contradicted_by),
    )


def _affected(book: Book, items: Sequence[str], traces: Sequence[TraceResult]) -> list[Affected]:
    ways: dict[str, list[tuple[str, TracedItem]]] = {}
    for item, found in zip(items, traces, strict=True):
        for entry in found.items:
            ways.setdefault(entry.item, []).append((item, entry))
    asked = frozenset(items)
    rows = [_row(book, name, found) for name, found in ways.items() if name not in asked]
    return sorted(rows, key=lambda row: (row.depth, row.item))


def _row(book: Book, name: str, ways: Sequence[tuple[str, TracedItem]]) -> Affected:
    via: set[Fingerprint] = {name for _, entry in ways for name in entry.via}
    return Affected(
        name,
        min(entry.depth for _, entry in ways),
        tuple(sorted(via, key=lambda name: order(book.fact(name)))),
        tuple(item for item, _ in ways),
        all(entry.against_time for _, entry in ways),
    )
