"""Doubts: kept logs for which this node signs nothing for now, since its folder is an older copy of
itself, and so what it signed last may be forgotten here.

The witness of a log stands in the same file as its entries: an older copy of both agrees with itself. Only
the chain tells then: once an anchor beyond the copy's last one is final and agrees with what is kept, a
branch that was signed and lost here can never be anchored any more.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tracehold.core.ids import LogId
from tracehold.journey.ports import AnchorState, RecordLog


def never() -> bool:
    """The folder is known to be no older copy."""
    return False


@dataclass(frozen=True, slots=True)
class Doubts:
    """Durable. While `restored` says that the folder may be an older copy, every log is doubted."""

    store: RecordLog
    restored: Callable[[], bool] = never

    async def note(self, logs: Iterable[LogId]) -> None:
        """From now on nothing is signed for these logs until the chain tells more. Durable on return."""
        for log in logs:
            anchors = await self.store.anchors(log, {AnchorState.MINED, AnchorState.FINAL}, newest=1)
            last = anchors[-1].size if anchors else 0
            await self.store.save_bookmark(_mark(log), last + 1)

    async def about(self, log: LogId) -> bool:
        """Whether nothing may be signed for the log now."""
        if self.restored():
            return True
        due = await self.store.bookmark(_mark(log))
        if not due:
            return False
        # Anchors are stored where they agree with what is kept, and nowhere else.
        final = await self.store.anchors(log, {AnchorState.FINAL}, newest=1)
        if not final or final[-1].size < due:
            return True
        await self.store.save_bookmark(_mark(log), 0)
        return False


def _mark(log: LogId) -> str:
    """The bookmark with the smallest size of an anchor that ends the doubt; 0 where there is none."""
    return f"doubted/{log.hex()}"
