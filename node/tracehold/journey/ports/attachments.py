"""The book of attachments: what was brought and waits for a record that names it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tracehold.core.ids import Fingerprint
from tracehold.journey.ports.blobs import Owner


@dataclass(frozen=True, slots=True)
class Staged:
    """Content of `size` bytes that was kept for `owner` at `at_ms` (milliseconds since 1970), when the own
    log had `since` entries, and that no record is known to name.
    """

    owner: Owner
    name: Fingerprint
    size: int
    since: int
    at_ms: int


class AttachmentBook(Protocol):
    """What is staged, by owner and fingerprint. Every method may raise `Broken("STORE_FAILED")`."""

    async def stage(self, staged: Staged) -> None:
        """Note it, in the place of what was noted of it before; durable on return."""
        ...

    async def unstage(self, owner: Owner, name: Fingerprint) -> None:
        """Note it no more; durable on return. Harmless where it is not noted."""
        ...

    async def staged(self) -> Sequence[Staged]:
        """All that are noted, oldest first."""
        ...
