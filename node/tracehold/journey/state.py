"""State: how an item stands."""

from dataclasses import dataclass

from tracehold.core.access import Reader
from tracehold.core.lineage import Gap, StateResult, Walk, state
from tracehold.journey.answers import Coverage, Statement
from tracehold.journey.inquiry import Inquiry, named
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.whereabouts import Hands, Whereabouts, told_in, whereabouts

ROWS = 1_000
"""Places, containers and so on of one answer at most."""


@dataclass(frozen=True, slots=True)
class StateQuestion:
    """Whose state. `at` in microseconds and `known_at` in milliseconds since 1970, None: all there is."""

    item: str
    at: int | None = None
    known_at: int | None = None
    full: bool = False


@dataclass(frozen=True, slots=True)
class StateAnswer:
    """How an item stands, and the events that say so, or otherwise, in time order."""

    item: str
    stands: Whereabouts
    events: tuple[Statement, ...]
    gaps: tuple[Gap, ...]
    truncated: bool
    coverage: tuple[Coverage, ...]


async def answer_state(knowledge: Knowledge, reader: Reader, question: StateQuestion) -> StateAnswer:
    """How the item stood at that time. Raises `Rejected` (no identifier) and `Unavailable`."""
    item = named(question.item)
    inquiry = Inquiry(knowledge, reader, full=question.full, known_at=question.known_at)
    result = await inquiry.drive(walk_of(question, item))
    stands = whereabouts(Hands(inquiry), item, result, ROWS)
    return StateAnswer(
        item,
        stands,
        tuple(told_in(inquiry, result, ROWS)),
        await inquiry.gaps(result.gaps),
        result.truncated or stands.cut,
        await inquiry.coverage(),
    )


def walk_of(question: StateQuestion, item: str) -> Walk[StateResult]:
    """The walk that answers the question about its item, in canonical spelling."""
    return state(item, at=question.at, known_at=question.known_at)
