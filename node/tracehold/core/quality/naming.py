"""Names of events: one id for two events, one event by two issuers."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tracehold.core.ids import Fingerprint
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
        for fact, other in _beside_others([(same_event(fact), fact) for fact in said_by]):
            yield Finding(Code.EVENT_ID_REUSED, fact.fingerprint, "/eventID", other)


def said_by_others(item: str, facts: Around) -> Iterator[Finding]:
    """The statements of one event, by its hash, that several issuers make; each told once, at the first of
    its items.
    """
    for fact in facts.events:
        if fact.event_hash is None or item != min(touched(fact), default=""):
            continue
        told = facts.statements[fact.fingerprint]
        for said, other in _beside_others([(_party(said), said) for said in told]):
            yield Finding(Code.SAID_BY_OTHERS, said.fingerprint, "", other)


def _beside_others(facts: Sequence[tuple[object, Fact]]) -> Iterator[tuple[Fact, Fingerprint]]:
    """Of facts of several kinds, each with the first one by name that is of another kind."""
    first: dict[object, Fingerprint] = {}
    for kind, fact in facts:
        first[kind] = min(first.get(kind, fact.fingerprint), fact.fingerprint)
    if len(first) < 2:
        return
    least, second = sorted(first.values())[:2]
    for kind, fact in facts:
        yield fact, second if first[kind] == least else least


def _party(fact: Fact) -> str:
    """Who speaks, through whatever operator (`core.voices`)."""
    return fact.issuer.partition(" by ")[0]
