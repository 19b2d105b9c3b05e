"""Trace: everything that an item was made from, or went into."""

from dataclasses import dataclass

from tracehold.core.access import Reader
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Direction, TracedItem, TraceResult, Walk, trace
from tracehold.journey import cursor
from tracehold.journey.answers import Statement, TraceAnswer, noted
from tracehold.journey.inquiry import Inquiry, named
from tracehold.journey.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class TraceQuestion:
    """What to trace. `at` in microseconds and `known_at` in milliseconds since 1970, None: all there is.

    `item` may stand in any spelling. `full` checks signatures again. `strict_time` leaves out
    what is only reached against the order of time.
    """

    item: str
    direction: Direction
    at: int | None = None
    known_at: int | None = None
    max_depth: int = 100
    max_items: int = 20_000
    strict_time: bool = False
    full: bool = False


async def answer_trace(
    knowledge: Knowledge,
    reader: Reader,
    question: TraceQuestion,
    *,
    page_size: int = 1_000,
    page_token: str = "",
) -> TraceAnswer:
    """One page of the answer: items nearest first, events in time order; gaps and
    coverage are of the whole answer.

    Raises `Rejected` (the item is no identifier, or BAD_PAGE_TOKEN) and `Unavailable`.
    """
    item = named(question.item)
    after_items, after_events = cursor.begin(page_token, question, 2)
    inquiry = Inquiry(knowledge, reader, full=question.full, known_at=question.known_at)
    result = await inquiry.drive(walk_of(question, item))
    statements = _statements(inquiry, result)
    items, last_item, more_items = cursor.cut(result.items, after_items, page_size, _key)
    events, last_event, more_events = cursor.cut(statements, after_events, page_size, inquiry.key)
    more = more_items or more_events
    return TraceAnswer(
        item,
        question.direction,
        tuple(items),
        tuple(events),
        await inquiry.gaps(result.gaps),
        result.truncated,
        await inquiry.coverage(),
        inquiry.timings(),
        cursor.encode(question, (last_item, last_event)) if more else "",
    )


def walk_of(question: TraceQuestion, item: str) -> Walk[TraceResult]:
    """The walk that answers the question about its item, in canonical spelling."""
    return trace(
        item,
        question.direction,
        at=question.at,
        known_at=question.known_at,
        max_depth=question.max_depth,
        max_items=question.max_items,
        strict_time=question.strict_time,
    )


def _statements(inquiry: Inquiry, result: TraceResult) -> list[Statement]:
    late, against = late_in(result), result.contradicted_by
    return [inquiry.statement(name, flags=noted(name, late, against)) for name in result.events]


def late_in(result: TraceResult) -> set[Fingerprint]:
    """The statements by which items are only reached against the order of time."""
    return {name for item in result.items if item.against_time for name in item.via}


def _key(item: TracedItem) -> cursor.Key:
    return "", item.depth, item.item
