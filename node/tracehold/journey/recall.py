"""Recall: what is affected when items are called back, where each of it is now, and whom to call."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from tracehold.core.access import Reader
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Affected, Gap, RecallResult, Walk, order, recall, standing
from tracehold.journey import cursor
from tracehold.journey.answers import CONTRADICTS, DISPUTED, TIME_ORDER, Coverage, Statement
from tracehold.journey.contact import Contact, contacts
from tracehold.journey.inquiry import Inquiry
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.several import names
from tracehold.journey.whereabouts import Hands, Whereabouts, told_in, whereabouts

TOGETHER = 100
"""Items whose state is looked up at once."""

ROWS = 50
"""Places, containers and so on of one item at most."""

CONTACTS = 200
"""Parties and places of one page whose master data is looked up at most."""


AGAINST = 1_000
"""Statements that contradict what ties the items in, at most."""


@dataclass(frozen=True, slots=True)
class RecallQuestion:
    """What is called back: items in any spelling. The rest as in `TraceQuestion`, for all of them."""

    items: tuple[str, ...]
    at: int | None = None
    known_at: int | None = None
    max_depth: int = 100
    max_items: int = 20_000
    strict_time: bool = False
    full: bool = False


@dataclass(frozen=True, slots=True)
class Recalled:
    """An item and how it stands. `issuer`: who says first, in time, that it is affected; empty, as are `via`
    and `comes_from`, where it was asked about itself.
    """

    item: str
    depth: int
    issuer: str
    via: tuple[Fingerprint, ...]
    comes_from: tuple[str, ...]
    stands: Whereabouts
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecallAnswer:
    """One page. `recalled` are the items asked about, on the first page; `items` what is affected beyond
    them, by issuer, then nearest first; `issuers` how many items of the whole answer each speaks for;
    `contacts` and `events` (in time order) are those of the page, on the first also what contradicts that
    which ties all items in; gaps and coverage are of the whole answer.
    """

    recalled: tuple[Recalled, ...]
    items: tuple[Recalled, ...]
    issuers: tuple[tuple[str, int], ...]
    contacts: tuple[Contact, ...]
    events: tuple[Statement, ...]
    gaps: tuple[Gap, ...]
    truncated: bool
    coverage: tuple[Coverage, ...]
    next_page_token: str


async def answer_recall(
    knowledge: Knowledge,
    reader: Reader,
    question: RecallQuestion,
    *,
    page_size: int = 500,
    page_token: str = "",
) -> RecallAnswer:
    """One page of the answer. The token is of this very question, its `known_at` included: who asks for one
    gets pages of one state of knowledge.

    Raises `Rejected` (no identifier, BAD_REQUEST where there is no item or they may reach too much,
    BAD_PAGE_TOKEN) and `Unavailable`.
    """
    asked = asked_of(question)
    (after,) = cursor.begin(page_token, question)
    inquiry = Inquiry(knowledge, reader, full=question.full, known_at=question.known_at)
    result = await inquiry.drive(walk_of(question, asked))
    rows = _Rows(inquiry, question)
    ordered = sorted(result.items, key=rows.key)
    page, last, more = cursor.cut(ordered, after, page_size, rows.key)
    first = [Affected(item, 0, (), (), False) for item in asked] if not page_token else []
    recalled = await rows.of([*first, *page])
    rows.note([] if page_token else against(inquiry, result))
    ids, skipped = _reached(recalled)
    reach, hidden = await contacts(knowledge, inquiry, ids, question.known_at)
    return RecallAnswer(
        tuple(recalled[: len(first)]),
        tuple(recalled[len(first) :]),
        tuple(sorted(Counter(rows.issuer(each) for each in result.items).items())),
        tuple(reach),
        tuple(sorted(rows.events.values(), key=lambda event: (event.instant, event.fingerprint))),
        await inquiry.gaps([*result.gaps, *rows.gaps, *hidden]),
        result.truncated or rows.truncated or skipped or len(result.contradicted_by) > AGAINST,
        await inquiry.coverage(),
        cursor.encode(question, (last,)) if more else "",
    )


def asked_of(question: RecallQuestion) -> tuple[str, ...]:
    """The items of the question in canonical spelling. Raises `Rejected` as `answer_recall`."""
    asked = names(question.items, question.max_items)
    if not asked:
        raise Rejected("BAD_REQUEST", "at least one item is required", path="/items")
    return asked


def walk_of(question: RecallQuestion, asked: Sequence[str]) -> Walk[RecallResult]:
    """The walk that answers the question about its items, in canonical spelling."""
    return recall(
        asked,
        at=question.at,
        known_at=question.known_at,
        max_depth=question.max_depth,
        max_items=question.max_items,
        strict_time=question.strict_time,
    )


def against(inquiry: Inquiry, result: RecallResult) -> list[Statement]:
    """What contradicts that which ties the items in, in order of time; the first of it, where it is much."""
    facts = sorted(map(inquiry.fact, result.contradicted_by), key=order)
    return [inquiry.statement(fact.fingerprint, flags=(CONTRADICTS,)) for fact in facts[:AGAINST]]


def _reached(rows: Sequence[Recalled]) -> tuple[list[str], bool]:
    """Whose contact is wanted: who has something, who gets it, who spoke first, and where it is; and whether
    there were too many.
    """
    ids = [
        id
        for row in rows
        for id in (
            *(party for each in row.stands.custodians for party in (each.party, each.bound_for)),
            row.issuer,
            *(stay.place for stay in row.stands.places),
        )
        if id
    ]
    each_once = list(dict.fromkeys(ids))
    return each_once[:CONTACTS], len(each_once) > CONTACTS


@dataclass(slots=True)
class _Rows:
    """Looks up how items stand, and keeps what that rests on."""

    inquiry: Inquiry
    question: RecallQuestion
    events: dict[Fingerprint, Statement] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    truncated: bool = False
    hands: Hands = field(init=False)

    def __post_init__(self) -> None:
        self.hands = Hands(self.inquiry)

    def issuer(self, affected: Affected) -> str:
        """Who says first that it is affected."""
        return self.inquiry.admission.admitted[affected.via[0]].speaker.party if affected.via else ""

    def key(self, affected: Affected) -> cursor.Key:
        """Its place in the answer."""
        return self.issuer(affected), affected.depth, affected.item

    async def of(self, affected: Sequence[Affected]) -> list[Recalled]:
        """The rows, in their order."""
        found: list[Recalled] = []
        for start in range(0, len(affected), TOGETHER):
            together = affected[start : start + TOGETHER]
            at, known_at = self.question.at, self.question.known_at
            walk = standing([each.item for each in together], at=at, known_at=known_at)
            states = await self.inquiry.drive(walk)
            for each, state in zip(together, states, strict=True):
                self.truncated |= state.truncated
                self.gaps += state.gaps
                stands = whereabouts(self.hands, each.item, state, ROWS)
                self.truncated |= stands.cut
                found.append(self._row(each, stands, told_in(self.inquiry, state, ROWS)))
            await asyncio.sleep(0)  # an answer of many items lets others have their turn
        return found

    def note(self, told: Iterable[Statement]) -> None:
        """What the answer shows. An event may stand for several items, and contradict what is said of one."""
        for event in told:
            known = self.events.setdefault(event.fingerprint, event)
            if set(event.flags) - set(known.flags):
                flags = tuple(dict.fromkeys((*known.flags, *event.flags)))
                self.events[event.fingerprint] = replace(known, flags=flags)

    def _row(self, affected: Affected, stands: Whereabouts, told: Sequence[Statement]) -> Recalled:
        late = (TIME_ORDER,) if affected.against_time else ()
        ties = [self.inquiry.statement(name, flags=late) for name in affected.via]
        self.note((*ties, *told))
        found = {flag for event in (*ties, *told) for flag in event.flags}
        return Recalled(
            affected.item,
            affected.depth,
            self.issuer(affected),
            affected.via,
            affected.comes_from,
            stands,
            tuple(flag for flag in (TIME_ORDER, DISPUTED, CONTRADICTS) if flag in found),
        )
