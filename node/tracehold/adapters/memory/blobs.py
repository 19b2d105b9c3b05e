"""Blobs in memory."""

from collections.abc import Sequence

from tracehold.core.errors import Broken
from tracehold.core.ids import Fingerprint
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
