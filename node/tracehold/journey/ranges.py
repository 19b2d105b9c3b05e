"""Ranges of a log as another node hands them over, and what proves them before anything of them is kept.

A range ends with a checkpoint. Up to an anchor nothing is kept until everything that leads to the anchored
root was seen: a branch that was signed and never anchored, as whoever got hold of a key may make one, bends
no copy. Of more than `BUFFER_BYTES` only leaves are remembered, and the rest is asked for once more.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass

from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.ids import Fingerprint, LogId, Root
from tracehold.core.merkle import CompactRange, leaf_hash
from tracehold.core.record import fingerprint
from tracehold.journey.check import SLICE
from tracehold.journey.handed import FULL_BYTES, FULL_ENTRIES, SHORT_ANSWERS
from tracehold.journey.ports import Handed, Peer, Sent
from tracehold.journey.states import Sleep, within

RANGE_BYTES = 8 << 20
"""Record bytes that are asked for at once."""

BUFFER_BYTES = 64 << 20
"""Record bytes that are remembered before they are proved."""

ANSWER_S = 60.0
"""Seconds that a node gets for one answer: 140 kB/s at least."""

PAUSES_S = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""Seconds after which a node is asked again that answered before and puts a question off: what was fetched on
the way to an anchor would be lost with it. In all as long as 8 MiB take at 140 kB/s.
"""


@dataclass(frozen=True, slots=True)
class Range:
    """Entries of a log from `start` on up to a checkpoint of it, which was not verified, and their leaves."""

    start: int
    sent: Sequence[Sent]
    leaves: Sequence[bytes]
    checkpoint: Checkpoint

    @property
    def record_bytes(self) -> int:
        """Of all its records."""
        return sum(len(each.raw) for each in self.sent)

    @property
    def bare(self) -> Collection[tuple[int, Fingerprint]]:
        """Its entries that came without their bytes, by index and fingerprint."""
        return [(at, e.fingerprint) for at, e in enumerate(self.sent, self.start) if not e.raw]


class Ranges:
    """Asks one node for a log. It is asked no more once it gave too many short answers for the full ones."""

    def __init__(self, peer: Peer, log: LogId, sleep: Sleep) -> None:
        self._peer = peer
        self._log = log
        self._sleep = sleep
        self._short = -SHORT_ANSWERS
        self._answered = False

    async def next(self, start: int, stop: int) -> Range:
        """Entries from `start` on, up to a checkpoint within `stop`.

        Raises `Unavailable` where the node does not answer, has no more, or is too slow; `Rejected`
        PROOF_INVALID for an answer that cannot be.
        """
        handed = await self._patiently(start, stop)
        sent, checkpoint = handed.entries.entries, handed.checkpoint
        if checkpoint is None or not sent:
            raise Unavailable("PEER_DOWN", f"node {self._peer.node} hands over no more from {start} on")
        size = start + len(sent)
        if (handed.entries.start, checkpoint.log, checkpoint.size) != (start, self._log, size) or size > stop:
            said = "does not hand over what was asked for"
            raise Rejected("PROOF_INVALID", f"node {self._peer.node} {said}")
        self._answered = True
        found = Range(start, sent, await _leaves(sent), checkpoint)
        if size < stop:
            self._count(found)
        return found

    async def proved(self, tree: CompactRange, size: int, root: Root) -> AsyncIterator[Range]:
        """Everything from the end of `tree` up to an anchor, in ranges, the first one once all of it leads to
        the anchored root. Raises as `next`, and ROOT_MISMATCH.
        """
        tree, leaves, first = tree.copy(), list[bytes](), tree.end
        known: list[Range] = []
        held, whole = 0, True
        while tree.end < size:
            found = await self.next(tree.end, size)
            for leaf in found.leaves:
                tree.append(leaf)
            leaves += found.leaves
            held += found.record_bytes
            whole = whole and held <= BUFFER_BYTES
            if whole:
                known.append(found)
        if tree.root() != root:
            said = f"hands over entries that do not lead to what is anchored at {size}"
            raise Rejected("ROOT_MISMATCH", f"node {self._peer.node} {said}")
        at = first
        while at < size:
            found = known.pop(0) if known else await self.next(at, size)
            end = at + len(found.leaves)
            if list(found.leaves) != leaves[at - first : end - first]:
                raise Rejected(
                    "ROOT_MISMATCH", f"node {self._peer.node} hands over other entries than before"
                )
            yield found
            at = end

    async def _patiently(self, start: int, stop: int) -> Handed:
        for pause in PAUSES_S if self._answered else ():
            try:
                return await self._answer(start, stop)
            except Unavailable as error:
                if error.code != "TOO_MANY_CALLS":
                    raise
            await self._sleep(pause)
        return await self._answer(start, stop)

    async def _answer(self, start: int, stop: int) -> Handed:
        asking = asyncio.ensure_future(self._peer.handing(self._log, start, stop, RANGE_BYTES))
        try:
            if not await within(asking, ANSWER_S, self._sleep):
                raise Unavailable("PEER_DOWN", f"node {self._peer.node} is too slow")
            return asking.result()
        finally:
            asking.cancel()

    def _count(self, found: Range) -> None:
        if len(found.sent) >= FULL_ENTRIES or found.record_bytes >= FULL_BYTES:
            self._short -= 1
            return
        self._short += 1
        if self._short > 0:
            raise Unavailable("PEER_DOWN", f"node {self._peer.node} hands over too little at once")


async def _leaves(sent: Sequence[Sent]) -> Sequence[bytes]:
    """Of the bytes that came, whatever fingerprints were said of them."""
    found: list[bytes] = []
    for start in range(0, len(sent), SLICE):
        piece = sent[start : start + SLICE]
        found += [leaf_hash(fingerprint(each.raw) if each.raw else each.fingerprint) for each in piece]
        await asyncio.sleep(0)
    return found
