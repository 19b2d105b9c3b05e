"""Regaining the end of the own log from a holder: what this node signed once and its disk has not (a restored
backup, a lost write).

Nothing is believed: entries are appended where they fold to a root that the chain anchored or that this node
signed. Their checkpoints are the holder's where it has them, since receipts were made from those; where it
has
none, the state is signed once more, with the earliest time that is not before the last one.

Where a former key of this node was in force, only a checkpoint of then will do.

An entry without its bytes is taken only where a proved redaction names it: whoever else leaves bytes out has
lost them, or would have them lost here too.

What a crash means: each batch is whole and proved; the next start goes on behind it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from tracehold.core.checkpoint import Checkpoint, check_checkpoint
from tracehold.core.control import Redact, decode_control
from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.core.ids import Fingerprint, Root
from tracehold.core.keys import PublicKey
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.merkle import CompactRange, leaf_hash
from tracehold.core.record import CONTROL_KINDS, Kind
from tracehold.core.roster import Roster
from tracehold.journey.check import SLICE
from tracehold.journey.handed import Handing
from tracehold.journey.judge import Arrived, take_effect
from tracehold.journey.own_log import OwnLog
from tracehold.journey.ports import Batch, NewEntry, RecordLog
from tracehold.journey.received import received_under
from tracehold.journey.sources import Source
from tracehold.journey.tree import coords, node_of, whole_tiles


@dataclass(frozen=True, slots=True)
class State:
    """A state of the own log that somebody vouches for: the chain, or this node's own signature."""

    size: int
    root: Root


Place = tuple[int, Fingerprint]
"""An entry's index and its record's fingerprint, as a redaction names it."""

Ahead = Callable[[CompactRange], Awaitable[set[Place]]]
"""What proved redactions behind the entries of this tree name."""


