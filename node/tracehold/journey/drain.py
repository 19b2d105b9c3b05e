"""What a node that leaves in order has left to hand over, and whether it may leave at all. Rules only; nobody
is asked here.

A copy counts as kept elsewhere where another member said so itself, after this node had begun to leave: two
that leave at once then never count each other, since of two such questions the later one finds both leaving.
"""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.spans import Spans, common, without
from tracehold.journey.ports import Member, Role


@dataclass(frozen=True, slots=True)
class Other:
    """Another active member that stays. `kept` is what it just said that it keeps; None where it did not
    answer. `holds`: the contract lets it keep logs of others.
    """

    node: int
    operator: int
    log: LogId
    holds: bool
    kept: Mapping[LogId, Spans] | None


@dataclass(frozen=True, slots=True)
class Owed:
    """Entries of a log that others shall have before this node is gone. `operator` is its creator's: none of
    its nodes is a holder of the log, as everywhere; the creator itself keeps it, where it stays.
    """

    log: LogId
    spans: Spans
    operator: int = 0


@dataclass(frozen=True, slots=True)
class Left:
    """A segment of which too few others keep the `entries` that they shall have: `kept` operators of the
    `wanted` ones. One of `silent`, the numbers of members that do not answer, may keep it.
    """

    log: LogId
    segment: int
    entries: int
    kept: int
    wanted: int
    silent: tuple[int, ...] = ()


def segments_of(spans: Spans) -> Sequence[int]:
    """The segments that entries of these are in, ascending."""
    runs = (range(start // SEGMENT_ENTRIES, (stop - 1) // SEGMENT_ENTRIES + 1) for start, stop in spans)
    return sorted({segment for run in runs for segment in run})


def left_over(owed: Sequence[Owed], others: Sequence[Other], target: int) -> Sequence[Left]:
    """The segments that are not kept yet by `target` operators, or by all that there are."""
    return [left for each in owed for left in _of_log(each, others, target)]


def _of_log(owed: Owed, others: Sequence[Other], target: int) -> Iterable[Left]:
    able = [e for e in others if e.log == owed.log or (e.holds and e.operator != owed.operator)]
    wanted = min(target, len({each.operator for each in able}))
    silent = tuple(each.node for each in able if each.kept is None)
    lacking = {each.node: set(segments_of(_lacked(owed, each))) for each in able if each.kept is not None}
    for segment in segments_of(owed.spans):
        have = {each.operator for each in able if each.node in lacking and segment not in lacking[each.node]}
        if len(have) < wanted:
            yield Left(owed.log, segment, _entries(owed.spans, segment), len(have), wanted, silent)


def _entries(spans: Spans, segment: int) -> int:
    bounds = [(segment * SEGMENT_ENTRIES, (segment + 1) * SEGMENT_ENTRIES)]
    return sum(stop - start for start, stop in common(spans, bounds))


def _lacked(owed: Owed, other: Other) -> Spans:
    return without(owed.spans, (other.kept or {}).get(owed.log, ()))


def by_log(left: Iterable[Left]) -> Mapping[LogId, int]:
    """How many segments of each log are left."""
    return Counter(each.log for each in left)


def check_leaving(members: Sequence[Member], own: Member, quorum: int, leaving: Container[int] = ()) -> None:
    """Returns if the others can go on without this node. `leaving` are the numbers of others that leave, too.

    Raises `Rejected("STILL_NEEDED")` where no other operator keeps logs, or where a creator that stays would
    find fewer operators than the contract's quorum.
    """
    stay = [e for e in members if e.active and e.number != own.number and e.number not in leaving]
    keep = {each.operator_number for each in stay if Role.HOLDER in each.roles}
    if not keep - {own.operator_number}:
        raise _needed("no other operator that stays keeps logs: there is nobody to hand over to")
    for each in stay:
        if Role.CREATOR in each.roles and len(keep - {each.operator_number}) < quorum:
            raise _needed(
                f"without this node the log of node {each.number} would find"
                f" {len(keep - {each.operator_number})} holders, and the quorum is {quorum}"
            )


def _needed(message: str) -> Rejected:
    return Rejected("STILL_NEEDED", message)
