"""Fetching one duty: its base where there is none yet, then range after range up to its end, from whoever is
asked at the moment. Everything is kept before the next is asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tracehold.core.errors import Broken, Rejected, TraceholdError, Unavailable
from tracehold.core.ids import LogId
from tracehold.core.merkle import CompactRange
from tracehold.core.receipt import Anchor
from tracehold.core.record import Kind, parse
from tracehold.core.spans import reach
from tracehold.journey.duties import Duty
from tracehold.journey.holding import Holding
from tracehold.journey.judge import named
from tracehold.journey.own_log import Now
from tracehold.journey.pacing import Pace
from tracehold.journey.ports import Base, Peer, Shipment
from tracehold.journey.ranges import Range, Ranges
from tracehold.journey.states import Sleep
from tracehold.journey.tree import coords, node_of, whole_tiles
from tracehold.journey.underway import Underway
from tracehold.journey.upkeep import RepairStanding
from tracehold.journey.witness import Witnessing

PARTS = 4_096
"""Parts of a base at most: 8 GiB of control records."""


Tell = Callable[[str, RepairStanding], None]
"""Told that a repair has `begun`, that it `comes on` by a tenth, and has `ended`."""


def nobody_told(_: str, __: RepairStanding) -> None:
    """Tells nobody."""


class Short(Unavailable):
    """The source left out bytes of entries, and no redaction that is known names them: it may have lost
    them.
    """


@dataclass(frozen=True, slots=True)
class Means:
    """What all pulls of a node share. `clock` is in seconds since the epoch."""

    witnessing: Witnessing
    holding: Holding
    underway: Underway
    pace: Pace
    sleep: Sleep
    clock: Now
    tell: Tell = nobody_told


class Fetch:
    """One duty, as far as it is done."""

    def __init__(
        self, means: Means, duty: Duty, me: int, leaving: Callable[[], bool] = lambda: False
    ) -> None:
        """`leaving`: whether this node is about to leave, and keeps nothing more."""
        self.duty = duty
        self.log: LogId = duty.creator.log
        self.source = 0
        """Number of the node that is asked now; 0 before the first."""
        self.bare: set[int] = set()
        """Those that left out bytes."""
        self.trouble: TraceholdError | None = None
        """Of the last source that failed."""
        self.hopeless = False
        """Whether the log itself is at fault: no other source has it better."""
        self.done_bytes = 0
        self._means = means
        self._store = means.witnessing.store
        self._me = me
        self._leaving = leaving
        self._since = means.clock()
        self._end = duty.start
        self._told: int | None = None
        self._anchors: list[Anchor] = []
        self._block = 0

    @property
    def done(self) -> bool:
        """Whether the copy goes as far as it shall."""
        return self._end >= self.duty.stop

    def standing(self) -> RepairStanding:
        """How far it is."""
        duty = self.duty
        done, wanted = self._end - duty.start, duty.stop - duty.start
        return RepairStanding(
            self.log, duty.segment, self.source, self._me, done, wanted, self.done_bytes, self._since
        )

    def ended(self) -> None:
        """Nobody is asked any more; it is told if anything was kept."""
        if self._told is not None:
            self._means.tell("ended", self.standing())

    async def take(self, peer: Peer, *, lossy: bool) -> None:
        """Fetch from this node until the duty is done. `lossy`: entries that it has only the fingerprints of
        are kept so.

        Raises `Short`, other `Unavailable` and `Rejected` of the source and what `Holding.keep` raises.
        """
        self.source = peer.node
        ranges = Ranges(peer, self.log, self._means.sleep)
        here = reach(await self._store.spans(self.log), self.duty.start)
        base = None
        if here is None and self.duty.start:
            base = await self._base(peer)
        self._end = self.duty.start if here is None else here
        while not self.done:
            if self._end >= self.duty.anchored:
                found = await ranges.next(self._end, self.duty.stop)
                await self._keep(found, base, lossy=lossy, anchored=False)
            else:
                anchor = await self._anchor()
                tree = await self._tree()
                try:
                    async for found in ranges.proved(tree, anchor.size, anchor.root):
                        if found.start != self._end:
                            break  # its creator shipped meanwhile
                        await self._keep(found, base, lossy=lossy, anchored=True)
                        base = None
                except Rejected as error:
                    if error.code == "ROOT_MISMATCH":
                        await self._doubt(ranges, anchor)
                    raise
            base = None

    async def _base(self, peer: Peer) -> Base:
        """Keep what the copy rests on, all parts; the last one comes with the first entries once more."""
        for number in range(PARTS):
            part = await peer.base(self.log, self.duty.start, number)
            if part is None:
                raise Unavailable("PEER_DOWN", f"node {peer.node} has no base of log {self.log.hex()}")
            base = part.base
            if (base.log, base.start) != (self.log, self.duty.start):
                raise Rejected("PROOF_INVALID", f"node {peer.node} hands over another base")
            await self._means.holding.keep(self.duty.creator, base)
            self._means.underway.moved(self.log)
            if not part.more:
                return base
        raise Rejected("PROOF_INVALID", f"node {peer.node} hands over a base without an end")

    async def _anchor(self) -> Anchor:
        """The first one beyond the copy."""
        number, end = self.duty.creator.number, self._end
        while self._anchors and self._anchors[0].size <= end:
            self._block = self._anchors.pop(0).block_number
        if not self._anchors:
            self._anchors = list(await self._means.witnessing.ledger.anchors(number, end, self._block))
        if not self._anchors or self._anchors[0].log != self.log:
            raise Unavailable("CHAIN_DOWN", f"the chain's head has no event beyond {end} yet")
        return self._anchors[0]

    async def _doubt(self, ranges: Ranges, anchor: Anchor) -> None:
        """Raises FORK_SEEN where the source hands over what is anchored, and what is kept here beyond the
        anchor before is another branch: whoever shipped it signed both.
        """
        end, before = self._end, anchor.prev_size
        if not self.duty.start <= before < end:
            return
        tree = CompactRange()
        if before:
            tiles = await self._store.tiles(self.log, coords([before - 1, end - 1]))
            with whole_tiles():
                tree = CompactRange.of(0, before, node_of(tiles, end))
        async for _ in ranges.proved(tree, anchor.size, anchor.root):
            await self._means.witnessing.refuse_base(self.log, end, anchor)

    async def _tree(self) -> CompactRange:
        """That of the copy as it is. Raises `Broken("CORRUPT")` where the disk lost some of it."""
        end = self._end
        if not end:
            return CompactRange()
        tiles = await self._store.tiles(self.log, coords([end - 1]))
        with whole_tiles():
            tree = CompactRange.of(0, end, node_of(tiles, end))
        known = await self._store.checkpoint(self.log, end)
        if known is not None and known.root != tree.root():
            raise Broken("CORRUPT", f"no checkpoint is over the {end} entries of log {self.log.hex()}")
        return tree

    async def _keep(self, found: Range, base: Base | None, *, lossy: bool, anchored: bool) -> None:
        if not lossy and found.bare and not await self._explained(found):
            raise Short("PEER_DOWN", f"node {self.source} lost bytes of log {self.log.hex()}")
        if self._leaving():
            raise Unavailable("DRAINING", "this node is to leave, and takes nothing more")
        size = found.checkpoint.size
        shipment = Shipment(self.log, found.start, found.sent, found.checkpoint, size, base)
        try:
            self._end = await self._means.holding.keep(self.duty.creator, shipment, anchored=anchored)
        except Rejected as error:
            # What the chain proves can be broken by its creator alone, unless something was left out.
            whole = anchored and base is None and not found.bare
            self.hopeless = whole and error.code == "LOG_BROKEN"
            raise
        if self._end <= found.start:
            raise Unavailable("STORE_BUSY", f"the copy of log {self.log.hex()} does not grow")
        self.done_bytes += found.record_bytes
        self._means.underway.moved(self.log)
        self._tell()
        await self._means.pace.spend(found.record_bytes)

    async def _explained(self, found: Range) -> bool:
        """Whether redactions that are here, or come with it, name all entries without bytes."""
        raws = [e.raw for e in await self._store.controls(self.log) if e.kind == Kind.REDACT and e.raw]
        known = set()
        for raw in [*raws, *(sent.raw for sent in found.sent if sent.raw)]:
            try:
                known |= {(says.index, says.fingerprint) for says in named(parse(raw))}
            except Rejected:
                continue  # no record, and kept all the same
        return set(found.bare) <= known

    def _tell(self) -> None:
        tenth = 10 * (self._end - self.duty.start) // max(self.duty.stop - self.duty.start, 1)
        if self._told is None:
            self._means.tell("begun", self.standing())
        elif self._told < tenth:
            self._means.tell("comes on", self.standing())
        self._told = tenth
