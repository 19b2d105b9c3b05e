"""Upstream and downstream: breadth first over processes, by frontier (docs/lineage.md, "Trace")."""

from collections.abc import Collection

from tracehold.core.epcis.model import Action, EventType
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage.answers import Direction, Gap, GapReason, TracedItem, TraceResult
from tracehold.core.lineage.book import Asking, Book
from tracehold.core.lineage.containment import is_vessel
from tracehold.core.lineage.contradiction import beside
from tracehold.core.lineage.facts import Fact
from tracehold.core.lineage.flows import Flows, downstream, upstream
from tracehold.core.lineage.reach import Reach, everything, in_time
from tracehold.core.lineage.voids import order
from tracehold.core.lineage.walk import Walk

BUDGET_PER_ITEM = 8
"""Items that may be looked up for each item of the answer: containers and what else they held come on top."""


def trace(
    item: str,
    direction: Direction,
    *,
    at: int | None = None,
    known_at: int | None = None,
    max_depth: int = 64,
    max_items: int = 100_000,
    strict_time: bool = False,
) -> Walk[TraceResult]:
    """What the item was made of, or what was made of it, through any number of
    processes. Never the item itself.

    `at` (microseconds) leaves later events out, `known_at` (milliseconds) what was not known by then. An edge
    against time stays in the answer and is flagged; `strict_time` leaves out what only such edges reach.
    Answers that depth or number of items cut short are `truncated`.
    """
    book = Book(at, known_at, budget=BUDGET_PER_ITEM * max_items + 1000)
    return Walk(book, climbed(book, item, direction, max_depth, max_items, strict_time))


def climbed(
    book: Book, item: str, direction: Direction, max_depth: int, max_items: int, strict_time: bool
) -> Asking[TraceResult]:
    """The answer of `trace`, over a book that other questions may fill too."""
    flows = Flows(sign=1 if direction is Direction.UPSTREAM else -1)
    grow = upstream if direction is Direction.UPSTREAM else downstream
    depth, frontier = {item: 0}, [item]
    while frontier:
        yield from grow(book, flows, frontier)
        beyond = {part.item for name in frontier for key, _ in flows.near[name] for part in flows.far[key]}
        found = sorted(beyond - depth.keys())
        room = max_items + 1 - len(depth) if depth[frontier[0]] < max_depth else 0
        book.truncated |= len(found) > room
        level = depth[frontier[0]] + 1
        frontier = found[:room]
        depth.update(dict.fromkeys(frontier, level))
    timely = in_time(flows, item, depth)
    reach = timely if strict_time else everything(flows, depth)
    commissioned = _commissioned(book, flows, reach) if direction is Direction.UPSTREAM else []
    return _result(book, flows, reach, timely, [fact.fingerprint for fact in commissioned])


def _commissioned(book: Book, flows: Flows, reach: Reach) -> list[Fact]:
    """Where chains end, the events that brought the items into being; what has none is a gap."""
    found: list[Fact] = []
    for name in reach.depth:
        if flows.near.get(name) or not book.was_asked(name):
            continue
        begun = [
            fact for fact in book.seen(name) if fact.type is EventType.OBJECT and fact.action is Action.ADD
        ]
        found += begun
        if not begun and not (is_vessel(name) and book.parent_in(name)):
            book.gaps.append(
                Gap(name, GapReason.NEVER_COMMISSIONED, "no event in sight made or commissioned it")
            )
    return found


def _result(book: Book, flows: Flows, reach: Reach, timely: Reach, more: list[Fingerprint]) -> TraceResult:
    via: dict[str, Collection[Fingerprint]] = {name: () for name, depth in reach.depth.items() if depth}
    events = set(more)
    # Per process once: a process of a thousand inputs and outputs is no million edges.
    useful = set()
    for key in reach.processes:
        for part in reach.far(flows, key):
            before = via.get(part.item)
            if before is None:
                continue
            useful.add(key)
            if isinstance(before, set):
                before.update(part.evidence)
            else:  # no set of their own for the many that one statement ties in
                via[part.item] = {*before, *part.evidence} if before else part.evidence
    for _, key, use in reach.near(flows):
        if key in useful:
            events.update(use.evidence)
    events.update(*via.values())
    against = beside(book, [book.fact(name) for name in events], reach.depth)
    facts = sorted([book.fact(name) for name in events | against], key=order)
    rank = {fact.fingerprint: at for at, fact in enumerate(facts)}
    items = sorted([(reach.depth[name], name) for name in via])
    return TraceResult(
        items=tuple(
            [
                TracedItem(name, depth, _ranked(via[name], rank), name not in timely.depth)
                for depth, name in items
            ]
        ),
        events=tuple(rank),
        gaps=tuple(sorted(set(book.gaps), key=lambda gap: (gap.item, gap.reason, gap.detail))),
        truncated=book.truncated,
        contradicted_by=against,
    )


def _ranked(fingerprints: Collection[Fingerprint], rank: dict[Fingerprint, int]) -> tuple[Fingerprint, ...]:
    if len(fingerprints) == 1:
        return tuple(fingerprints)
    return tuple(sorted(set(fingerprints), key=rank.__getitem__))
