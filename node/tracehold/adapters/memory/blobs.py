"""Blobs in memory."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice

from tracehold.core.blocks import Blocks, blocks_of, check_block, too_large
from tracehold.core.errors import Broken, Rejected
from tracehold.core.ids import Fingerprint
from tracehold.core.limits import BLOCK_BYTES, MAX_ATTACHMENT_BYTES
from tracehold.core.record import fingerprint
from tracehold.journey.ports.blobs import Owner, Unsettled


class MemoryBlobs:
    """`journey.ports.Blobs` in two dicts: bytes, and since when they are unsettled."""

    def __init__(self) -> None:
        self.kept: dict[tuple[Owner, Fingerprint], bytes] = {}
        self.open: dict[tuple[Owner, Fingerprint], int] = {}

    async def keep(self, owner: Owner, name: Fingerprint, raw: bytes, since: int | None) -> None:
        """Keep the bytes."""
        if fingerprint(raw) != name:
            raise ValueError("the bytes have another fingerprint")
        if (owner, name) not in self.kept and since is not None:
            self.open.setdefault((owner, name), since)
        self.kept[owner, name] = raw

    @asynccontextmanager
    async def receive(self, owner: Owner) -> AsyncIterator["MemoryArriving"]:
        """Takes content into memory."""
        yield MemoryArriving(self, owner)

    async def settle(self, owner: Owner, name: Fingerprint) -> None:
        """They stay."""
        self.open.pop((owner, name), None)

    async def unsettled(self) -> Sequence[Unsettled]:
        """Those of which nothing is known."""
        return [Unsettled(*key, since) for key, since in self.open.items()]

    async def find(self, owner: Owner, name: Fingerprint) -> bytes | None:
        """The bytes, or None. Raises `Broken("CORRUPT")` where a test damaged them."""
        raw = self.kept.get((owner, name))
        if raw is not None and fingerprint(raw) != name:
            raise Broken("CORRUPT", f"the attachment {name.hex()} is damaged")
        return raw

    async def erase(self, owner: Owner, name: Fingerprint) -> None:
        """Forget the bytes."""
        self.kept.pop((owner, name), None)
        self.open.pop((owner, name), None)

    async def blocks(self, owner: Owner, name: Fingerprint) -> Blocks | None:
        """Hashed anew."""
        raw = await self.find(owner, name)
        return None if raw is None else blocks_of(raw)

    async def read(self, owner: Owner, name: Fingerprint, start: int, stop: int) -> AsyncIterator[bytes]:
        """A slice a block; erased content ends."""
        size = len(self._raw(owner, name))
        if not 0 <= start <= stop <= size:
            raise Rejected("BAD_RANGE", f"the content has {size} bytes")
        while start < stop:
            end = min(stop, (start // BLOCK_BYTES + 1) * BLOCK_BYTES)
            raw = self._raw(owner, name)
            if fingerprint(raw) != name:
                raise Broken("CORRUPT", f"the attachment {name.hex()} is damaged")
            yield raw[start:end]
            start = end

    async def heal(self, owner: Owner, name: Fingerprint, number: int, raw: bytes) -> None:
        """Put the block where it was. Only of content that is whole the blocks are known here."""
        self._raw(owner, name)
        blocks = await self.blocks(owner, name)
        if blocks is not None:
            check_block(blocks, number, raw)

    async def names(
        self, after: tuple[Owner, Fingerprint] | None, most: int
    ) -> Sequence[tuple[Owner, Fingerprint]]:
        """Sorted."""
        return list(islice((key for key in sorted(self.kept) if after is None or key > after), most))

    def _raw(self, owner: Owner, name: Fingerprint) -> bytes:
        if (owner, name) not in self.kept:
            raise Rejected("NOT_FOUND", "this node does not keep the attachment", path="/attachment")
        return self.kept[owner, name]


class MemoryArriving:
    """`journey.ports.Arriving` in memory."""

    def __init__(self, blobs: MemoryBlobs, owner: Owner) -> None:
        self._blobs = blobs
        self._owner = owner
        self._raw = bytearray()
        self._ended: Blocks | None = None

    async def write(self, piece: bytes) -> None:
        """Append."""
        self._raw += piece
        if len(self._raw) > MAX_ATTACHMENT_BYTES:
            raise too_large()

    async def end(self) -> Blocks:
        """The hashes."""
        self._ended = blocks_of(bytes(self._raw))
        return self._ended

    async def keep(self, since: int | None) -> None:
        """As `MemoryBlobs.keep`."""
        if self._ended is None:
            raise ValueError("end comes before keep")
        await self._blobs.keep(self._owner, self._ended.fingerprint, bytes(self._raw), since)
