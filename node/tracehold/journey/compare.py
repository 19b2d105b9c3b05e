"""Compare: one question by what was known at two times, and what is different between the answers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from tracehold.core.access import Reader
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import (
    Aspect,
    ContentsResult,
    Difference,
    Gap,
    Held,
    HistoryResult,
    Part,
    Picture,
    TraceResult,
    differences,
)
from tracehold.journey import contents, cursor, history, trace
from tracehold.journey.answers import TIME_ORDER, Coverage, Statement
from tracehold.journey.contents import ContentsQuestion
from tracehold.journey.history import ROLES, HistoryQuestion
from tracehold.journey.inquiry import Inquiry
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.subject import name_of
from tracehold.journey.trace import TraceQuestion

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Question = TraceQuestion | HistoryQuestion | ContentsQuestion


@dataclass(frozen=True, slots=True)
class CompareQuestion:
    """A question with the first time of knowledge, and the second: milliseconds, None for all there is."""

    question: Question
    compared_with: int | None = None


@dataclass(frozen=True, slots=True)
class CompareAnswer:
    """One page of the differences: records by time, then items and edges by name; and the records that these
    name. Gaps and `truncated` are of both answers, coverage is of the second.
    """

    item: str
    differences: tuple[Difference, ...]
    events: tuple[Statement, ...]
    gaps: tuple[Gap, ...]
    truncated: bool
    coverage: tuple[Coverage, ...]
    next_page_token: str


@dataclass(slots=True)
class _Side:
    """One of the two answers, and what it saw on its way."""

    inquiry: Inquiry
    name: str
    parts: dict[Part, str] = field(default_factory=dict)
    ties: dict[str, tuple[Fingerprint, ...]] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    truncated: bool = False

    @property
    def picture(self) -> Picture:
        """As core compares it."""
        return Picture(self.parts, self.inquiry.facts, self.ties)


async def answer_compare(
    knowledge: Knowledge,
    reader: Reader,
    question: CompareQuestion,
    *,
    page_size: int = 1_000,
    page_token: str = "",
) -> CompareAnswer:
    """What is different from the first answer to the second, each with the records that brought it about.

    The second question is asked when the first was answered: what comes in between is known to it alone.
    Raises `Rejected` as the question does, BAD_PAGE_TOKEN, and `Unavailable`.
    """
    (after,) = cursor.begin(page_token, question)
    first = await _asked(knowledge, reader, question.question)
    second = await _asked(knowledge, reader, replace(question.question, known_at=question.compared_with))
    between = (question.question.known_at, question.compared_with)
    replaced = {**first.inquiry.replaced, **second.inquiry.replaced}
    found = differences(first.picture, second.picture, between, replaced)
    page, last, more = cursor.cut(found, after, page_size, lambda each: _key(each.part, second, first))
    return CompareAnswer(
        first.name,
        tuple(page),
        tuple(_statements(page, second, first)),
        tuple(dict.fromkeys([*first.gaps, *second.gaps])),
        first.truncated or second.truncated,
        await second.inquiry.coverage(),
        cursor.encode(question, (last,)) if more else "",
    )


async def _asked(knowledge: Knowledge, reader: Reader, question: Question) -> _Side:
    inquiry = Inquiry(knowledge, reader, full=question.full, known_at=question.known_at)
    side = _Side(inquiry, name_of(question.item))
    found: TraceResult | HistoryResult | ContentsResult
    if isinstance(question, TraceQuestion):
        found = await inquiry.drive(trace.walk_of(question, side.name))
        _draw_trace(side, found)
    elif isinstance(question, HistoryQuestion):
        found = await inquiry.drive(history.walk_of(question, side.name))
        _draw_history(side, found)
    else:
        found = await inquiry.drive(contents.walk_of(question, side.name))
        _draw_contents(side, found)
    side.gaps, side.truncated = await inquiry.gaps(found.gaps), found.truncated
    return side


def _draw_trace(side: _Side, result: TraceResult) -> None:
    for item in result.items:
        against = f", {TIME_ORDER}" if item.against_time else ""
        side.parts[Part(Aspect.ITEM, item.item)] = f"depth {item.depth}{against}"
        side.ties[item.item] = item.via
        for record in item.via:
            side.parts[Part(Aspect.EDGE, item.item, record=record)] = "via"
    _draw_records(side, dict.fromkeys(result.events, ""))


def _draw_history(side: _Side, result: HistoryResult) -> None:
    words = {
        each.fingerprint: f"{ROLES.get(each.role, str(each.role))} by {each.through}"
        for each in result.events
    }
    _draw_records(side, words)


def _draw_contents(side: _Side, result: ContentsResult) -> None:
    depths = contents.depths_of(side.name, [*result.children, *result.components])
    for way, all_held in (("packed", result.children), ("attached", result.components)):
        for held in all_held:
            edge = Part(Aspect.EDGE, held.item, held.parent)
            words = f"{way} {_amounts(held)}since {_moment(held.since)}"
            side.parts[edge] = ", ".join(filter(None, [side.parts.get(edge, ""), words]))
            side.parts[Part(Aspect.ITEM, held.item)] = f"depth {depths.get(held.item, 1)}"
            side.ties[held.item] = (*side.ties.get(held.item, ()), held.opened_by)
    _draw_records(side, dict.fromkeys(result.events, ""))


def _draw_records(side: _Side, words: Mapping[Fingerprint, str]) -> None:
    for name, said in words.items():
        flags = side.inquiry.statement(name).flags
        side.parts[Part(Aspect.RECORD, record=name)] = " ".join(filter(None, [said, *flags])) or "shown"


def _amounts(held: Held) -> str:
    counted = [_amount(amount, unit) for amount, unit in held.amounts]
    return f"{' and '.join(counted)} " if counted else ""


def _amount(amount: float | None, unit: str | None) -> str:
    return " ".join(filter(None, ["some" if amount is None else f"{amount:g}", unit]))


def _moment(microseconds: int) -> str:
    return (EPOCH + timedelta(microseconds=microseconds)).isoformat().replace("+00:00", "Z")


def _key(part: Part, *sides: _Side) -> cursor.Key:
    """In the order of `differences`: records by time, then items and edges by name."""
    if part.aspect is Aspect.RECORD and part.record is not None:
        return cursor.by_time(_side_of(part.record, sides).inquiry.fact(part.record))
    record = part.record.hex() if part.record else ""
    return f"{list(Aspect).index(part.aspect)}{part.item}", 0, f"{part.parent}\0{record}"


def _statements(page: Sequence[Difference], *sides: _Side) -> Iterator[Statement]:
    """The records that a page names, in time order; as the later answer knows them, where it does."""
    names = {record for each in page for record in (each.part.record, *each.causes) if record is not None}
    found = [_statement(name, sides) for name in names]
    yield from sorted(found, key=lambda each: (each.instant, each.fingerprint))


def _statement(name: Fingerprint, sides: Iterable[_Side]) -> Statement:
    return _side_of(name, sides).inquiry.statement(name)


def _side_of(name: Fingerprint, sides: Iterable[_Side]) -> _Side:
    return next(side for side in sides if name in side.inquiry.facts)
