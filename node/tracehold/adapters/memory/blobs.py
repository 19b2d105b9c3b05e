"""Blobs in memory."""

from tracehold.core.ids import Fingerprint
from tracehold.core.record import fingerprint


class MemoryBlobs:
    """`journey.ports.Blobs` in a dict."""

    def __init__(self) -> None:
        self.kept: dict[Fingerprint, bytes] = {}

    async def keep(self, raw: bytes) -> bool:
        """Keep the bytes."""
        name = fingerprint(raw)
        new = name not in self.kept
        self.kept[name] = raw
        return new

    async def find(self, fingerprint: Fingerprint) -> bytes | None:
        """The bytes, or None."""
        return self.kept.get(fingerprint)

    async def erase(self, fingerprint: Fingerprint) -> None:
        """Forget the bytes."""
        self.kept.pop(fingerprint, None)
