"""The answer once more, from nothing but records that were verified."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tracehold.core import strict_json
from tracehold.core.dossier.file import Dossier, Place
from tracehold.core.dossier.groups import Pair
from tracehold.core.dossier.question import Question, Result
from tracehold.core.dossier.telling import Heard, Json, answer_json
from tracehold.core.epcis import Mode, parse_event
from tracehold.core.epcis.event_hash import event_hash
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.core.lineage import Fact, fact_of, touched
from tracehold.core.receipt import parse_receipt
from tracehold.core.record import CONTROL_KINDS, Kind, Record, parse
from tracehold.core.roster import Roster
from tracehold.core.speaker import Speaker
from tracehold.core.voices import voice


@dataclass(frozen=True, slots=True)
class Verified:
    """A record whose evidence holds, at its place, in its speaker's words. `known_ms` is when others could
    know it: time of the anchor's block, else of the checkpoint, in milliseconds since 1970. `controls` are
    the control records that came with it, with their receipts.
    """

    record: Record
    place: Place
    speaker: Speaker
    known_ms: int
    controls: tuple[Pair, ...]


def derived(dossier: Dossier, records: Sequence[Verified]) -> Json:
    """The answer to the dossier's question as these records give it.

    Raises PROOF_INVALID for a record that is neither an event nor a control record, and for an event that
    cannot be read: no answer was derived from either.
    """
    rosters = _rosters(records)
    heard = Heard(
        {
            each.record.fingerprint: _fact(each, rosters)
            for each in records
            if each.record.header.kind not in CONTROL_KINDS
        },
        {each.record.fingerprint: each.speaker for each in records},
    )
    result = answered(dossier.question, heard.facts.values())
    return answer_json(dossier.question, result, heard, dossier.said.gaps)


def answered(question: Question, facts: Iterable[Fact]) -> Result:
    """What the rules make of these facts."""
    by_item: defaultdict[str, list[Fact]] = defaultdict(list)
    by_process: defaultdict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        for item in touched(fact):
            by_item[item].append(fact)
        if fact.transformation_id is not None:
            by_process[fact.transformation_id].append(fact)
    walk = question.walk()
    while not walk.done:
        wanted = walk.wanted()
        walk.feed(fact for item in wanted.items for fact in by_item.get(item, ()))
        walk.feed(fact for name in wanted.transformations for fact in by_process.get(name, ()))
    result: Result = walk.result()
    return result


def _fact(each: Verified, rosters: Mapping[LogId, Roster]) -> Fact:
    record = each.record
    if record.header.kind != Kind.EVENT:
        raise _false(f"record {record.fingerprint.hex()} is no event")
    issuer = voice(rosters, each.speaker, each.place.log, each.place.index)
    try:
        event, name = (
            parse_event(record.payload, Mode.TOLERANT),
            event_hash(strict_json.loads(record.payload)),
        )
    except Rejected as error:
        raise _false(f"event {record.fingerprint.hex()} cannot be read: {error.message}") from error
    return fact_of(event, record.fingerprint, issuer, event_hash=name, known_ms=each.known_ms)


def _rosters(records: Sequence[Verified]) -> Mapping[LogId, Roster]:
    """Who speaks in each log, as far as the control records in the file tell: those in the evidence of its
    records, and those that are records themselves.
    """
    told: defaultdict[LogId, dict[bytes, int]] = defaultdict(dict)
    for controls, log in {(each.controls, each.place.log) for each in records}:
        told[log].update((raw, parse_receipt(receipt).index) for raw, receipt in controls)
    for each in records:
        if each.record.header.kind in CONTROL_KINDS:
            told[each.place.log][each.record.raw] = each.place.index
    return {log: _roster(found) for log, found in told.items()}


def _roster(told: Mapping[bytes, int]) -> Roster:
    (_, header), *others = sorted((index, raw) for raw, index in told.items())
    roster = Roster.from_header(parse(header))
    for index, raw in others:
        try:
            roster.apply(index, parse(raw))
        except Rejected:
            pass  # what it rests on is not in the file: then it says nothing here
    return roster


def _false(message: str) -> Rejected:
    return Rejected("PROOF_INVALID", message)
