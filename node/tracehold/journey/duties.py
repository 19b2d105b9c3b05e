"""Duties: which segments of the logs of others this node shall hold though nobody ships them.

Where a creator is lost, everybody comes to the same answer from the chain, from who is heard and from what
the members say they keep (decision note 0012): of each segment `target` copies at members of distinct
operators, none of them the creator's; what is missing is taken by the nearest that are up, in the order of
placement. While a creator lives, its log is its own job, but for catching up: a copy here that is far behind
the chain is fetched from others, and one whose creator is silent is fetched however little it lacks.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.placement import Candidate, distance, nearest, segment_key
from tracehold.core.spans import Spans, covers, reach
from tracehold.journey.cargo import segment_end
from tracehold.journey.health import Health, Outlook
from tracehold.journey.ports import Member, Role

MOST_SEGMENTS = 16_384
"""Of one log that are looked at: a creator anchors any size it likes."""

SLICE = 64
"""Segments that are looked at before others get their turn."""


@dataclass(frozen=True, slots=True)
class Duty:
    """To hold entries [start, stop) of a segment of this creator's log. Up to `anchored` the chain has roots
    over them; what is behind is of an open segment whose creator is lost. `copies` are there by now.
    """

    creator: Member
    segment: int
    stop: int
    anchored: int
    copies: int

    @property
    def start(self) -> int:
        """The segment's first entry."""
        return self.segment * SEGMENT_ENTRIES


