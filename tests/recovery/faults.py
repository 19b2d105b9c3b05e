"""Ports that fail once: before the write (nothing happened) or after it (it happened, and the reply was
lost).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tracehold.core.errors import Broken, TraceholdError, Unavailable

BUSY = Unavailable("STORE_BUSY", "injected")
FAILED = Broken("STORE_FAILED", "injected")
DOWN = Unavailable("CHAIN_DOWN", "injected")
GRAPH = Unavailable("GRAPH_DOWN", "injected")


@dataclass
class Fault:
    """The next `skip` calls of `method` work; the one after raises `error`, before or after it did its
    work.
    """

    method: str
    error: TraceholdError
    after: bool
    skip: int = 0


@dataclass
class Faulty:
    """A port with faults in it; everything else passes through."""

    port: Any
    faults: list[Fault] = field(default_factory=list)

    def arm(self, fault: Fault) -> None:
        """Let a fault wait for its call."""
        self.faults.append(fault)

    def heal(self) -> None:
        """Forget faults that did not happen."""
        self.faults.clear()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.port, name)
        return self._faulty(name, method) if callable(method) else method

    def _faulty(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        async def call(*args: Any, **options: Any) -> Any:
            fault = self._due(name)
            if fault is None:
                return await method(*args, **options)
            if fault.after:
                await method(*args, **options)
            raise fault.error

        return call

    def _due(self, name: str) -> Fault | None:
        for fault in self.faults:
            if fault.method == name:
                if fault.skip == 0:
                    self.faults.remove(fault)
                    return fault
                fault.skip -= 1
                return None
        return None
