"""How one item of an answer stands: where, in what, in which condition, in whose hands, and who says so."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tracehold.core.epcis import Mode, parse_event
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import At, Held, Holding, StateResult, custody
from tracehold.journey.answers import CONTRADICTS, Content, Statement
from tracehold.journey.inquiry import Inquiry

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Custodian:
    """Who has an item since then (microseconds), or some of a lot, by this statement; and to whom it is on
    its way, empty where it is not.
    """

    party: str
    bound_for: str
    since: int
    told_by: Fingerprint


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The lists as in `StateResult`; `containers` and `part_of` from the item outwards. `cut`: one of them
    was too long to be shown.
    """

    places: Sequence[At]
    containers: Sequence[Content]
    part_of: Sequence[Content]
    conditions: Sequence[Holding]
    custodians: Sequence[Custodian]
    amounts: Sequence[tuple[float | None, str | None]]
    ended: bool
    cut: bool

    @property
    def place(self) -> str:
        """Where it is, if that is one place."""
        return self.places[0].place if len(self.places) == 1 and not self.cut else ""

    @property
    def dispositions(self) -> Sequence[str]:
        """All that hold, the last one stated first; each once."""
        return tuple(dict.fromkeys(each.word for each in self.conditions))


class Hands:
    """Who has what, by the events of an inquiry: each is read once, for one may concern a thousand items."""

    def __init__(self, inquiry: Inquiry) -> None:
        self._inquiry = inquiry
        self._known: dict[Fingerprint, Custodian] = {}

    def speaker(self, name: Fingerprint) -> str:
        """The party that states it."""
        return self._inquiry.admission.admitted[name].speaker.party

    def told_by(self, name: Fingerprint) -> Custodian:
        """What a statement that a walk of the inquiry named says of it."""
        if name not in self._known:
            admitted = self._inquiry.admission.admitted[name]
            found = custody(parse_event(admitted.record.payload, Mode.TOLERANT), admitted.speaker.party)
            self._known[name] = Custodian(
                found.party, found.bound_for, self._inquiry.fact(name).instant, name
            )
        return self._known[name]


def whereabouts(hands: Hands, item: str, result: StateResult, limit: int) -> Whereabouts:
    """By a walk of the inquiry of `hands`, at most `limit` rows of each list."""
    containers, parts = _outwards(item, result.around), _outwards(item, result.part_of)
    custodians = _newest((hands.speaker(name), hands.told_by(name)) for name in result.handled_by[-limit:])
    rows = (result.places, containers, parts, result.conditions, result.handled_by, result.amounts)
    return Whereabouts(
        result.places[:limit],
        containers[:limit],
        parts[:limit],
        result.conditions[:limit],
        custodians,
        result.amounts[:limit],
        result.ended,
        any(len(each) > limit for each in (*rows, _counted(result))),
    )


def told_in(inquiry: Inquiry, result: StateResult, limit: int) -> list[Statement]:
    """The statements that a state rests on, and those that contradict it, in order of time. Of those that
    amounts alone were counted from the last `limit`.
    """
    flags = {True: (CONTRADICTS,), False: ()}
    against = set(result.contradicted_by)
    left_out = set(_counted(result)[:-limit])
    shown = (name for name in result.events if name not in left_out)
    return [inquiry.statement(name, flags=flags[name in against]) for name in shown]


def _counted(result: StateResult) -> list[Fingerprint]:
    """The statements that say nothing but how much there is."""
    said = {each.told_by for each in result.places} | {each.told_by for each in result.conditions}
    said |= {each.opened_by for each in (*result.around, *result.part_of)}
    said |= {*result.handled_by, *result.contradicted_by}
    return [name for name in result.events if name not in said]


def _newest(told: Iterable[tuple[str, Custodian]]) -> list[Custodian]:
    """A party for which several operators vouch speaks in several voices: its newest word counts; and who has
    a thing by the words of several has it once. `told`: by whom, in order of time.
    """
    said: dict[str, Custodian] = {}
    for speaker, each in told:
        said.pop(speaker, None)
        said[speaker] = each
    found: dict[tuple[str, str], Custodian] = {}
    for each in said.values():
        found.pop((each.party, each.bound_for), None)
        found[each.party, each.bound_for] = each
    return list(found.values())


def _outwards(item: str, held: Sequence[Held]) -> list[Content]:
    depths = {item: 0}
    rows: list[Content] = []
    for one in held:
        depth = depths.get(one.item, 0) + 1
        depths.setdefault(one.parent, depth)
        for amount, uom in one.amounts or ((None, None),):
            rows.append(Content(one.item, one.parent, depth, one.since, amount, uom or "", one.opened_by))
    return rows