@dataclass(frozen=True, slots=True)
class View:
    """What this node knows at one look.

    `me` is its member, `members` are all that were ever enrolled, `heads` the anchored sizes of the logs that
    matter, `spans` what is kept here of logs of others. `wishes` are the sizes up to which couriers asked
    lately, by log and segment, `shipping` the logs whose couriers were heard here. `far`: entries that a copy
    lacks, and more, where it is fetched though its creator is up.
    """

    me: Member
    members: Sequence[Member]
    heads: Mapping[LogId, int]
    spans: Mapping[LogId, Spans]
    outlook: Outlook
    target: int
    far: int
    wishes: Mapping[LogId, Mapping[int, int]]
    shipping: frozenset[LogId] = frozenset()
    overdue: Mapping[tuple[LogId, int], int] = field(default_factory=dict)
    """For how many hours, by log and segment, copies are missing already."""

    def over(self, heads: Mapping[LogId, int], overdue: Mapping[tuple[LogId, int], int]) -> "View":
        """The same with these heads."""
        return replace(self, heads=heads, overdue=overdue)

    def end(self, duty: "Duty") -> int:
        """Where the copy here of a segment ends."""
        return reach(self.spans.get(duty.creator.log, ()), duty.start) or duty.start

    def tail(self, duty: "Duty") -> bool:
        """Whether all that the copy here lacks of it is behind the anchors."""
        return self.end(duty) >= duty.anchored

    def lost(self, creator: Member) -> bool:
        """Whether nobody will ship this creator's log: it is no active creator, or was silent for long."""
        if not creator.active or Role.CREATOR not in creator.roles:
            return True
        return self.outlook.health(creator.number) is Health.LOST and creator.log not in self.shipping

    def up(self, member: Member) -> bool:
        """Whether another member is an active one that answers, or did until a moment ago."""
        return member.active and self.outlook.health(member.number) is Health.UP

    def kept(self, member: Member, log: LogId) -> Spans:
        """What a member keeps of a log; this node by its own disk."""
        if member.number == self.me.number:
            return self.spans.get(log, ())
        return self.outlook.kept(member.number).get(log, ())

    def keepers(self, creator: Member, at: int) -> list[Member]:
        """Other active members that say they keep this entry and are not lost, nearest first, those that are
        not up behind them, and the creator last.
        """
        key = segment_key(creator.log, at // SEGMENT_ENTRIES)
        found = [
            each
            for each in self.members
            if each.active
            and each.number != self.me.number
            and self.outlook.health(each.number) is not Health.LOST
            and covers(self.kept(each, creator.log), at)
        ]
        number = creator.number
        return sorted(
            found, key=lambda m: (m.number == number, not self.up(m), distance(m.log, key), m.number)
        )


async def duties(view: View) -> Sequence[Duty]:
    """What this node shall hold and does not, those with the fewest copies first. What is anchored comes
    before all that is not, which rests on the word of members alone.
    """
    found: dict[tuple[LogId, int], Duty] = {}
    for creator in view.members:
        if creator.operator_number == view.me.operator_number or creator.log not in view.heads:
            continue
        for duty in [*_behind(view, creator), *[each async for each in _taken(view, creator)]]:
            known = found.get((creator.log, duty.segment))
            if known is None or known.stop < duty.stop:
                found[creator.log, duty.segment] = duty
    due = [
        duty if view.tail(duty) or duty.stop == duty.anchored else replace(duty, stop=duty.anchored)
        for duty in found.values()
    ]
    return sorted(due, key=lambda e: (view.tail(e), e.copies, e.creator.number, e.segment))


def _behind(view: View, creator: Member) -> Iterator[Duty]:
    """Copies that are here and lack what is anchored, and those that a courier asked for."""
    log, head = creator.log, view.heads[creator.log]
    silent = view.lost(creator) or not (view.up(creator) or log in view.shipping)
    for _, stop in view.spans.get(log, ()):
        if stop % SEGMENT_ENTRIES:
            duty = _duty(view, creator, stop // SEGMENT_ENTRIES)
            if duty.stop - stop > (0 if silent else view.far):
                yield duty
    for segment, size in view.wishes.get(log, {}).items():
        duty = _duty(view, creator, segment)
        if min(size, head, duty.stop) - view.end(duty) > view.far:
            yield duty


async def _taken(view: View, creator: Member) -> AsyncIterator[Duty]:
    """Segments of a lost creator that this node is among the nearest to take."""
    if not view.outlook.calm or not view.lost(creator):
        return
    if not view.me.active or Role.HOLDER not in view.me.roles:
        return
    async for duty in _segments(view, creator):
        if (reach(view.spans.get(creator.log, ()), duty.start) or 0) >= duty.stop:
            continue
        if view.me.number in _takers(view, duty)[1]:
            yield duty


async def lacking(view: View) -> frozenset[tuple[LogId, int]]:
    """Segments of lost creators that have too few copies, by log and number."""
    lost = [each for each in view.members if each.log in view.heads and view.lost(each)]
    return frozenset(
        [
            (creator.log, duty.segment)
            for creator in lost
            async for duty in _segments(view, creator)
            if _takers(view, duty)[0]
        ]
    )


async def _segments(view: View, creator: Member) -> AsyncIterator[Duty]:
    """All that there are of a lost creator's log."""
    last = _open(view, creator, view.heads[creator.log])
    for segment in range(min(last + 1, MOST_SEGMENTS)):
        if segment % SLICE == SLICE - 1:
            await asyncio.sleep(0)
        duty = _duty(view, creator, segment)
        if duty.stop > duty.start:
            yield duty


def _takers(view: View, duty: Duty) -> tuple[int, Sequence[int]]:
    """How many copies of a segment are missing, and the nodes that shall take it, by number: as many, and one
    more for each hour in which that came to nothing, since one of them may have no room.
    """
    end = max(duty.anchored, duty.start + 1)
    there, able = set(), []
    for each in view.members:
        mine = each.number == view.me.number
        if not each.active or each.operator_number == duty.creator.operator_number:
            continue
        if not mine and (
            view.outlook.health(each.number) is Health.LOST or view.outlook.draining(each.number)
        ):
            continue
        if (reach(view.kept(each, duty.creator.log), duty.start) or 0) >= end:
            there.add(each.operator_number)
        elif Role.HOLDER in each.roles and (mine or view.up(each)):
            able.append(Candidate(each.number, each.operator_number, each.log))
    free = [each for each in able if each.operator not in there]
    order = nearest(duty.creator.log, duty.segment, free, own=duty.creator.operator_number)
    missing = max(view.target - len(there), 0)
    late = view.overdue.get((duty.creator.log, duty.segment), 0) if missing else 0
    return missing, [each.node for each in order[: missing + late]]


def _duty(view: View, creator: Member, segment: int) -> Duty:
    """To hold what there is of a segment: its anchored part, and where the creator is lost, what others have
    beyond it.
    """
    log, start = creator.log, segment * SEGMENT_ENTRIES
    anchored = max(min(segment_end(segment), view.heads[log]), start)
    keepers = view.keepers(creator, max(anchored - 1, start))
    stop = anchored
    if view.lost(creator):
        ends = [end for m in keepers if (end := reach(view.kept(m, log), anchored)) is not None]
        stop = min(max([anchored, *ends]), segment_end(segment))
    return Duty(creator, segment, stop, anchored, len({each.operator_number for each in keepers}))


def _open(view: View, creator: Member, head: int) -> int:
    """The last segment that may have entries: that behind the head too, where somebody keeps its first."""
    following = head // SEGMENT_ENTRIES
    # Who is suspended or revoked has no roles any more, and may have been a creator.
    began = head > 0 or not creator.roles or Role.CREATOR in creator.roles
    if head % SEGMENT_ENTRIES or (began and view.keepers(creator, head)):
        return following
    return following - 1
