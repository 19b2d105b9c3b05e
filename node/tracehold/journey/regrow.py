"""Regrowing the own log from nothing: a disk is gone, the keys are there.

    chain     whose log it is, and every root of it that was ever anchored
    others    the entries, and the checkpoints over them: each segment from whoever keeps it

Nobody is believed: entry 0 must hash to the log's id, and all entries up to an anchor to its root, before any
of them is written (`regain`). The end that was never anchored comes back as after a restore (`own_head`).

What a crash means: each anchored step is whole and proved; the next run goes on behind it.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tracehold.core.checkpoint import check_checkpoint
from tracehold.core.errors import Broken, Rejected, TraceholdError, Unavailable
from tracehold.core.ids import LogId
from tracehold.core.keys import PublicKey
from tracehold.core.merkle import CompactRange
from tracehold.core.record import Record, fingerprint, parse
from tracehold.journey.handed import Handing
from tracehold.journey.identity import Identity
from tracehold.journey.judge import Arrived
from tracehold.journey.own_log import OwnLog, reopen, unread
from tracehold.journey.ports import Ledger, Member, RecordLog
from tracehold.journey.regain import Place, Regaining, State, grown, redacted
from tracehold.journey.settle import Fault
from tracehold.journey.sources import Patient, furthest
from tracehold.journey.tree import root_at

PASSED = frozenset({"PEER_DOWN", "TOO_MANY_CALLS"})
"""Codes of a source that cannot help now."""

REMEDY = (
    "Start the nodes that keep them and run it again: it goes on where it stands. Where nobody has them any"
    " more: docs/operations.md, Rebuild."
)

Progress = Callable[[int, int], None]
"""Told (entries here, entries in all)."""


@dataclass(frozen=True, slots=True)
class Anchors:
    """Every state of a log that the contract has, by size."""

    member: Member
    states: Sequence[State]

    @property
    def size(self) -> int:
        """Entries that are anchored."""
        return self.states[-1].size if self.states else 0


async def anchors_of(ledger: Ledger, member: Member) -> Anchors:
    """Read them. Raises CHAIN_DOWN, also where the chain's node lacks some."""
    states: list[State] = []
    head, size, block = await ledger.head(member.number), 0, 0
    while size < head.size:
        found = await ledger.anchors(member.number, size, block)
        for anchor in found:
            if (anchor.log, anchor.prev_size) != (member.log, size):
                raise Unavailable("CHAIN_DOWN", f"the chain's node has no event of the step from {size} on")
            states.append(State(anchor.size, anchor.root))
            size, block = anchor.size, anchor.block_number
        if not found:
            raise Unavailable("CHAIN_DOWN", f"the chain's node has no event of the step from {size} on")
    return Anchors(member, states)


async def furthest_signed(sources: Sequence[Patient], anchors: Anchors, key: PublicKey) -> State | None:
    """The largest state behind the anchors of which somebody shows a checkpoint by this key."""
    best: State | None = None
    for source in sources:
        try:
            shown = await source.checkpoint(anchors.member.log)
            if shown is None or shown.log != anchors.member.log:
                continue
            check_checkpoint(shown, key)
        except (Unavailable, Rejected):
            continue  # who shows what is false is told of when the end of the log is asked for
        if shown.size > max(anchors.size, best.size if best else 0):
            best = State(shown.size, shown.root)
    return best


