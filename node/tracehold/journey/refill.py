"""Refilling: the copies of others' logs that this node kept before its disk was lost.

What it kept is read where it was said in public: its newest custody record, and the acknowledgements in the
anchors of others since. Each segment is fetched as a pull fetches it (`fetching`): proved against the chain
before anything is kept, from whoever keeps it, its creator too.

What a crash means: what is on disk is the progress.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from tracehold.core.custody import decode_custody
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.record import Kind, parse
from tracehold.core.spans import Spans, covers, reach
from tracehold.journey.duties import Duty
from tracehold.journey.fetching import Fetch, Means, Short
from tracehold.journey.ports import Entry, Ledger, Member, Peer, RecordLog
from tracehold.journey.ports.followed import Anchored, Feed
from tracehold.journey.settle import Fault

STEP = 1024
"""Entries of the own log that are read at once."""

Segment = tuple[LogId, int]


@dataclass(frozen=True, slots=True)
class Lacking:
    """A segment that was kept here and is not whole again: entries [start, stop), and why."""

    log: LogId
    start: int
    stop: int
    why: str


async def kept_before(store: RecordLog, feed: Feed, me: Member, members: Sequence[Member]) -> set[Segment]:
    """The segments of others that this node said it keeps. Raises what ledger and store raise."""
    said, since = await _said(store, me.log)
    logs = {member.number: member.log for member in members}
    place = None
    while (page := await feed.changes(place)) is not None:
        for change in page.changes:
            match change.what:
                case Anchored(node=node, size=size, ackers=ackers) if me.number in ackers:
                    if change.time >= since and node in logs:
                        said.add((logs[node], (size - 1) // SEGMENT_ENTRIES))
        if page.upto.number >= page.height:
            break
        place = page.upto
    return {(log, segment) for log, segment in said if log != me.log}


async def _said(store: RecordLog, own: LogId) -> tuple[set[Segment], int]:
    """What the newest custody record of the own log lists, and when it was sealed; nothing, and 0, where
    there
    is none.
    """
    end = await store.size(own)
    while end:
        start = max(end - STEP, 0)
        found = [entry async for entry in _read(store, own, start, end) if entry.kind == Kind.CUSTODY]
        for entry in reversed(found):
            if entry.raw:
                record = parse(entry.raw)
                runs = decode_custody(record.payload).kept
                said = {(run.log, at) for run in runs for at in _segments(run.start, run.stop)}
                return said, record.header.iat
        end = start
    return set(), 0


async def _read(store: RecordLog, log: LogId, start: int, stop: int) -> AsyncIterator[Entry]:
    while start < stop and (found := await store.read(log, start, stop)):
        for entry in found:
            yield entry
        start += len(found)


def _segments(start: int, stop: int) -> range:
    return range(start // SEGMENT_ENTRIES, (stop - 1) // SEGMENT_ENTRIES + 1)


@dataclass(slots=True)
class Refilling:
    """Fetches segments again. `kept` is what each peer says it keeps, by log; `fault` is told of those who
    hand over what cannot be.
    """

    means: Means
    me: Member
    ledger: Ledger
    sources: Sequence[tuple[Peer, Mapping[LogId, Spans]]]
    fault: Fault
    progress: Callable[[int, int], None] = lambda done, of: None

    async def fetch(self, wanted: Collection[Segment], members: Sequence[Member]) -> Sequence[Lacking]:
        """Fetch each of these segments up to what is anchored of it; what could not be had. Harmless to
        repeat.
        Raises what the ledger and the store raise.
        """
        creators = {member.log: member for member in members if member.number != self.me.number}
        heads = {log: await self.ledger.head(creators[log].number) for log, _ in wanted if log in creators}
        lacking: list[Lacking] = []
        for done, (log, segment) in enumerate(sorted(key for key in wanted if key[0] in heads)):
            self.progress(done, len(wanted))
            start = segment * SEGMENT_ENTRIES
            stop = min(heads[log].size, start + SEGMENT_ENTRIES)
            if start < stop and (why := await self._one(Duty(creators[log], segment, stop, stop, 0))):
                lacking.append(Lacking(log, start, stop, why))
        self.progress(len(wanted), len(wanted))
        return lacking

    async def _one(self, duty: Duty) -> str:
        """Fetch it, and why that failed; empty where it is whole."""
        fetch = Fetch(self.means, duty, self.me.number)
        log, false = duty.creator.log, set[int]()
        whole = (reach(await self.means.witnessing.store.spans(log), duty.start) or 0) >= duty.stop
        sources = [peer for peer, kept in self.sources if covers(kept.get(log, ()), duty.start)]
        with self.means.underway.pull(log, duty.segment):
            # Who left out bytes may have lost them; what all left out is kept without (`pull`).
            for lossy in (False, True):
                for peer in sources:
                    if whole or peer.node in false:
                        continue
                    whole = await self._from(fetch, peer, false, lossy=lossy)
                if not fetch.bare.issuperset(peer.node for peer in sources if peer.node not in false):
                    break
        if whole:
            return ""
        return fetch.trouble.message if fetch.trouble else "nobody who answers says that it keeps it"

    async def _from(self, fetch: Fetch, peer: Peer, false: set[int], *, lossy: bool) -> bool:
        try:
            await fetch.take(peer, lossy=lossy)
        except Short as error:
            fetch.bare.add(peer.node)
            fetch.trouble = error
        except (Unavailable, Rejected) as error:
            fetch.trouble = error
            false.add(peer.node)
            if isinstance(error, Rejected):
                self.fault(error)
        return fetch.done


def standing(members: Sequence[Member]) -> Sequence[Member]:
    """Members whose logs count: of one that was enrolled anew the active number alone."""
    active = {each.log for each in members if each.active}
    return [each for each in members if each.active or each.log not in active]
