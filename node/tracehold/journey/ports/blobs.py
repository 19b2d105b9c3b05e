"""Blobs: bytes by owner and BLAKE3-256 fingerprint, for what is too large or not fit to be a record."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import NewType, Protocol

from tracehold.core.blocks import Blocks
from tracehold.core.ids import Fingerprint

Owner = NewType("Owner", bytes)
"""For whom bytes are kept; 32 bytes. Each owner's are apart: erased and found for it alone."""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Bytes of which it is not known yet whether anything will name them. `since`: as given to `keep`."""

    owner: Owner
    name: Fingerprint
    since: int


class Arriving(Protocol):
    """Content on its way in. Its methods are awaited one after another."""

    async def write(self, piece: bytes) -> None:
        """The next bytes, at most 1 MiB. Raises ATTACHMENT_TOO_LARGE over 1 GiB."""
        ...

    async def end(self) -> Blocks:
        """That was all: its hashes. What came is on disk, under no name yet."""
        ...

    async def keep(self, since: int | None) -> None:
        """Keep it under its fingerprint, after `end`; as `Blobs.keep`: durable on return, unsettled where
        it was not here before and `since` is given. Whatever was here under this name is replaced.
        """
        ...


class Blobs(Protocol):
    """Content by owner and fingerprint, on one disk. Bytes come in two steps: `keep`, then `settle` once a
    record names them; what a crash leaves in between is told by `unsettled`.

    Calls take effect in the order in which they are made, whoever makes them, and also where the caller gives
    up waiting; large content that arrives or is read holds up none of them. Every method may raise
    `Broken("STORE_FAILED")` when the disk refuses, and `Unavailable("BLOBS_DOWN")` where a server keeps them
    that does not answer.
    """

    async def keep(self, owner: Owner, name: Fingerprint, raw: bytes, since: int | None) -> None:
        """Keep the bytes, whose fingerprint is `name` (ValueError otherwise); durable on return. Harmless to
        repeat: whole bytes that are here stay as they are, and damaged ones are put right. What was not
        here is unsettled from before its first byte is written, unless `since` is None.
        """
        ...

    def receive(self, owner: Owner) -> AbstractAsyncContextManager[Arriving]:
        """Takes content of up to 1 GiB piece by piece, in memory of a few blocks. What was not kept at the
        end of the
        context is gone. Several may arrive at once, of one content too.
        """
        ...

    async def settle(self, owner: Owner, name: Fingerprint) -> None:
        """The bytes are unsettled no more; durable on return. Harmless to repeat."""
        ...

    async def unsettled(self) -> Sequence[Unsettled]:
        """All that are unsettled, perhaps without their bytes. What a crash left half-written goes; what
        arrives now stays.
        """
        ...

    async def find(self, owner: Owner, name: Fingerprint) -> bytes | None:
        """The bytes, settled or not; None where they are not kept for this owner. Raises `Broken("CORRUPT")`
        where they are no longer those of the fingerprint. For what is small: all are in memory.
        """
        ...

    async def blocks(self, owner: Owner, name: Fingerprint) -> Blocks | None:
        """The blocks of kept content; None where it is not kept for this owner. Raises `Broken("CORRUPT")`
        where they have to be told from the bytes, and those are damaged.
        """
        ...

    def read(self, owner: Owner, name: Fingerprint, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes [start, stop) of kept content, in pieces of at most 1 MiB, each checked with its block
        before it is given. Raises BAD_RANGE unless 0 <= start <= stop <= size, NOT_FOUND where it is not
        kept, also when it is erased meanwhile, and `Broken("CORRUPT")` at a damaged block.
        """
        ...

    async def heal(self, owner: Owner, name: Fingerprint, number: int, raw: bytes) -> None:
        """Put these bytes in the place of one block; durable on return. Raises ATTACHMENT_MISMATCH where they
        are not
        that block's, NOT_FOUND where the content is not kept, `Broken("CORRUPT")` where its blocks are not
        known.
        """
        ...

    async def names(
        self, after: tuple[Owner, Fingerprint] | None, most: int
    ) -> Sequence[tuple[Owner, Fingerprint]]:
        """The next so many that are kept, by owner and fingerprint; from the first on where `after` is
        None.
        """
        ...

    async def erase(self, owner: Owner, name: Fingerprint) -> None:
        """Delete this owner's bytes; durable on return. Harmless where they are not here."""
        ...
