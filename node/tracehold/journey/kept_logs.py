"""How the logs of others stand at this node, for its status."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tracehold.core.ids import LogId
from tracehold.core.record import Kind, parse
from tracehold.core.spans import Spans, without
from tracehold.journey.judge import named
from tracehold.journey.ports import AnchorState, Copies, RecordLog
from tracehold.journey.speakers import Speakers, settled
from tracehold.journey.states import final_before


@dataclass(frozen=True, slots=True)
class KeptLog:
    """One kept log: who vouches in it and its node's number (0 where it is not known), what is kept, up to
    where it was acknowledged and is final, how many of its records are disputed, whether it was seen in two
    states, and how many entries wait to be judged, so that nothing shows them yet.
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
    unjudged: int = 0


@dataclass(slots=True)
class _Counted:
    """Disputes in these spans: of entries that came without their bytes the indices, of others the number.
    Redactions were read up to `read`.
    """

    spans: Spans
    others: int = 0
    lacking: set[int] = field(default_factory=set)
    read: int = 0


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
        self._counted: dict[LogId, _Counted] = {}

    async def all(self) -> Sequence[KeptLog]:
        """The kept logs, in the order in which they came. Raises what the store raises."""
        _, *others = await self._store.logs()
        return [await self._one(log) for log in others]

    async def _one(self, log: LogId) -> KeptLog:
        spans, unjudged = tuple(await self._store.spans(log)), await self._store.unjudged(log)
        roster = await self._speakers.roster(log)
        witness = await self._copies.witness(log)
        final = await self._store.anchors(log, {AnchorState.FINAL}, newest=1)
        before = await final_before(self._store, log)
        return KeptLog(
            log,
            roster.operator if roster else "",
            self._number(log),
            sum(stop - start for start, stop in spans),
            max((stop for _, stop in spans), default=0),
            witness.size if witness else 0,
            max(before, final[-1].size if final else 0),
            await self._disputed(log, without(spans, unjudged)),
            bool(await self._copies.forks(log)),
            sum(stop - start for start, stop in unjudged),
        )

    async def _disputed(self, log: LogId, spans: Spans) -> int:
        """Disputes in what was judged, of which there may be many: those of earlier counts are only added
        to.
        """
        known = self._counted.get(log)
        starts = [start for start, _ in spans]
        if known is None or starts != [start for start, _ in known.spans]:
            known = _Counted(tuple((start, start) for start in starts))
        for (_, counted), (_, stop) in zip(known.spans, spans, strict=True):
            if counted < stop:
                said = await self._store.disputes(log, counted, stop)
                lacking = {dispute.index for dispute in said if dispute.code == "REDACTED"}
                known.lacking |= lacking
                known.others += len(said) - len(lacking)
        known.spans = spans
        if known.lacking:
            await self._redacted(log, known)
        self._counted[log] = known
        return known.others + len(known.lacking)

    async def _redacted(self, log: LogId, known: "_Counted") -> None:
        """What came without its bytes, and a redaction names since, is plainly erased."""
        for entry in await settled(self._store, log, known.read):
            known.read = entry.index + 1
            if entry.kind == Kind.REDACT and not await self._store.disputes(log, entry.index, known.read):
                known.lacking -= {says.index for says in named(parse(entry.raw))}
