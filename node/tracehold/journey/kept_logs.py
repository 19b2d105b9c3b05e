"""How the logs of others stand at this node, for its status."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tracehold.core.ids import LogId
from tracehold.journey.ports import AnchorState, Copies, RecordLog
from tracehold.journey.speakers import Speakers

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class KeptLog:
    """One kept log: who vouches in it and its node's number (0 where it is not known), what is kept, up to
    where
    it was acknowledged and is final, how many of its records are disputed, and whether it was seen in two
    states.
    """

    log: LogId
    operator: str
    node: int
    entries: int
    size: int
    acknowledged: int
    final: int
    disputed: int
    forked: bool


class KeptLogs:
    """Counts what is kept. One per node: what was counted is not counted again."""

    def __init__(
        self, store: RecordLog, copies: Copies, speakers: Speakers, number: Callable[[LogId], int]
    ) -> None:
        """`number` is that of the creator's node, 0 where it is not known."""
        self._store = store
        self._copies = copies
        self._speakers = speakers
        self._number = number
        self._counted: dict[LogId, tuple[Spans, int]] = {}

    async def all(self) -> Sequence[KeptLog]:
        """The kept logs, in the order in which they came. Raises what the store raises."""
        _, *others = await self._store.logs()
        return [await self._one(log) for log in others]

    async def _one(self, log: LogId) -> KeptLog:
        spans = tuple(await self._store.spans(log))
        roster = await self._speakers.roster(log)
        witness = await self._copies.witness(log)
        final = await self._store.anchors(log, {AnchorState.FINAL}, newest=1)
        return KeptLog(
            log,
            roster.operator if roster else "",
            self._number(log),
            sum(stop - start for start, stop in spans),
            max((stop for _, stop in spans), default=0),
            witness.size if witness else 0,
            final[-1].size if final else 0,
            await self._disputed(log, spans),
            bool(await self._copies.forks(log)),
        )

    async def _disputed(self, log: LogId, spans: Spans) -> int:
        """Disputes, of which there may be many: those of earlier counts are only added to."""
        before, count = self._counted.get(log, ((), 0))
        starts = [start for start, _ in spans]
        if starts != [start for start, _ in before]:
            before, count = tuple((start, start) for start in starts), 0
        for (_, counted), (_, stop) in zip(before, spans, strict=True):
            if counted < stop:
                count += len(await self._store.disputes(log, counted, stop))
        self._counted[log] = spans, count
        return count