@dataclass(slots=True)
class Regrowing:
    """The anchored part of the own log. `fault` is told of those who hand over what cannot be; they are asked
    no more. `signed` counts states that were signed once more, since nobody has a checkpoint of them.
    """

    store: RecordLog
    anchors: Anchors
    sources: Sequence[Patient]
    fault: Fault
    progress: Progress = lambda done, of: None
    tail: State | None = None
    """A state behind the anchors that this node signed: redactions are looked for up to there."""
    signed: int = 0
    _false: set[int] = field(default_factory=set)
    _why: dict[int, str] = field(default_factory=dict)
    _ahead: set[Place] | None = None

    @property
    def log(self) -> LogId:
        """The own log."""
        return self.anchors.member.log

    async def begin(self, identity: Identity) -> OwnLog:
        """The log as far as it is here, or not yet more than its header. Raises REBUILD_INCOMPLETE where
        nobody hands that over, CONFLICT where the folder holds another log, LOG_FORKED where it holds other
        entries than the chain has, and as `open_log`.
        """
        if known := await self.store.logs():
            if known[0] != self.log:
                said = f"the folder holds log {known[0].hex()}, the contract says {self.log.hex()}"
                raise Rejected("CONFLICT", said, path="dir", remedy="Move its data folder away first.")
            return await self._compared(await reopen(self.store, identity, partly=True))
        for source in self._keeping(0):
            try:
                found = await source.entries(self.log, 0, 1)
                if found.entries:
                    return unread(self.log, self._header(source, found.entries[0].raw), identity)
                self._why[source.node] = "has no header of it"
            except (Unavailable, Rejected) as error:
                self._note(source, error)
        raise self._incomplete(0)

    async def grow(self, own: OwnLog) -> OwnLog:
        """The log up to its newest anchor, durable on return. Raises REBUILD_INCOMPLETE where nobody hands on
        what is missing, and what the store raises.
        """
        self.progress(own.size, self.anchors.size)
        while own.size < self.anchors.size:
            before = own.size
            for source in self._keeping(before):
                own = await self._from(source, own)
                if own.size > before:
                    break
            else:
                raise self._incomplete(own.size)
            self.progress(own.size, self.anchors.size)
        return own

    def missing(self) -> Mapping[int, str]:
        """Why each node that was asked could not help with what is missing, by its number."""
        return dict(self._why)

    def _keeping(self, at: int) -> Sequence[Patient]:
        self._why = {node: why for node, why in self._why.items() if node in self._false}
        return [each for each in furthest(self.sources, at) if each.node not in self._false]

    def _header(self, source: Patient, raw: bytes) -> Record:
        if LogId(fingerprint(raw)) != self.log:
            raise Rejected("ROOT_MISMATCH", f"node {source.node} hands over another header of the own log")
        return parse(raw)

    async def _compared(self, own: OwnLog) -> OwnLog:
        for state in self.anchors.states:
            if state.size <= own.size and await root_at(self.store, self.log, state.size) != state.root:
                said = f"the chain has another root at size {state.size} of the own log"
                raise Broken("LOG_FORKED", said)
        return own

    async def _from(self, source: Patient, own: OwnLog) -> OwnLog:
        """As much as this one keeps and hands over."""
        end = source.end(own.size)
        states = [each for each in self.anchors.states if own.size < each.size <= end]
        others = [each for each in self._keeping(own.size) if each is not source]
        regaining = Regaining(self.store, own, source, others, self._redacted_behind)
        if not states:
            self._why[source.node] = f"keeps it up to {end} only"
        for state in states:
            try:
                await regaining.up_to([state])
            except (Unavailable, Rejected) as error:
                self._note(source, error)
                break
            self.progress(state.size, self.anchors.size)
        self.signed += regaining.signed
        return regaining.own

    def _note(self, source: Patient, error: TraceholdError) -> None:
        """Pass the source over; one that is false for good. Raises what is none of its doing."""
        if isinstance(error, Rejected) and error.code != "BAD_CONFIG":
            self._false.add(source.node)
            self.fault(error)
        elif error.code not in PASSED:
            raise error
        self._why[source.node] = error.message

    async def _redacted_behind(self, tree: CompactRange) -> set[Place]:
        """What redactions behind these entries name, up to the log's end: looked for once, with all others,
        since what is left out here may be explained by what another node keeps.
        """
        if self._ahead is None:
            found: set[Place] = set()
            async for some in self._behind(tree):
                found |= set(redacted(some))
            self._ahead = found
        return self._ahead

    async def _behind(self, tree: CompactRange) -> AsyncIterator[Sequence[Arrived]]:
        """All entries behind this tree, each step proved. The end that is not anchored is left out where
        nobody
        has it.
        """
        for state in self.anchors.states:
            if state.size > tree.end:
                tree, arrived = await self._step(tree, state)
                yield arrived
        if self.tail is not None and self.tail.size > tree.end:
            try:
                yield (await self._step(tree, self.tail))[1]
            except Unavailable:
                return

    async def _step(self, tree: CompactRange, state: State) -> tuple[CompactRange, Sequence[Arrived]]:
        """What leads to a state, from the first who has it."""
        for source in self._keeping(tree.end):
            try:
                handing = Handing(source, self.log)
                arrived = [e async for some in handing.between(tree.end, state.size) for e in some]
                larger = grown(tree, arrived)
                if larger.root() != state.root:
                    said = f"node {source.node} hands over what is not of the own log"
                    raise Rejected("ROOT_MISMATCH", said)
            except (Unavailable, Rejected) as error:
                self._note(source, error)
                continue
            return larger, arrived
        raise self._incomplete(tree.end)

    def _incomplete(self, at: int) -> Unavailable:
        """Who was asked, and why nobody could help."""
        for source in self.sources:
            if source.node not in self._why:
                self._why[source.node] = "does not keep it"
        told = "; ".join(f"node {node}: {why}" for node, why in sorted(self._why.items()))
        of = max(self.anchors.size, at + 1)
        said = f"nobody hands over entry {at} of the {of} of the own log ({told or 'no other node answers'})"
        return Unavailable("REBUILD_INCOMPLETE", said, remedy=REMEDY)
