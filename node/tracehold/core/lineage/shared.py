"""What several items have in common: everything that all of them came from (docs/lineage.md, "Common")."""

from collections.abc import Sequence
from dataclasses import dataclass

from tracehold.core.ids import Fingerprint
from tracehold.core.lineage.answers import (
    CommonResult,
    Direction,
    Gap,
    Met,
    SharedItem,
    TraceResult,
)
from tracehold.core.lineage.book import Asking, Book
from tracehold.core.lineage.contradiction import beside
from tracehold.core.lineage.facts import Fact
from tracehold.core.lineage.passing import MOST_MET, Passages, meeting_places
from tracehold.core.lineage.trace import BUDGET_PER_ITEM, climbed
from tracehold.core.lineage.voids import order
from tracehold.core.lineage.walk import Walk


@dataclass(frozen=True, slots=True)
class ComplaintResult:
    """What several items have in common. `common` as by that question; `passed`: for each of the items, in
    order of time, every statement on it, on what held it then, and on what it came from; `contradicted_by` of
    what leads to the ancestors and places, as in `TraceResult`."""

    common: CommonResult
    passed: tuple[tuple[Fingerprint, ...], ...]
    places: tuple[Met, ...]
    contradicted_by: frozenset[Fingerprint] = frozenset()

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Those of the whole answer."""
        return self.common.gaps

    @property
    def truncated(self) -> bool:
        """Whether a limit cut it."""
        return self.common.truncated


def common(
    items: Sequence[str],
    *,
    at: int | None = None,
    known_at: int | None = None,
    max_depth: int = 64,
    max_items: int = 100_000,
    strict_time: bool = False,
) -> Walk[CommonResult]:
    """The ancestors that all the items share, by the rules of `trace` upstream. An item that the others came
    from is shared too, at depth 0 of itself. Bounds hold for each item."""
    asked = tuple(dict.fromkeys(items))
    book = Book(at, known_at, budget=len(asked) * (BUDGET_PER_ITEM * max_items + 1000))
    return Walk(book, _common(book, asked, max_depth, max_items, strict_time))


def complaint(
    items: Sequence[str],
    *,
    at: int | None = None,
    known_at: int | None = None,
    max_depth: int = 64,
    max_items: int = 100_000,
    strict_time: bool = False,
) -> Walk[ComplaintResult]:
    """As `common`, with where the items, and what they came from, passed: what a complaint looks for that
    began on the way, and not in what they were made of."""
    asked = tuple(dict.fromkeys(items))
    book = Book(at, known_at, budget=len(asked) * (BUDGET_PER_ITEM * max_items + 1000))
    return Walk(book, _complaint(book, asked, max_depth, max_items, strict_time))


def _complaint(
    book: Book, items: Sequence[str], max_depth: int, max_items: int, strict_time: bool
) -> Asking[ComplaintResult]:
    traces = yield from _traces(book, items, max_depth, max_items, strict_time)
    passed: list[list[Fact]] = []
    passages = Passages(book)
    for item, found in zip(items, traces, strict=True):
        facts = yield from passages.of(item, [entry.item for entry in found.items])
        passed.append(facts)
    shared, places = _result(book, items, traces), meeting_places(passed)
    reached = {entry.item for each in traces for entry in each.items}
    told = {name for each in places[:MOST_MET] for name in each.told_by}
    against = beside(book, [book.fact(name) for name in told], reached.union(items))
    return ComplaintResult(
        shared,
        tuple(tuple([fact.fingerprint for fact in facts]) for facts in passed),
        places,
        shared.contradicted_by | against,
    )


def _common(
    book: Book, items: Sequence[str], max_depth: int, max_items: int, strict_time: bool
) -> Asking[CommonResult]:
    traces = yield from _traces(book, items, max_depth, max_items, strict_time)
    return _result(book, items, traces)


def _traces(
    book: Book, items: Sequence[str], max_depth: int, max_items: int, strict_time: bool
) -> Asking[list[TraceResult]]:
    traces: list[TraceResult] = []
    for item in items:
        found = yield from climbed(book, item, Direction.UPSTREAM, max_depth, max_items, strict_time)
        traces.append(found)
    return traces


def _result(book: Book, items: Sequence[str], traces: Sequence[TraceResult]) -> CommonResult:
    events: set[Fingerprint] = {name for found in traces for name in found.events}
    gaps: set[Gap] = {gap for found in traces for gap in found.gaps}
    return CommonResult(
        items=_shared(items, traces),
        events=tuple(sorted(events, key=lambda name: order(book.fact(name)))),
        gaps=tuple(sorted(gaps, key=lambda gap: (gap.item, gap.reason, gap.detail))),
        truncated=book.truncated,
        contradicted_by=frozenset(name for found in traces for name in found.contradicted_by),
    )


def _shared(items: Sequence[str], traces: Sequence[TraceResult]) -> tuple[SharedItem, ...]:
    depths = [
        {item: 0, **{entry.item: entry.depth for entry in found.items}}
        for item, found in zip(items, traces, strict=True)
    ]
    late = {entry.item for found in traces for entry in found.items if entry.against_time}
    both = set.intersection(*map(set, depths)) if depths else set()
    shared = [SharedItem(item, tuple([depth[item] for depth in depths]), item in late) for item in both]
    return tuple(sorted(shared, key=lambda entry: (sum(entry.depths), entry.item)))
