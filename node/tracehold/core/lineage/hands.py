"""Who has an item: by which statement, and what that says of it (docs/lineage.md, "Hands")."""

from collections.abc import Iterable
from dataclasses import dataclass

from tracehold.core.epcis.model import Action, Event, SourceDest
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage.facts import Fact
from tracehold.core.lineage.stays import Concerning, speaks_of_place
from tracehold.core.lineage.steps import SENT_OFF, TAKEN_OVER
from tracehold.core.lineage.voids import order

_POSSESSING = "possessing_party"


@dataclass(frozen=True, slots=True)
class Custody:
    """`party` has it; `bound_for` is who gets it, where it is on its way to somebody, else empty."""

    party: str
    bound_for: str = ""


def custody(event: Event, speaker: str) -> Custody:
    """What an event on an item says of who has it (CBV 2.0, source and destination type `possessing_party`:
    who had it before the transfer, who has it at its end). While it is on its way, who sent it off answers
    for it; where nobody is named, the event's speaker does."""
    before, after = _possessor(event.sources), _possessor(event.destinations)
    if event.biz_step in SENT_OFF or event.disposition == "in_transit":
        return Custody(before or speaker, after or "")
    return Custody(after or speaker)


def _possessor(ends: Iterable[SourceDest]) -> str | None:
    return next((end.id.canonical for end in ends if end.type == _POSSESSING), None)


def handling(concerning: Iterable[Concerning], *, several: bool) -> tuple[Fingerprint, ...]:
    """The statements by which it is told who has an item: the last one that handled it, itself or in what
    held it; of amounts (`several`), which many may have, the last one of each speaker. Where nobody handled
    it, the last look at it. In order of time."""
    told = sorted(concerning, key=lambda entry: _hand_order(entry[0]))
    handled = [fact for fact, through in told if handles(fact, through)]
    chosen = handled or [fact for fact, _ in told if fact.sensed is None]
    newest = {fact.issuer if several else "": fact for fact in chosen}
    return tuple([fact.fingerprint for fact in sorted(newest.values(), key=_hand_order)])


def handles(fact: Fact, item: str) -> bool:
    """Whether an event moves, makes, packs or hands over what it names: who only looks at it, has it not."""
    return fact.action is not Action.OBSERVE or fact.step in TAKEN_OVER or speaks_of_place(fact, item)


def _hand_order(fact: Fact) -> tuple[int, bool, int, str, bytes]:
    """At one instant who sends off goes before who is there."""
    instant, effect, fingerprint = order(fact)
    return instant, fact.step not in SENT_OFF, effect, fact.issuer, fingerprint
