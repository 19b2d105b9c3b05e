"""What a node that leaves keeps, and what others have of it: asked anew at each look.

Others are asked after the wish to leave stood, never before, so two nodes that leave at once never count each
other's copies.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.spans import Spans, common, joined
from tracehold.journey.cargo import newest_anchored
from tracehold.journey.drain import Left, Other, Owed, check_leaving, left_over, segments_of
from tracehold.journey.health import Health, Thought
from tracehold.journey.holders import Holders
from tracehold.journey.ports import AnchorState, Copies, Greeting, Ledger, Member, Peers, RecordLog, Role


@dataclass(frozen=True, slots=True)
class Found:
    """What is left: `entries` of the own log that no final anchor covers, and the segments of all logs that
    too few others keep. `segments` of other logs are kept here in all. `calm`: enough members answer to say
    so. `open` are the logs whose creators, which are there, have not anchored yet what they were told to be
    kept here; looked up when nothing else is left.
    """

    entries: int
    left: Sequence[Left]
    segments: int
    calm: bool
    open: Sequence[LogId] = ()

    @property
    def copied(self) -> bool:
        """Whether others have everything."""
        return self.calm and not self.entries and not self.left

    @property
    def nothing(self) -> bool:
        """Whether nobody counts on this node any more. Until an anchor covers it, what was acknowledged here
        holds up a state that creators told their providers, and may be in the anchor that comes.
        """
        return self.copied and not self.open


@dataclass(frozen=True, slots=True)
class Handover:
    """Of a node; `target` copies are wanted of all that it keeps, its own not among them. `holders` are those
    of its own log.
    """

    holders: Holders
    store: RecordLog
    copies: Copies
    ledger: Ledger
    peers: Peers
    thought: Thought
    target: int

    @property
    def log(self) -> LogId:
        """The node's own log."""
        return self.holders.log

    async def look(self, members: Sequence[Member], own: Member) -> Found:
        """How far it is. Raises `Rejected("STILL_NEEDED")`, `Unavailable("CHAIN_DOWN")`, and what the store
        raises.
        """
        # What is owed first, and what others have after: theirs only grows meanwhile.
        entries = await self._unfinished()
        owed = await self._owed(members, own)
        calm = self.thought.calm
        there = [each for each in members if each.active and each.number != own.number]
        # Whoever is lost keeps nothing, and is not waited for.
        lost = {each.number for each in there if calm and self.thought.health(each.number) is Health.LOST}
        others, leaving = await self._others([each for each in there if each.number not in lost])
        check_leaving(members, own, (await self.ledger.network()).quorum, lost | leaving)
        segments = sum(len(segments_of(each.spans)) for each in owed[1:])
        found = Found(entries, left_over(owed, others, self.target), segments, calm)
        return replace(found, open=await self._open(owed[1:], members)) if found.copied else found

    async def _open(self, owed: Sequence[Owed], members: Sequence[Member]) -> Sequence[LogId]:
        creators = {each.log: each for each in members}
        kept = {each.log: each.spans[-1][1] for each in owed if each.spans}
        alive = [log for log in kept if await self._grows(log, creators.get(log))]
        return [log for log in alive if (await self.ledger.head(creators[log].number)).size < kept[log]]

    async def _unfinished(self) -> int:
        final = await self.store.anchors(self.log, {AnchorState.FINAL}, newest=1)
        return await self.store.size(self.log) - (final[-1].size if final else 0)

    async def _owed(self, members: Sequence[Member], own: Member) -> Sequence[Owed]:
        """All that is kept, the own log first."""
        creators = {each.log: each for each in members}
        owed = [Owed(self.log, ((0, await self.store.size(self.log)),), own.operator_number)]
        for log in await self.store.logs():
            if log != self.log:
                creator = creators.get(log)
                spans = await self._spans(log, creator)
                owed.append(Owed(log, spans, creator.operator_number if creator else 0))
        return owed

    async def _spans(self, log: LogId, creator: Member | None) -> Spans:
        """What others shall have of a log: all of it, also what its creator was told to be kept and may
        never anchor; of one that was seen in two states, or whose member never began, what is anchored, since
        nobody takes more.
        """
        spans, anchored = joined(await self.store.spans(log)), await newest_anchored(self.store, log)
        if creator is not None:
            anchored = max(anchored, (await self.ledger.head(creator.number)).size)
            if (anchored or Role.CREATOR in creator.roles) and not await self.copies.forks(log):
                return spans
        return common(spans, [(0, anchored)])

    async def _grows(self, log: LogId, creator: Member | None) -> bool:
        """Whether its creator may anchor more of it."""
        if creator is None or not creator.active or Role.CREATOR not in creator.roles:
            return False
        return self.thought.health(creator.number) is not Health.LOST and not await self.copies.forks(log)

    async def _others(self, there: Collection[Member]) -> tuple[Sequence[Other], set[int]]:
        """Those of them that stay and can be reached, with what they say now; and the numbers of those that
        leave, too.
        """
        others: list[Other] = []
        leaving: set[int] = set()
        asked = await asyncio.gather(*(self._hello(each.number) for each in there))
        for each, (listed, greeting) in zip(there, asked, strict=True):
            if greeting and greeting.draining:
                leaving.add(each.number)
            elif listed:
                others.append(self._other(each, greeting))
        return others, leaving

    def _other(self, member: Member, greeting: Greeting | None) -> Other:
        kept = dict(greeting.coverage) if greeting else None
        if kept is not None:
            # When its creator is gone nobody asks for the own log again: what counts of it is signed, too.
            kept[self.log] = common(kept.get(self.log, ()), _signed(self.holders, member.number))
        return Other(member.number, member.operator_number, member.log, Role.HOLDER in member.roles, kept)

    async def _hello(self, node: int) -> tuple[bool, Greeting | None]:
        """Whether it can be asked at all, and what it says."""
        peer = await self.peers.node(node)
        if peer is None:
            return False, None
        try:
            return True, await peer.hello()
        except Unavailable:
            return True, None


def _signed(holders: Holders, node: int) -> Spans:
    """Entries of the own log that a node acknowledged."""
    copies = (holders.copy(segment, node) for segment in holders.segments)
    return joined((copy.segment * SEGMENT_ENTRIES, copy.size) for copy in copies if copy)
