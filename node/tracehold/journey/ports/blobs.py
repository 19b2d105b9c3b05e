"""Blobs: bytes by their BLAKE3-256 fingerprint, for what is too large or not fit to be a record."""

from typing import Protocol

from tracehold.core.ids import Fingerprint


class Blobs(Protocol):
    """Content by fingerprint, on one disk. Calls take effect in the order in which they are made, whoever
    makes them. Every method may raise `Broken("STORE_FAILED")` when the disk refuses."""

    async def keep(self, raw: bytes) -> bool:
        """Keep the bytes; durable on return. Whether they were not here before: a repeat is harmless."""
        ...

    async def find(self, fingerprint: Fingerprint) -> bytes | None:
        """The bytes, or None where they are not kept here. Raises `Broken("CORRUPT")` where they are no
        longer those of the fingerprint."""
        ...

    async def erase(self, fingerprint: Fingerprint) -> None:
        """Delete the bytes; durable on return. Harmless where they are not here."""
        ...
