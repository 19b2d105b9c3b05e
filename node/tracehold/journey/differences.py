"""Where two nodes that searched the same entries tell different things (protocol section 7): one handed over
a record which the other left out, though it says that it searched the place where it stands.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.spans import Spans, covers
from tracehold.journey.ports import Peer, Position

LOOKED_INTO = 4
"""Records of one log that are looked into for one question and peer."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What one peer answered to one question: entries that it says it searched, and records."""

    searched: Mapping[LogId, Spans]
    names: frozenset[Fingerprint]


@dataclass(frozen=True, slots=True)
class Shown:
    """A record about what was asked, that is proved, and its place."""

    place: Position
    name: Fingerprint


def left_out(answered: Answered, shown: Iterable[Shown]) -> Mapping[LogId, Sequence[Shown]]:
    """Records that an honest answer would have had, by log; a few of each."""
    found: dict[LogId, list[Shown]] = {}
    for each in shown:
        log = each.place.log
        missing = each.name not in answered.names and covers(answered.searched.get(log, ()), each.place.index)
        if missing and len(found.setdefault(log, [])) < LOOKED_INTO:
            found[log].append(each)
    return {log: some for log, some in found.items() if some}


async def fault_of(peer: Peer, shown: Shown) -> str:
    """What is wrong with a peer that left this record out, by the entry that it has there. Empty where it is
    no fault: the record was redacted. Raises `Unavailable("PEER_DOWN")`.
    """
    log, index = shown.place.log, shown.place.index
    there = (await peer.entries(log, index, index + 1)).entries
    said = f"node {peer.node} says that it searched entry {index} of log {log.hex()}"
    if not there:
        return f"{said}, and keeps no such entry"
    if there[0].fingerprint != shown.name:
        return f"{said}, and has another record there than {shown.name.hex()}"
    return f"{said}, and left out record {shown.name.hex()}" if there[0].raw else ""
