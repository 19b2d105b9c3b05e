"""Blocks by their CID, and the graphs that they make: what a network of IPFS daemons keeps and hands on."""

from collections.abc import Collection, Mapping
from typing import Protocol

from tracehold.core.cid import Cid


class Dag(Protocol):
    """Blocks of at most 1 MiB each. What a pin holds (its root, and all that can be reached from it) stays;
    a block that no pin holds stays until it is dropped, so a graph may come in parts before it is pinned.

    Calls may be made at once, whoever makes them; one that drops a block which another is about to pin is a
    mistake of the caller's. Every method may raise `Unavailable("BLOBS_DOWN")` where the blocks are a
    daemon's and it does not answer, and `Broken("STORE_FAILED")` where a disk refuses.
    """

    async def put(self, blocks: Mapping[Cid, bytes]) -> None:
        """Keep these blocks, all or some; all and durable on return. Harmless to repeat: what is here and
        whole stays, what is damaged is put right. ValueError where one is not the block of its name, and
        BAD_REQUEST where it points to something that has another form of name.
        """
        ...

    async def get(self, cid: Cid, patience_s: float = 0.0) -> bytes | None:
        """The block, compared with its name; None where it is not here. With patience it is asked of others
        for so many seconds, and what they give is kept. Raises `Broken("CORRUPT")` where it is damaged here.
        """
        ...

    async def pin(self, root: Cid, patience_s: float = 0.0) -> None:
        """Hold the graph below `root`; durable on return. Harmless to repeat. What is not here is asked of
        others; NOT_FOUND once for about so many seconds nothing of it came, and then nothing is held.
        """
        ...

    async def unpin(self, root: Cid) -> None:
        """Hold it no more; durable on return. Nothing is deleted. Harmless where it is not held."""
        ...

    async def drop(self, cids: Collection[Cid]) -> None:
        """Delete those of these blocks that no pin holds; durable on return, and they are gone. Harmless for
        what is not here.
        """
        ...
