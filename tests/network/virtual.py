"""An event loop whose time passes only while everybody waits: an hour of a network takes as long as its
work.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

_Done = TypeVar("_Done")


class VirtualLoop(asyncio.SelectorEventLoop):
    """Time begins at 0 and jumps to the next timer. No sockets, no threads."""

    def __init__(self) -> None:
        self.passed = 0.0
        super().__init__(_Jump(self))

    def time(self) -> float:
        """Seconds since it was made."""
        return self.passed


class _Jump(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("everybody waits, and for nothing")
        self._loop.passed += max(0.0, timeout)
        return []


def run(work: Coroutine[Any, Any, _Done]) -> _Done:
    """The result of `work` in virtual time. Tasks that it left are cancelled."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
