"""Common: what several items came from, and the places and parties that they all passed."""

from collections.abc import Sequence
from dataclasses import dataclass

from tracehold.core.access import Reader
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import (
    MOST_MET,
    ComplaintResult,
    Gap,
    SharedItem,
    Walk,
    complaint,
    meeting_parties,
)
from tracehold.journey import cursor
from tracehold.journey.ahead import Ahead, Bounds
from tracehold.journey.answers import Coverage, Statement, noted
from tracehold.journey.inquiry import Inquiry, Look
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.ports import Reaching
from tracehold.journey.several import names

MET = MOST_MET
"""Places, and parties, of one answer at most."""


@dataclass(frozen=True, slots=True)
class CommonQuestion:
    """Which items, in any spelling, at least two; the rest as in `TraceQuestion`, for each of them."""

    items: tuple[str, ...]
    at: int | None = None
    known_at: int | None = None
    max_depth: int = 100
    max_items: int = 20_000
    strict_time: bool = False
    full: bool = False


@dataclass(frozen=True, slots=True)
class SharedName:
    """A place or party that all the items passed: for each of them the first statement that says so."""

    id: str
    told_by: tuple[Fingerprint, ...]


@dataclass(frozen=True, slots=True)
class CommonAnswer:
    """One page of ancestors, nearest to all first, and of events, in time order. Places and parties, by name,
    stand on the first page.
    """

    asked: tuple[str, ...]
    items: tuple[SharedItem, ...]
    places: tuple[SharedName, ...]
    parties: tuple[SharedName, ...]
    events: tuple[Statement, ...]
    gaps: tuple[Gap, ...]
    truncated: bool
    coverage: tuple[Coverage, ...]
    next_page_token: str


async def answer_common(
    knowledge: Knowledge,
    reader: Reader,
    question: CommonQuestion,
    *,
    page_size: int = 1_000,
    page_token: str = "",
) -> CommonAnswer:
    """One page of the answer; gaps and coverage are of the whole answer.

    Raises `Rejected` (no identifier, BAD_REQUEST where there are not two items or they may reach too much,
    BAD_PAGE_TOKEN) and `Unavailable`.
    """
    asked = asked_of(question)
    after_items, after_events = cursor.begin(page_token, question, 2)
    inquiry = Inquiry(knowledge, reader, full=question.full, known_at=question.known_at)
    result = await inquiry.drive(walk_of(question, asked), look_of(inquiry, question, asked))
    places = [SharedName(each.place, each.told_by) for each in result.places]
    parties = shared_parties(inquiry, result)
    met = [*places[:MET], *parties[:MET]]
    against = result.contradicted_by
    evidence = {*result.common.events, *(name for each in met for name in each.told_by), *against}
    told = [inquiry.statement(name, flags=noted(name, (), against)) for name in evidence]
    statements = sorted(told, key=inquiry.key)
    items, last_item, more_items = cursor.cut(result.common.items, after_items, page_size, _key)
    events, last_event, more_events = cursor.cut(statements, after_events, page_size, inquiry.key)
    return CommonAnswer(
        asked,
        tuple(items),
        tuple(places[:MET]) if not page_token else (),
        tuple(parties[:MET]) if not page_token else (),
        tuple(events),
        await inquiry.gaps(result.common.gaps),
        result.common.truncated or max(len(places), len(parties)) > MET,
        await inquiry.coverage(),
        cursor.encode(question, (last_item, last_event)) if more_items or more_events else "",
    )


def asked_of(question: CommonQuestion) -> tuple[str, ...]:
    """The items of the question in canonical spelling. Raises `Rejected` as `answer_common`."""
    asked = names(question.items, question.max_items)
    if len(asked) < 2:
        raise Rejected("BAD_REQUEST", "at least two different items are required", path="/items")
    return asked


def walk_of(question: CommonQuestion, asked: Sequence[str]) -> Walk[ComplaintResult]:
    """The walk that answers the question about its items, in canonical spelling."""
    return complaint(
        asked,
        at=question.at,
        known_at=question.known_at,
        max_depth=question.max_depth,
        max_items=question.max_items,
        strict_time=question.strict_time,
    )


def look_of(inquiry: Inquiry, question: CommonQuestion, asked: Sequence[str]) -> Look:
    """How that walk's facts are found: all at once where the graph reaches by itself."""
    if not isinstance(inquiry.graph, Reaching):
        return inquiry.look
    bounds = Bounds(question.at, question.known_at, question.max_depth)
    return Ahead(inquiry, inquiry.graph, asked, bounds).look


def shared_parties(inquiry: Inquiry, result: ComplaintResult) -> list[SharedName]:
    """Those that spoke on each of the passages, or are named in it, by name."""

    def parties_of(name: Fingerprint) -> set[str]:
        return {inquiry.admission.admitted[name].speaker.party, *inquiry.fact(name).parties}

    return [SharedName(party, told_by) for party, told_by in meeting_parties(result.passed, parties_of)]


def _key(item: SharedItem) -> cursor.Key:
    return "", sum(item.depths), item.item
