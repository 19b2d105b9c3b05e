"""What this node signs about the logs of others, and what it found against them.

The witness rule (protocol section 3): before it signs, a holder durably stores the largest state that it ever
signed for a log, and it signs only what lies on one log with that. A log that was shown in two states is
acknowledged no more; what shows it is kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from tracehold.core import cbor
from tracehold.core.anchor import Anchor, encode_anchor
from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import Broken, Rejected, TraceholdError
from tracehold.core.ids import LogId
from tracehold.core.merkle import EMPTY_ROOT, consistency_path, subtree_root, verify_consistency
from tracehold.journey.doubts import Doubts
from tracehold.journey.own_log import Now
from tracehold.journey.ports import Copies, Fork, Ledger, Pledge, RecordLog, Witness
from tracehold.journey.tree import nodes, root_at, whole_tiles


@dataclass(frozen=True, slots=True)
class Witnessing:
    """Signs for kept logs. `fault` is told of every fork once, when its evidence is durable."""

    store: RecordLog
    copies: Copies
    ledger: Ledger
    now: Now
    fault: Callable[[TraceholdError], None]
    doubts: Doubts | None = None

    async def check(self, log: LogId) -> None:
        """Returns if nothing is known against the log; raises FORK_SEEN."""
        if forks := await self.copies.forks(log):
            raise Rejected("FORK_SEEN", f"two states of size {forks[0].size} were seen of this log")

    async def acknowledge(self, creator: int, checkpoint: Checkpoint, prev_size: int) -> bytes:
        """The signature (64 bytes) under the state of the checkpoint, which lies on the log that is kept
        here, as the step from `prev_size`; b"" while the log is doubted, or no span reaches what was signed
        before (the copy was restored), since nobody can say then whether they are of one log.

        Raises FORK_SEEN where they are not.
        """
        log, known = checkpoint.log, await self.copies.witness(checkpoint.log)
        spans = await self.store.spans(log)
        if known is not None and not any(start < known.size <= stop for start, stop in spans):
            return b""
        if known is not None and await root_at(self.store, log, known.size) != known.root:
            await self._note_over(log, known.size)
            # What was signed for is lost here; only that it was signed is known.
            await self._forked(log, known.size, b"", checkpoint.note)
        if self.doubts is not None and await self.doubts.about(log):
            return b""
        prev_root = await root_at(self.store, log, prev_size) if prev_size else EMPTY_ROOT
        pledge = Pledge(creator, log, prev_size, prev_root, checkpoint.size, checkpoint.root)
        # Durable before it is signed: a crash in between leaves a promise that nobody heard.
        await self.copies.pledge(Witness(log, checkpoint.size, checkpoint.root))
        return await self.ledger.acknowledge(pledge)

    async def compare(self, checkpoint: Checkpoint) -> None:
        """Returns if the state of a verified checkpoint, of a size that is kept here, lies on the log that is
        kept here; else it is evidence: raises FORK_SEEN.
        """
        if await root_at(self.store, checkpoint.log, checkpoint.size) != checkpoint.root:
            kept = await self._note_over(checkpoint.log, checkpoint.size)
            await self._forked(checkpoint.log, checkpoint.size, kept, checkpoint.note)

    async def refuse(self, checkpoint: Checkpoint) -> NoReturn:
        """Refuse entries under a verified checkpoint that contradict tiles that are kept already. Raises
        FORK_SEEN where these tiles tell the state of that size and lead on to what the creator signed, which
        makes it evidence; else LOG_BROKEN.
        """
        try:
            await self.compare(checkpoint)
        except Broken as lost:
            if lost.code != "CORRUPT":
                raise
        raise Rejected("LOG_BROKEN", "the entries contradict a later part of the log that is kept here")

    async def refuse_base(self, log: LogId, size: int, anchor: Anchor) -> NoReturn:
        """Refuse the log whose entries up to `size`, where a span ends, are not of the anchored tree that a
        base was proved by: the anchor is the evidence. Raises FORK_SEEN.
        """
        if not size:
            raise Broken("CORRUPT", f"tiles of log {log.hex()} were not those that were kept")
        shown = cbor.encode(encode_anchor(anchor))
        await self._forked(log, size, await self._note_over(log, size), shown, by_chain=True)

    async def compare_anchor(self, anchor: Anchor) -> None:
        """The same for what the chain says, whose proof is left out. Raises FORK_SEEN."""
        if await root_at(self.store, anchor.log, anchor.size) != anchor.root:
            kept = await self._note_over(anchor.log, anchor.size)
            await self._forked(
                anchor.log, anchor.size, kept, cbor.encode(encode_anchor(anchor)), by_chain=True
            )

    async def accuse(self, log: LogId, size: int, shown: bytes) -> NoReturn:
        """Keep what the chain shows of a size that another root was signed for here, though the entries are
        kept here no more. Raises FORK_SEEN.
        """
        await self._forked(log, size, b"", shown, by_chain=True)

    async def _note_over(self, log: LogId, size: int) -> bytes:
        """What the creator signed of our branch: the first checkpoint that covers this size, if entries and
        tiles lead from there to it. Raises `Broken("CORRUPT")` where they do not: a damaged disk accuses
        nobody.
        """
        covering = await self.store.checkpoint_covering(log, size - 1)
        if covering is None:
            raise Broken("CORRUPT", f"no checkpoint covers entry {size - 1} of log {log.hex()}")
        node = await nodes(self.store, log, covering.size, [size - 1])
        with whole_tiles():
            ours = subtree_root(0, size, node)
            path = consistency_path(size, covering.size, node)
            verify_consistency(size, covering.size, ours, covering.root, path)
        return covering.note

    async def _forked(
        self, log: LogId, size: int, kept: bytes, shown: bytes, *, by_chain: bool = False
    ) -> NoReturn:
        await self.copies.save_fork(Fork(log, size, kept, shown, by_chain, int(self.now() * 1000)))
        who = "the chain shows" if by_chain else "its creator signed"
        error = Rejected(
            "FORK_SEEN", f"{who} another state of size {size} of log {log.hex()} than is kept here"
        )
        self.fault(error)
        raise error