class Regaining:
    """Brings the own log on with what one holder hands over. `own` is the log as it is on disk by now."""

    def __init__(
        self,
        store: RecordLog,
        own: OwnLog,
        peer: Source,
        others: Sequence[Source] = (),
        ahead: Ahead | None = None,
    ) -> None:
        """`others` are asked for checkpoints that this holder has not. `ahead` looks for redactions behind
        what
        it hands over; else it does itself.
        """
        self.own = own
        self.signed = 0
        """States that were signed once more, since nobody has a checkpoint of them."""
        self._store = store
        self._peer = peer
        self._handing = Handing(peer, own.log)
        self._others = others
        self._look_ahead = ahead
        self._ahead: set[Place] | None = None

    async def up_to(self, states: Sequence[State]) -> None:
        """Append everything up to the last of these states, each proved before anything of it is kept.

        Raises `Broken("LOG_FORKED")` where the entries handed over lead to the state and this log does not,
        `Rejected("ROOT_MISMATCH")` where they do not lead there either, `Rejected("PROOF_INVALID")` where
        bytes are left out that no redaction names, PEER_DOWN, and what the store raises.
        """
        for state in states:
            if state.size > self.own.size:
                await self._reach(state, states[-1])

    async def _reach(self, state: State, goal: State) -> None:
        arrived = await self._fetch(self.own.size, state.size)
        if grown(self.own.range, arrived).root() != state.root:
            await self._why(state)
        await self._check_bare(arrived, goal)
        while arrived:
            room = SEGMENT_ENTRIES - self.own.size % SEGMENT_ENTRIES
            await self._append(arrived[:room])
            arrived = arrived[room:]

    async def _fetch(self, start: int, stop: int) -> Sequence[Arrived]:
        return [each async for some in self._handing.between(start, stop) for each in some]

    async def _check_bare(self, arrived: Sequence[Arrived], goal: State) -> None:
        """Returns if every entry without bytes is named by a redaction up to the goal. None that this node
        sealed names a control record (`core.redaction`), so none of these is ever taken without its bytes.
        """
        size = self.own.size
        bare = {(at, each.entry.fingerprint) for at, each in enumerate(arrived, size) if not each.entry.raw}
        bare -= set(redacted(arrived))
        if bare and self._ahead is None:
            self._ahead = await self._redacted_up_to(goal, arrived)
        if left := bare - (self._ahead or set()):
            said = f"hands over entry {min(left)[0]} without its bytes, and no redaction names it"
            raise Rejected("PROOF_INVALID", f"node {self._peer.node} {said}")

    async def _redacted_up_to(self, goal: State, arrived: Sequence[Arrived]) -> set[Place]:
        """What redactions behind these proved entries name, once all up to the goal is proved. Of what comes
        only they are remembered.
        """
        tree = grown(self.own.range, arrived)
        if self._look_ahead is not None:
            return await self._look_ahead(tree)
        found: set[Place] = set()
        async for some in self._handing.between(tree.end, goal.size):
            tree = grown(tree, some)
            found |= set(redacted(some))
        if tree.root() != goal.root:
            raise Rejected("ROOT_MISMATCH", f"node {self._peer.node} hands over what is not of the own log")
        return found

    async def _why(self, state: State) -> None:
        """Raises LOG_FORKED where other entries than ours are proved, ROOT_MISMATCH where nothing is."""
        size = self.own.size
        start = max(size - 1, 0) // SEGMENT_ENTRIES * SEGMENT_ENTRIES
        tiles = await self._store.tiles(self.own.log, coords([start - 1, size - 1] if start else []))
        with whole_tiles():
            before = CompactRange.of(0, start, node_of(tiles, size))
        if size and grown(before, await self._fetch(start, state.size)).root() == state.root:
            raise Broken("LOG_FORKED", f"node {self._peer.node} keeps another log of ours up to {state.size}")
        raise Rejected("ROOT_MISMATCH", f"node {self._peer.node} hands over what is not of the own log")

    async def _append(self, arrived: Sequence[Arrived]) -> None:
        """Make proved entries durable, under the checkpoint that the holder has of this state, or a new
        one.
        """
        roster = self._followed(arrived)
        entries = await self._received(list(arrived))
        tree = self.own.grown(entries)
        known = await self._checkpoint(State(tree.end, tree.root()), roster.node_key)
        if known is None:
            batch, own = self._signed(entries, roster)
        else:
            batch, own = self.own.taking(entries, roster, known)
        await self._store.append(batch)
        self.own = own

    def _signed(self, entries: Sequence[NewEntry], roster: Roster) -> tuple[Batch, OwnLog]:
        try:
            batch, own = self.own.extend(entries, roster, 0)
        except Rejected as error:
            said = (
                f"nobody has the checkpoint of size {self.own.size + len(entries)}, and its key was replaced"
            )
            raise Unavailable("PEER_DOWN", said) from error
        self.signed += 1
        return batch, own

    def _followed(self, arrived: Sequence[Arrived]) -> Roster:
        roster = self.own.roster.copy()
        for at, each in enumerate(arrived, self.own.size):
            if at and each.record is not None and each.record.header.kind in CONTROL_KINDS:
                try:
                    take_effect(roster, at, each.record)
                except Rejected as refusal:
                    raise Broken("CORRUPT", f"control record {at} of the own log is not sound") from refusal
        return roster

    async def _checkpoint(self, state: State, key: PublicKey) -> Checkpoint | None:
        """The checkpoint of a state, from whoever has it."""
        for source in (self._peer, *self._others):
            try:
                found = await source.checkpoint(self.own.log, state.size)
            except Unavailable:
                if source is self._peer:
                    raise
                continue
            if found is not None and self._is_of(found, state, key):
                return found
        return None

    def _is_of(self, found: Checkpoint, state: State, key: PublicKey) -> bool:
        last = self.own.checkpoint
        if (found.log, found.size, found.root) != (self.own.log, state.size, state.root):
            return False
        if last is not None and found.time_ms < last.time_ms:
            return False
        try:
            check_checkpoint(found, key)
        except Rejected:
            return False
        return True

    async def _received(self, arrived: Sequence[Arrived]) -> Sequence[NewEntry]:
        """The entries with the idempotency keys that delegated uploads and custody records had, so that
        they are not signed again.
        """
        keys: list[bytes | None] = []
        for at, each in enumerate(arrived):
            keys.append(received_under(self.own.roster.node_key, each.record))
            if at % SLICE == SLICE - 1:
                await asyncio.sleep(0)  # each is read to know what it states
        taken = set(await self._store.received([key for key in keys if key is not None]))
        entries: list[NewEntry] = []
        for each, key in zip(arrived, keys, strict=True):
            fresh = key is not None and key not in taken
            taken |= {key} if key else set()
            entries.append(replace(each.entry, received=key) if fresh else each.entry)
        return entries


def grown(tree: CompactRange, arrived: Sequence[Arrived]) -> CompactRange:
    """The tree with these entries."""
    larger = tree.copy()
    for each in arrived:
        larger.append(leaf_hash(each.entry.fingerprint))
    return larger


def redacted(arrived: Sequence[Arrived]) -> Iterator[Place]:
    """What the redactions among these name."""
    for each in arrived:
        if each.record is not None and each.record.header.kind == Kind.REDACT:
            says = decode_control(each.record.header.kind, each.record.payload)
            if isinstance(says, Redact):
                yield says.index, says.fingerprint
