"""The book of attachments in memory."""

from collections.abc import Sequence

from tracehold.core.ids import Fingerprint
from tracehold.journey.ports import Owner, Staged


class MemoryAttachmentBook:
    """`journey.ports.AttachmentBook` in a dict."""

    def __init__(self) -> None:
        self._staged: dict[tuple[Owner, Fingerprint], Staged] = {}

    async def stage(self, staged: Staged) -> None:
        """Set."""
        self._staged[staged.owner, staged.name] = staged

    async def unstage(self, owner: Owner, name: Fingerprint) -> None:
        """Forget."""
        self._staged.pop((owner, name), None)

    async def staged(self) -> Sequence[Staged]:
        """Sorted by time."""
        return sorted(self._staged.values(), key=lambda each: (each.at_ms, each.owner, each.name))
