"""History: what happened to an item, and to the containers that held it while they held it; or
under a business transaction.
"""

from dataclasses import dataclass

from tracehold.core.access import Reader
from tracehold.core.lineage import HistoryEvent, HistoryResult, Role, Walk, dealt, history
from tracehold.journey import cursor
from tracehold.journey.answers import CONTRADICTS, HistoryAnswer, Statement
from tracehold.journey.inquiry import Inquiry
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.subject import Subject, Transaction, name_of

ROLES = {Role.OBSERVED: "subject", Role.HELD: "container"}
"""Roles by the names of the protos, where these are others."""


@dataclass(frozen=True, slots=True)
class HistoryQuestion:
    """Whose history. `at` in microseconds and `known_at` in milliseconds since 1970, None: all there is."""

    item: Subject
    at: int | None = None
    known_at: int | None = None
    full: bool = False


async def answer_history(
    knowledge: Knowledge,
    reader: Reader,
    question: HistoryQuestion,
    *,
    page_size: int = 1_000,
    page_token: str = "",
) -> HistoryAnswer:
    """One page of the events, in time order. Raises `Rejected` (no
    identifier, BAD_PAGE_TOKEN) and `Unavailable`.
    """
    item = name_of(question.item)
    (after,) = cursor.begin(page_token, question)
    inquiry = Inquiry(knowledge, reader, full=question.full, known_at=question.known_at)
    result = await inquiry.drive(walk_of(question, item))
    statements = [told(inquiry, event) for event in result.events]
    events, last, more = cursor.cut(statements, after, page_size, inquiry.key)
    return HistoryAnswer(
        item,
        tuple(events),
        await inquiry.gaps(result.gaps),
        result.truncated,
        await inquiry.coverage(),
        inquiry.timings(),
        cursor.encode(question, (last,)) if more else "",
    )


def told(inquiry: Inquiry, event: HistoryEvent) -> Statement:
    """An event of a history that a walk of the inquiry answered."""
    role = ROLES.get(event.role, str(event.role))
    flags = (CONTRADICTS,) if event.contradicts else ()
    return inquiry.statement(event.fingerprint, role=role, via=event.through, flags=flags)


def walk_of(question: HistoryQuestion, name: str) -> Walk[HistoryResult]:
    """The walk that answers the question; `name` is that of its subject."""
    if isinstance(question.item, Transaction):
        return dealt(name, question.item.kind, at=question.at, known_at=question.known_at)
    return history(name, at=question.at, known_at=question.known_at)
