"""Records that stand in several logs, by what was known at a time: which of their places shows it.

A record is known since the first of the logs that hold it was anchored, and the evidence of one place shows
when that log was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tracehold.core.dossier import is_known
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Fact, Gap, GapReason
from tracehold.journey.inquiry import Inquiry
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.ports import Position
from tracehold.journey.receipts import Receipts


@dataclass(frozen=True, slots=True)
class Known:
    """Facts that evidence shows to be known. `moved`: some are not as the inquiry had them: in the voice that
    they have at another place, or left out, which is told by a gap.
    """

    facts: Mapping[Fingerprint, Fact]
    moved: bool = False
    gaps: tuple[Gap, ...] = ()


async def known_then(knowledge: Knowledge, inquiry: Inquiry, known_at: int | None) -> Known:
    """What the inquiry found that was known by then (milliseconds). Where the place at which a record was
    read came later, it is read at another one that is kept here; where none shows it, it is left out.
    """
    facts = {name: fact for name, fact in inquiry.facts.items() if is_known(fact, known_at)}
    if known_at is None:
        return Known(facts)
    late = await _late(knowledge, inquiry, facts, known_at)
    if not late:
        return Known(facts)
    for name, place in (await _earlier(knowledge, late, known_at)).items():
        entry = (await knowledge.log.read(place.log, place.index, place.index + 1))[0]
        if entry.fingerprint == name and await inquiry.admission.place(entry):
            voice = inquiry.elsewhere.hearing.voice(inquiry.admission.admitted[name])
            facts[name] = replace(facts[name], issuer=voice)
            late.discard(name)
    for name in late:
        del facts[name]
    why = f"{len(late)} records were known by then in logs of which no copy is here"
    return Known(facts, True, (Gap("", GapReason.NOT_COVERED, why),) if late else ())


async def _late(
    knowledge: Knowledge, inquiry: Inquiry, facts: Mapping[Fingerprint, Fact], known_at: int
) -> set[Fingerprint]:
    """Those whose place, here, shows only that they were known later."""
    admitted = inquiry.admission.admitted
    places = {name: Position(admitted[name].log, admitted[name].index) for name in facts}
    kept = await knowledge.log.find(list(facts))
    here = {name: place for name, place in places.items() if kept.get(name) == place}
    times = await Receipts(knowledge.log).known(here)
    return {name for name, time in times.items() if time > known_at}


async def _earlier(
    knowledge: Knowledge, late: set[Fingerprint], known_at: int
) -> dict[Fingerprint, Position]:
    """Other places of these that show it, of several the one that was known first."""
    best: dict[Fingerprint, tuple[int, Position]] = {}
    for log in sorted(await knowledge.log.logs()):
        places = await knowledge.log.find(list(late), within=log)
        times = await Receipts(knowledge.log).known(places)
        for name, place in places.items():
            if times[name] <= known_at and (name not in best or times[name] < best[name][0]):
                best[name] = times[name], place
    return {name: place for name, (_, place) in best.items()}
