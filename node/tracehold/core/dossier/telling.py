"""What a dossier says: the answer in words, all of which follow from its records, and what its node adds.

One function writes it for the node that answers and for whoever checks: the same facts give the same words.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tracehold.core.dossier.question import Question, Result
from tracehold.core.epcis import Mode, parse_event
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import (
    MOST_MET,
    Affected,
    ComplaintResult,
    ContentsResult,
    Custody,
    Fact,
    Gap,
    Held,
    HistoryResult,
    RecalledResult,
    StateResult,
    TraceResult,
    custody,
    disputes,
    meeting_parties,
    order,
    spoken_for,
)
from tracehold.core.speaker import Speaker

Json = dict[str, Any]

MAGIC = "tracehold/dossier/v1"


@dataclass(frozen=True, slots=True)
class Heard:
    """The facts that an answer was derived from, who stated each, and the events as they were signed."""

    facts: Mapping[Fingerprint, Fact]
    speakers: Mapping[Fingerprint, Speaker]
    payloads: Mapping[Fingerprint, bytes] = field(default_factory=dict)

    def parties(self, name: Fingerprint) -> set[str]:
        """Who speaks in a statement, and whom it names."""
        return {self.speakers[name].party, *self.facts[name].parties}

    def custody(self, name: Fingerprint) -> Custody:
        """What a statement says of who has what it is about."""
        return custody(parse_event(self.payloads[name], Mode.TOLERANT), self.speakers[name].party)


def answer_json(question: Question, result: Result, heard: Heard, said: Iterable[Gap]) -> Json:
    """The answer. `said` are the gaps that its node found, which follow from nothing here: where records were
    kept back from it, it does not say what they do not say.
    """
    said = list(said)
    gaps = spoken_for(result.gaps, said)
    told: Json = {
        "gaps": gaps_json(gaps),
        "truncated": result.truncated,
        "complete": not (gaps or said or result.truncated),
    }
    tell = _Teller(question, heard)
    match result:
        case TraceResult(items=items, events=events, contradicted_by=against):
            late = {name for item in items if item.against_time for name in item.via}
            told["items"] = [
                {
                    "item": each.item,
                    "depth": each.depth,
                    "via": [name.hex() for name in each.via],
                    "againstTime": each.against_time,
                }
                for each in items
            ]
            told["events"] = [tell.event(name, noted(name, late, against)) for name in events]
        case HistoryResult(events=found):
            told["events"] = [
                tell.event(each.fingerprint, ["CONTRADICTS"] * each.contradicts)
                | {"role": str(each.role), "through": each.through}
                for each in found
            ]
        case ContentsResult(children=children, components=components, events=events, contradicted_by=against):
            told["children"], told["components"] = _held_json(children), _held_json(components)
            told["events"] = [tell.event(name, noted(name, (), against)) for name in events]
        case StateResult(events=events, contradicted_by=others):
            told |= _state_json(result, heard)
            told["events"] = [tell.event(name) for name in events]
            told["contradictedBy"] = [tell.event(name) for name in others]
        case ComplaintResult():
            told |= _common_json(result, heard, tell)
        case RecalledResult(affected=affected, stands=stands, events=events):
            late = {name for each in affected.items if each.against_time for name in each.via}
            told["items"] = [_affected_json(each) for each in affected.items]
            told["standing"] = [_standing_json(item, state, heard) for item, state in stands]
            against = affected.contradicted_by
            told["events"] = [tell.event(name, noted(name, late, against)) for name in events]
    if told["truncated"]:
        told["complete"] = False
    return told


def _common_json(result: ComplaintResult, heard: Heard, tell: "_Teller") -> Json:
    parties = meeting_parties(result.passed, heard.parties)
    met = [*((each.place, each.told_by) for each in result.places[:MOST_MET]), *parties[:MOST_MET]]
    against = result.contradicted_by
    names = {*result.common.events, *(name for _, told_by in met for name in told_by), *against}
    return {
        "items": [
            {"item": each.item, "depths": list(each.depths), "againstTime": each.against_time}
            for each in result.common.items
        ],
        "places": [
            {"place": each.place, "toldBy": [name.hex() for name in each.told_by]}
            for each in result.places[:MOST_MET]
        ],
        "parties": [
            {"party": party, "toldBy": [name.hex() for name in told_by]}
            for party, told_by in parties[:MOST_MET]
        ],
        "events": [
            tell.event(name, noted(name, (), against))
            for name in sorted(names, key=lambda name: order(heard.facts[name]))
        ],
        "truncated": result.common.truncated or max(len(result.places), len(parties)) > MOST_MET,
    }


def noted(name: Fingerprint, late: Collection[Fingerprint], against: Collection[Fingerprint]) -> list[str]:
    """What follows from the rules about an event: that it only counts against the order of time, and that it
    contradicts what others say.
    """
    return ["TIME_ORDER"] * (name in late) + ["CONTRADICTS"] * (name in against)


def _affected_json(each: Affected) -> Json:
    return {
        "item": each.item,
        "depth": each.depth,
        "via": [name.hex() for name in each.via],
        "comesFrom": list(each.comes_from),
        "againstTime": each.against_time,
    }


def _standing_json(item: str, state: StateResult, heard: Heard) -> Json:
    told = _state_json(state, heard)
    return told | {"item": item, "contradictedBy": [name.hex() for name in state.contradicted_by]}


def gaps_json(gaps: Iterable[Gap]) -> list[Json]:
    """Where an answer is not whole, by item."""
    found = sorted(set(gaps), key=lambda gap: (gap.item, gap.reason, gap.detail))
    return [{"item": gap.item, "reason": str(gap.reason), "detail": gap.detail} for gap in found]


class _Teller:
    """Events of one answer, in words."""

    def __init__(self, question: Question, heard: Heard) -> None:
        self._heard = heard
        self._declared: dict[int, list[Fact]] = {}
        for fact in heard.facts.values():
            if fact.declares_error and is_known(fact, question.known_at):
                self._declared.setdefault(fact.instant, []).append(fact)

    def event(self, name: Fingerprint, flags: Sequence[str] = ()) -> Json:
        fact, speaker = self._heard.facts[name], self._heard.speakers[name]
        doubted = any(disputes(error, fact) for error in self._declared.get(fact.instant, ()))
        return {
            "fingerprint": name.hex(),
            "eventId": fact.event_id,
            "timeMicros": fact.instant,
            "type": str(fact.type),
            "action": str(fact.action) if fact.action else None,
            "bizStep": fact.step,
            "bizLocation": fact.place,
            "party": speaker.party,
            "operator": speaker.operator,
            "level": str(speaker.level),
            "flags": [*flags, *["DISPUTED"] * doubted],
        }


def is_known(fact: Fact, known_at: int | None) -> bool:
    """Whether the fact was known by that time (milliseconds since 1970); None: by all that is known."""
    return known_at is None or (fact.known_ms is not None and fact.known_ms <= known_at)


def _state_json(result: StateResult, heard: Heard) -> Json:
    return {
        "places": [
            {"place": at.place, "sinceMicros": at.since, "toldBy": at.told_by.hex()} for at in result.places
        ],
        "disposition": result.disposition,
        "lasting": list(result.lasting),
        "around": _held_json(result.around),
        "partOf": _held_json(result.part_of),
        "amounts": [{"amount": amount, "unit": unit} for amount, unit in result.amounts],
        "ended": result.ended,
        "custodians": [_custody_json(name, heard) for name in result.handled_by],
    }


def _custody_json(name: Fingerprint, heard: Heard) -> Json:
    found = heard.custody(name)
    since = heard.facts[name].instant
    return {
        "party": found.party,
        "boundFor": found.bound_for,
        "sinceMicros": since,
        "toldBy": name.hex(),
    }


def _held_json(held: Iterable[Held]) -> list[Json]:
    return [
        {
            "item": each.item,
            "parent": each.parent,
            "sinceMicros": each.since,
            "amounts": [{"amount": amount, "unit": unit} for amount, unit in each.amounts],
            "openedBy": each.opened_by.hex(),
        }
        for each in held
    ]
