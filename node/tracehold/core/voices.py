"""Which speakers are one: only the same speaker takes a statement back (protocol section 4).

A speaker is a party together with the operator that vouches for it, so what two operators say in one party's
name are two voices. A party that changes operator makes them one by a move: said in both logs, with one key
of its own that both have enrolled for it.

    log of A   enrol K for P  . . . . . . . . . .  move by K  | another voice, if it says anything for P
    log of B                   . . enrol K for P  . . . move by K . . . . . . . . . . . . . . . . . . . .
               '-- one voice: A's log for P up to the move, and B's log for P, before the move and after --'

So no operator gets at the voice that another one vouches for without the party's signature, and no party
gets at it without both operators. A move that a revocation doubts (`suspect since`) joins nothing and parts
nothing.
"""

from collections.abc import Mapping

from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.core.record import parse
from tracehold.core.roster import Roster, Speaker

Rosters = Mapping[LogId, Roster]
"""Those that are known here, each with every control record that tells of the parties asked about."""


def voice(rosters: Rosters, speaker: Speaker, log: LogId, index: int) -> str:
    """One name for the speaker of an entry of a log: equal for what is one speaker, as far as is known."""
    party, operator, seen = speaker.party, speaker.operator, set[tuple[LogId, int]]()
    while (here := rosters.get(log)) and (step := _next(rosters, here, party, index)) and step not in seen:
        seen.add(step)
        log, index = step
        operator = rosters[log].operator
    before = [moved for moved in here.moves(party) if moved.index < index] if here else []
    # The first stay of a party with an operator has the plain name, in all logs of that operator.
    stay = f" after {log.hex()}/{before[-1].index}" if before else ""
    return f"{party} by {operator}{stay}"


def overheard(told: Mapping[bytes, int]) -> Roster:
    """The roster that some control records of a log tell, its header among them: their bytes, which were
    verified, and where each stands. One that rests on what is not among them says nothing. Raises as
    `Roster.from_header`.
    """
    (_, header), *others = sorted((index, raw) for raw, index in told.items())
    roster = Roster.from_header(parse(header))
    for index, raw in others:
        try:
            roster.apply(index, parse(raw))
        except Rejected:
            pass  # what it rests on was not handed over
    return roster


def _next(rosters: Rosters, here: Roster, party: str, index: int) -> tuple[LogId, int] | None:
    """The log that the party moved to after entry `index`, and the entry by which it came there."""
    moved = next((moved for moved in here.moves(party) if moved.index >= index), None)
    there = rosters.get(moved.move.log) if moved else None
    if moved is None or there is None:
        return None
    same = (moved.kid, moved.move)
    return next(((there.log, at.index) for at in there.arrivals(party) if (at.kid, at.move) == same), None)
