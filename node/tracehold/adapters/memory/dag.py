"""A Dag in memory. Nobody is asked for anything."""

from collections.abc import Collection, Iterable, Mapping

from tracehold.core.cid import Cid
from tracehold.core.dag import check, links, named, reach
from tracehold.core.errors import Broken, Rejected


class MemoryDag:
    """`journey.ports.dag.Dag` in a dict and a set."""

    def __init__(self) -> None:
        self.blocks: dict[Cid, bytes] = {}
        self.pins: set[Cid] = set()

    async def put(self, blocks: Mapping[Cid, bytes]) -> None:
        """Keep these blocks."""
        for cid, raw in blocks.items():
            check(cid, raw)
        self.blocks.update(blocks)

    async def get(self, cid: Cid, patience_s: float = 0.0) -> bytes | None:
        """The block, compared with its name."""
        raw = self.blocks.get(cid)
        if raw is not None and not named(cid, raw):
            raise Broken("CORRUPT", f"the block {cid} is damaged")
        return raw

    async def pin(self, root: Cid, patience_s: float = 0.0) -> None:
        """Hold what is below the root, all of which must be here."""
        reach([root], self._linked)
        self.pins.add(root)

    async def unpin(self, root: Cid) -> None:
        """Hold it no more."""
        self.pins.discard(root)

    async def drop(self, cids: Collection[Cid]) -> None:
        """Delete what no pin holds."""
        for cid in set(cids) - reach(self.pins, self._linked):
            self.blocks.pop(cid, None)

    def _linked(self, cid: Cid) -> Iterable[Cid]:
        if cid not in self.blocks:
            raise Rejected("NOT_FOUND", f"the block {cid} is not here")
        return links(cid, self.blocks[cid])
