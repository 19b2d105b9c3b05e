"""Staging: content that a party brought and that waits for a record of that party which names it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tracehold.core.blocks import too_large
from tracehold.core.errors import Unavailable
from tracehold.journey.originals import Whose
from tracehold.journey.ports import AttachmentBook, Owner, Staged

AT_ONCE, AT_ONCE_OF_ONE = 16, 4
"""Attachments that may arrive at once: in all, and for one party."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bytes of one attachment, bytes of all that are staged or arrive (of one party half as many), and for
    how long one waits for a record.
    """

    max_bytes: int = 1 << 30
    staged_bytes: int = 4 << 30
    grace_ms: int = 86_400_000


@dataclass(slots=True)
class Staging:
    """The book, and what arrives. Made by `open`; whoever changes the book for one content has its lock
    (`Originals.alone`)."""

    book: AttachmentBook
    bounds: Bounds
    _staged: dict[Whose, Staged] = field(default_factory=dict)
    _arriving: "Counter[Owner]" = field(default_factory=Counter)
    _bytes: "Counter[Owner]" = field(default_factory=Counter)

    @classmethod
    async def open(cls, book: AttachmentBook, bounds: Bounds) -> "Staging":
        """With what the book holds. Raises what it raises."""
        staging = cls(book, bounds)
        for each in await book.staged():
            staging._staged[each.owner, each.name] = each
            staging._bytes[each.owner] += each.size
        return staging

    def find(self, whose: Whose) -> Staged | None:
        """What is noted of it."""
        return self._staged.get(whose)

    def holds(self, whose: Whose) -> bool:
        """Whether it waits for a record."""
        return whose in self._staged

    def all(self) -> list[Staged]:
        """All that are staged."""
        return list(self._staged.values())

    async def add(self, staged: Staged) -> None:
        """Note it; durable on return."""
        await self.book.stage(staged)
        self._forget((staged.owner, staged.name))
        self._staged[staged.owner, staged.name] = staged
        self._bytes[staged.owner] += staged.size

    async def drop(self, whose: Whose) -> None:
        """It waits no more; durable on return."""
        await self.book.unstage(*whose)
        self._forget(whose)

    def _forget(self, whose: Whose) -> None:
        if before := self._staged.pop(whose, None):
            self._bytes[before.owner] -= before.size

    @contextmanager
    def arrival(self, owner: Owner, announced: int) -> Iterator["Arrival"]:
        """A place for one attachment that arrives; what it held is free at the end. Raises
        ATTACHMENT_TOO_LARGE, TOO_MANY_CALLS and BUSY, at once where so many bytes are announced.
        """
        if self._arriving[owner] >= AT_ONCE_OF_ONE or self._arriving.total() >= AT_ONCE:
            raise Unavailable("TOO_MANY_CALLS", "as many attachments arrive as may at once")
        arrival = Arrival(self, owner)
        arrival.check(announced)
        self._arriving[owner] += 1
        try:
            yield arrival
        finally:
            self._arriving[owner] -= 1
            self._bytes[owner] -= arrival.size
            self._bytes += Counter()  # leaves out whoever holds nothing
            self._arriving += Counter()

    def check(self, owner: Owner, more: int) -> None:
        """BUSY where there is no room for so many bytes more."""
        most = self.bounds.staged_bytes
        if self._bytes.total() + more > most or self._bytes[owner] + more > most // 2:
            raise Unavailable("BUSY", "too many attachments wait for the records that name them")

    def hold(self, owner: Owner, more: int) -> None:
        """Count bytes that arrive."""
        self._bytes[owner] += more


@dataclass(slots=True)
class Arrival:
    """One attachment on its way in, and how many bytes came."""

    _staging: Staging
    _owner: Owner
    size: int = 0

    def check(self, more: int) -> None:
        """Returns if so many bytes more may come; else ATTACHMENT_TOO_LARGE or BUSY."""
        if self.size + more > self._staging.bounds.max_bytes:
            raise too_large(self._staging.bounds.max_bytes)
        self._staging.check(self._owner, more)

    def take(self, more: int) -> None:
        """So many bytes came. Raises as `check`."""
        self.check(more)
        self.size += more
        self._staging.hold(self._owner, more)
