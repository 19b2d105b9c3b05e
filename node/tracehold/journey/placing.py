"""Placing: holders are chosen when a segment opens, and stay; who is missing is replaced by the next nearest.

What a crash means: a holder that was chosen and not told of it is told by the first shipment after the start.
"""

from collections.abc import Collection, Sequence

from tracehold.core.placement import Candidate, nearest
from tracehold.journey.holders import Holders, Roll
from tracehold.journey.ports import Copy


async def fill(
    holders: Holders,
    roll: Roll,
    segment: int,
    wanted: int,
    *,
    gone: Collection[int] = (),
    avoid: Collection[int] = (),
) -> Sequence[Copy]:
    """Choose the nearest members until holders of `wanted` operators are there, or no operator is left. Those
    that were chosen; durable on return. Holders that are `gone` fill no place, and neither they nor those to
    `avoid` are chosen; another node of their operator may be.
    """
    there = {copy.operator for copy in holders.of(segment) if copy.node not in gone}
    new: list[Copy] = []
    if len(there) >= wanted:
        return new
    for candidate in _order(holders, roll, segment, {*gone, *avoid}):
        if len(there) >= wanted:
            break
        if candidate.operator not in there:
            new.append(Copy(segment, candidate.node, candidate.operator))
            await holders.choose(new[-1])
            there.add(candidate.operator)
    return new


def _order(holders: Holders, roll: Roll, segment: int, never: Collection[int]) -> Sequence[Candidate]:
    able = [each for each in roll.holders.values() if each.number not in never]
    nodes = [Candidate(each.number, each.operator_number, each.log) for each in able]
    return nearest(holders.log, segment, nodes, own=roll.creator.operator_number)
