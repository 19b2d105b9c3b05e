"""Compare: one question by what was known at two times, and what is different between the answers."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tracehold.core.access import Reader
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Aspect, Difference, Gap, Part, differences
from tracehold.journey import cursor
from tracehold.journey.answers import Coverage, Statement
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.picture import Question, drawn
from tracehold.journey.side import Side


@dataclass(frozen=True, slots=True)
class CompareQuestion:
    """A question with the first time of knowledge, and the second: milliseconds, None for all there is."""

    question: Question
    compared_with: int | None = None


@dataclass(frozen=True, slots=True)
class CompareAnswer:
    """One page of the differences: records by time, then the others by aspect and name; and the records that
    these name. Gaps and `truncated` are of both answers, coverage is of the second. `asked` are the names of
    what the question is about.
    """

    asked: tuple[str, ...]
    differences: tuple[Difference, ...]
    events: tuple[Statement, ...]
    gaps: tuple[Gap, ...]
    truncated: bool
    coverage: tuple[Coverage, ...]
    next_page_token: str


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
    first = await drawn(knowledge, reader, question.question)
    second = await drawn(knowledge, reader, replace(question.question, known_at=question.compared_with))
    between = (question.question.known_at, question.compared_with)
    replaced = {**first.inquiry.replaced, **second.inquiry.replaced}
    found = differences(first.picture, second.picture, between, replaced)
    page, last, more = cursor.cut(found, after, page_size, lambda each: _key(each.part, second, first))
    return CompareAnswer(
        first.asked,
        tuple(page),
        tuple(_statements(page, second, first)),
        tuple(dict.fromkeys([*first.gaps, *second.gaps])),
        first.truncated or second.truncated,
        await second.inquiry.coverage(),
        cursor.encode(question, (last,)) if more else "",
    )


def _key(part: Part, *sides: Side) -> cursor.Key:
    """In the order of `differences`."""
    if part.aspect is Aspect.RECORD and part.record is not None:
        return cursor.by_time(_side_of(part.record, sides).inquiry.fact(part.record))
    record = part.record.hex() if part.record else ""
    return f"{list(Aspect).index(part.aspect)}{part.item}", 0, f"{part.parent}\0{part.name}\0{record}"


def _statements(page: Sequence[Difference], *sides: Side) -> Iterator[Statement]:
    """The records that a page names, in time order; as the later answer knows them, where it does."""
    names = {record for each in page for record in (each.part.record, *each.causes) if record is not None}
    found = [_statement(name, sides) for name in names]
    yield from sorted(found, key=lambda each: (each.instant, each.fingerprint))


def _statement(name: Fingerprint, sides: Iterable[Side]) -> Statement:
    return _side_of(name, sides).inquiry.statement(name)


def _side_of(name: Fingerprint, sides: Iterable[Side]) -> Side:
    return next(side for side in sides if name in side.inquiry.facts)
