"""What one epoch's audits rest on: its block, this node's own custody record and nonce, and the anchors from
before the block, each read once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tracehold.core.audit import AskedEntry, State, Told
from tracehold.core.audit_transcript import Said
from tracehold.core.audit_verdict import NodeKey, read_custody
from tracehold.core.custody import Custody
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId, NetworkId
from tracehold.core.keys import Alg, PublicKey
from tracehold.core.owed import Anchored
from tracehold.journey.audit_seed import Seeds
from tracehold.journey.challenged import found_custody
from tracehold.journey.ports import Copies, Ledger, Member, RecordLog
from tracehold.journey.ports.audits import Transcripts
from tracehold.journey.ports.followed import Anchored as Event
from tracehold.journey.ports.followed import Followed, Place

_PAGE = 500


@dataclass(slots=True)
class Day:
    """An epoch in which this node audits. `again` says from when on a holder is asked again, in seconds since
    1970; one that is `done` is not.
    """

    epoch: int
    block: Place
    nonce: bytes
    own: Said
    custody: Custody
    anchors: dict[LogId, Sequence[Anchored]]
    again: dict[LogId, float] = field(default_factory=dict)
    done: set[LogId] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where these things are read."""

    store: RecordLog
    copies: Copies
    transcripts: Transcripts
    ledger: Ledger
    followed: Followed
    seeds: Seeds

    async def members(self) -> Mapping[LogId, Member]:
        """All nodes ever enrolled, by log."""
        return {member.log: member for member in await self.ledger.members()}

    async def day(self, own: LogId, network: NetworkId, epoch_s: int, epoch: int) -> Day | None:
        """None where the epoch has no final block yet, or this node cannot audit in it: it sealed no custody
        record, that was not anchored in time, or its nonce is lost.
        """
        block = await self.seeds.of(epoch)
        nonce = await self.transcripts.nonce(epoch)
        found = await found_custody(self.store, epoch_s, epoch) if block and nonce else None
        members = await self.members()
        if block is None or nonce is None or found is None or own not in members:
            return None
        anchors = await self.anchors([own], members, block)
        said = Said(found.evidence.record, found.evidence.receipt)
        try:
            custody = read_custody(said, network, keys_of(members[own]), own, anchors, block.number)
        except Rejected:
            return None
        return Day(epoch, block, nonce, said, custody, anchors)

    async def anchors(
        self, logs: Iterable[LogId], members: Mapping[LogId, Member], block: Place
    ) -> dict[LogId, Sequence[Anchored]]:
        """Anchors of these logs in blocks before this final one, so final themselves."""
        return {log: await self._before(members[log].number, block) for log in logs if log in members}

    async def _before(self, node: int, block: Place) -> Sequence[Anchored]:
        found: list[Anchored] = []
        size = 0
        while page := await self.followed.anchored(node, size, _PAGE):
            for change in page:
                if change.number >= block.number or not isinstance(change.what, Event):
                    return found
                found.append(Anchored(change.what.size, change.what.root, change.number))
                size = change.what.size
        return found

    async def expects(self, holder: Member) -> bool:
        """Whether it acknowledged to keep something of the own log."""
        for segment in await self.copies.segments():
            if any(copy.node == holder.number and copy.size for copy in await self.copies.holders(segment)):
                return True
        return False

    async def redacted(self, places: Sequence[AskedEntry], answers: Sequence[Told]) -> dict[AskedEntry, bool]:
        """Of the places that were answered as erased and are kept here: whether they are erased here too."""
        found: dict[AskedEntry, bool] = {}
        for place, answer in zip(places, answers, strict=False):
            if answer.state is State.ERASED:
                for entry in await self.store.read(place.log, place.index, place.index + 1):
                    found[place] = entry.erased
        return found


def keys_of(member: Member) -> Sequence[NodeKey]:
    """All node keys of a member, each with the block that ended it."""
    ended = [NodeKey(PublicKey(Alg.EDDSA, key), block) for block, key in member.replaced]
    return [*ended, NodeKey(PublicKey(Alg.EDDSA, member.node_key))]
