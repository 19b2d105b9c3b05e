"""Heads of others' logs, as the chain shows them, held against what is kept and was signed here."""

from tracehold.core import cbor
from tracehold.core.anchor import Anchor, encode_anchor
from tracehold.core.errors import Broken, Rejected
from tracehold.journey.ports import Witness
from tracehold.journey.witness import Witnessing


class Heads:
    """One per node. What it finds is evidence: kept, told once, and the log is acknowledged no more."""

    def __init__(self, witnessing: Witnessing) -> None:
        self._witnessing = witnessing

    async def look(self, anchor: Anchor) -> None:
        """Look at one anchor of any log. Harmless to repeat; a log that was seen in two states before is not
        looked at again. Raises what the store raises, but for a copy that is damaged here, which is told.
        """
        try:
            await self._compare(anchor)
        except Rejected as refusal:
            if refusal.code != "FORK_SEEN":
                raise
            # Kept, and told by `Witnessing`.
        except Broken as damage:
            if damage.code != "CORRUPT":
                raise
            self._witnessing.fault(damage)

    async def _compare(self, anchor: Anchor) -> None:
        store, copies = self._witnessing.store, self._witnessing.copies
        own, *_ = [*await store.logs(), None]
        # Of the own log the anchor's follower tells.
        if anchor.log == own or await copies.forks(anchor.log):
            return
        spans = await store.spans(anchor.log)
        if any(start < anchor.size <= stop for start, stop in spans):
            await self._witnessing.compare_anchor(anchor)
        else:
            await self._compare_signed(anchor, await copies.witness(anchor.log))

    async def _compare_signed(self, anchor: Anchor, signed: Witness | None) -> None:
        """What is not kept here any more may have been signed for."""
        if signed is not None and signed.size == anchor.size and signed.root != anchor.root:
            await self._witnessing.accuse(anchor.log, anchor.size, cbor.encode(encode_anchor(anchor)))
