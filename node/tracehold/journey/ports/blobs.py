"""Blobs: bytes by owner and BLAKE3-256 fingerprint, for what is too large or not fit to be a record."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NewType, Protocol

from tracehold.core.ids import Fingerprint

Owner = NewType("Owner", bytes)
"""For whom bytes are kept; 32 bytes. Each owner's are apart: erased and found for it alone."""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Bytes of which it is not known yet whether anything will name them. `since`: as given to `keep`."""

    owner: Owner
    name: Fingerprint
    since: int


class Blobs(Protocol):
    """Content by owner and fingerprint, on one disk. Bytes come in two steps: `keep`, then `settle` once a
    record names them; what a crash leaves in between is told by `unsettled`.

    Calls take effect in the order in which they are made, whoever makes them, and also where the caller gives
    up waiting. Every method may raise `Broken("STORE_FAILED")` when the disk refuses.
    """

    async def keep(self, owner: Owner, name: Fingerprint, raw: bytes, since: int | None) -> None:
        """Keep the bytes, whose fingerprint is `name` (ValueError otherwise); durable on return. Harmless to
        repeat: whole bytes that are here stay as they are, and damaged ones are put right. What was not
        here is unsettled from before its first byte is written, unless `since` is None.
        """
        ...

    async def settle(self, owner: Owner, name: Fingerprint) -> None:
        """The bytes are unsettled no more; durable on return. Harmless to repeat."""
        ...

    async def unsettled(self) -> Sequence[Unsettled]:
        """All that are unsettled, perhaps without their bytes. What a crash left half-written goes."""
        ...

    async def find(self, owner: Owner, name: Fingerprint) -> bytes | None:
        """The bytes, settled or not; None where they are not kept for this owner. Raises `Broken("CORRUPT")`
        where they are no longer those of the fingerprint."""
        ...

    async def erase(self, owner: Owner, name: Fingerprint) -> None:
        """Delete this owner's bytes; durable on return. Harmless where they are not here."""
        ...
