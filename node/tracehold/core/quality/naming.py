"""Names of events: one id for two events, one event by two issuers."""

from collections import defaultdict
from collections.abc import Iterator

from tracehold.core.lineage import Fact, same_event, touched
from tracehold.core.quality.around import Around
from tracehold.core.quality.codes import Code
from tracehold.core.quality.finding import Finding


def event_id_reused(name: str, facts: Around) -> Iterator[Finding]:
    """Different events that one issuer says under one event id. What was taken back may be said anew."""
    by_issuer: defaultdict[str, list[Fact]] = defaultdict(list)
    for fact in facts.events:
        for said in facts.statements[fact.fingerprint]:
            if said.event_id == name:
                by_issuer[said.issuer].append(said)
    for said_by in by_issuer.values():
        for fact in said_by:
            others = [o.fingerprint for o in said_by if same_event(o) != same_event(fact)]
            if others:
                yield Finding(Code.EVENT_ID_REUSED, fact.fingerprint, "/eventID", min(others))


def said_by_others(item: str, facts: Around) -> Iterator[Finding]:
    """The statements of one event, by its hash, that several issuers make; each told once, at the first of
    its items.
    """
    for fact in facts.events:
        if fact.event_hash is None or item != min(touched(fact), default=""):
            continue
        for said in (told := facts.statements[fact.fingerprint]):
            others = [other.fingerprint for other in told if _party(other) != _party(said)]
            if others:
                yield Finding(Code.SAID_BY_OTHERS, said.fingerprint, "", min(others))


def _party(fact: Fact) -> str:
    """Who speaks, through whatever operator (`core.voices`)."""
    return fact.issuer.partition(" by ")[0]
