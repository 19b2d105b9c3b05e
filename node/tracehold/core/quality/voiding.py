"""Events that were taken back, and what still rests on them."""

from collections.abc import Iterator

from tracehold.core.lineage import makes, touched
from tracehold.core.quality.around import Around
from tracehold.core.quality.codes import Code
from tracehold.core.quality.finding import Finding, pointer
from tracehold.core.quality.life import happens_to


def voided(item: str, facts: Around) -> Iterator[Finding]:
    """The events that were taken back, each told once, at the first of its items; and the declarations that
    say by the event id alone what they take back.
    """
    for void in facts.voided:
        if item == min(touched(void.fact), default=""):
            yield Finding(Code.VOIDED, void.fact.fingerprint, "", void.declaration.fingerprint)
            if void.by_id:
                error = void.declaration.fingerprint
                yield Finding(Code.VOIDED_BY_ID_ALONE, error, "/errorDeclaration", void.fact.fingerprint)


def rests_on_voided(item: str, facts: Around) -> Iterator[Finding]:
    """Events on a thing whose making was taken back, where nothing else makes it."""
    gone = [void.fact for void in facts.voided if makes(item, void.fact)]
    if not gone or any(makes(item, fact) for fact in facts.events):
        return
    other = min(gone, key=lambda fact: (fact.instant, fact.fingerprint)).fingerprint
    for fact in facts.events:
        if happens_to(item, fact):
            yield Finding(Code.RESTS_ON_VOIDED, fact.fingerprint, pointer(fact, item), other)
