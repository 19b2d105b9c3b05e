"""What the demo says, and what it found: lines with the time, and checks that decide the exit code."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Teller:
    """Prints stages as they end. `say` gets each line; `found` becomes the JSON answer."""

    say: Callable[[str], None]
    began: float = field(default_factory=time.monotonic)
    found: dict[str, Any] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def stage(self, line: str) -> None:
        """One thing that was done, with the seconds since the start."""
        self.say(f"[{self.seconds:5.1f} s] {line}")

    def more(self, line: str) -> None:
        """A detail of it."""
        self.say(f"          {line}")

    def check(self, name: str, expected: Any, got: Any) -> None:
        """Compare an answer with the truth; a difference makes the demo fail."""
        if expected == got:
            size = f" ({len(expected)})" if isinstance(expected, list | set | frozenset | tuple) else ""
            self.more(f"ok      {name}{size}")
            return
        self.failed.append(name)
        self.more(f"FAILED  {name}: {_difference(expected, got)}")

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.began


def _difference(expected: Any, got: Any) -> str:
    if isinstance(expected, set | frozenset) and isinstance(got, set | frozenset):
        return f"missing {sorted(expected - got)[:3]}, too many {sorted(got - expected)[:3]}"
    return f"expected {str(expected)[:200]}, got {str(got)[:200]}"
