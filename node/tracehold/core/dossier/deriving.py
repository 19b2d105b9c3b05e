"""The answer once more, from nothing but records that were verified."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tracehold.core import strict_json
from tracehold.core.dossier.file import Dossier, Place
from tracehold.core.dossier.groups import Pair
from tracehold.core.dossier.moving import telling
from tracehold.core.dossier.question import Question, Result
from tracehold.core.dossier.telling import Heard, Json, answer_json, is_known
from tracehold.core.epcis import Mode, parse_event
from tracehold.core.epcis.event_hash import event_hash
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.lineage import Fact, fact_of, found_under
from tracehold.core.receipt import parse_receipt
from tracehold.core.record import CONTROL_KINDS, Kind, Record
from tracehold.core.roster import Roster
from tracehold.core.speaker import Speaker
from tracehold.core.voices import overheard, voice


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

    Raises PROOF_INVALID for a record that the answer was not derived from: one that the question does not
    lead to, that was not known by its time, that is neither an event nor a control record by which a party of
    these events moved, or an event that cannot be read. And where no record is about what is asked.
    """
    controls = {e.record.fingerprint: e.record for e in records if e.record.header.kind in CONTROL_KINDS}
    heard = Heard(
        facts_of(records),
        {each.record.fingerprint: each.speaker for each in records},
        {each.record.fingerprint: each.record.payload for each in records},
    )
    result, used = answered(dossier.question, heard.facts.values())
    used |= telling(controls, {heard.speakers[name].party for name in used})
    for name in sorted(heard.speakers.keys() - used):
        raise _false(f"nothing that is asked leads to record {name.hex()}")
    return answer_json(dossier.question, result, heard, dossier.said.gaps)


def facts_of(records: Sequence[Verified]) -> dict[Fingerprint, Fact]:
    """What the events among them state, each in its speaker's voice. Raises PROOF_INVALID."""
    rosters = _rosters(records)
    events = [each for each in records if each.record.header.kind not in CONTROL_KINDS]
    return {each.record.fingerprint: _fact(each, rosters) for each in events}


def answered(question: Question, facts: Iterable[Fact]) -> tuple[Result, set[Fingerprint]]:
    """What the rules make of these facts, and those that they were given: what the question leads to, found
    by the names under which a node finds it.
    """
    by_item: defaultdict[str, list[Fact]] = defaultdict(list)
    by_process: defaultdict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        if not is_known(fact, question.known_at):
            continue
        for item in found_under(fact):
            by_item[item].append(fact)
        if fact.transformation_id is not None:
            by_process[fact.transformation_id].append(fact)
    walk = question.walk()
    given = set[Fingerprint]()
    while not walk.done:
        wanted = walk.wanted()
        found = [fact for item in wanted.names for fact in by_item.get(item, ())]
        found += [fact for name in wanted.transformations for fact in by_process.get(name, ())]
        walk.feed(found)
        given.update(fact.fingerprint for fact in found)
    result: Result = walk.result()
    return result, given


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
    return {log: overheard(found) for log, found in told.items()}


def _false(message: str) -> Rejected:
    return Rejected("PROOF_INVALID", message)
