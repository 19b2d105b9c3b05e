"""Rations: how much each member gets of this node, whatever it asks for.

Each kind of calls has a bucket of calls. Answers have one of bytes, for ranges, for questions and for audits;
shipments have none, and what anchors wait for is never held up by it.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from tracehold.core.allowance import Allowance
from tracehold.core.errors import Unavailable
from tracehold.wire.ways import Way

TICK_S = 0.001
"""The shortest wait."""

GUESSED = {Way.QUESTION: 256 << 10, Way.RANGE: 8 << 20, Way.SHIPMENT: 0, Way.AUDIT: 4 << 20}
"""Bytes of an answer that nobody waited for."""


@dataclass(frozen=True, slots=True)
class Limits:
    """For one member: how many calls of each kind run at once, and how many begin each second, or at once
    after a pause. `bytes_per_s` are the bytes of answers in each second, for ranges, for questions and for
    audits each: in all, and half of it for one member (0: no limit); `bytes_at_once` are those of one after a
    pause.
    """

    questions: int = 16
    ranges: int = 6
    shipments: int = 2
    audits: int = 2
    calls_per_s: float = 500.0
    calls_at_once: float = 5_000.0
    bytes_per_s: float = 0.0
    bytes_at_once: float = 16 << 20


class Rations:
    """One per listener. Members go by their numbers."""

    def __init__(self, limits: Limits) -> None:
        self._most = {
            Way.QUESTION: limits.questions,
            Way.RANGE: limits.ranges,
            Way.SHIPMENT: limits.shipments,
            Way.AUDIT: limits.audits,
        }
        self._running: Counter[tuple[int, Way]] = Counter()
        self._calls = Allowance(limits.calls_per_s, limits.calls_at_once)
        self._unlimited = not limits.bytes_per_s
        self._ones = Allowance(limits.bytes_per_s / 2, limits.bytes_at_once)
        self._all = Allowance(limits.bytes_per_s, 2 * limits.bytes_at_once)

    @contextmanager
    def turn(self, member: int, way: Way) -> Iterator[None]:
        """One of the calls that this member may make now. Raises TOO_MANY_CALLS."""
        key = member, way
        if self._running[key] >= self._most[way]:
            raise Unavailable("TOO_MANY_CALLS", f"{self._most[way]} such calls of this member are running")
        self._calls.take(key, 1, _now())
        self._running[key] += 1
        try:
            yield
        finally:
            self._running[key] -= 1

    async def due(self, member: int, way: Way, patience_s: float) -> None:
        """Returns when an answer may go out to this member. Raises TOO_MANY_CALLS, at once, where that is
        not within its patience.
        """
        if self._free(way):
            return
        until = _now() + patience_s
        while wait := max(self._ones.wait((member, way), _now()), self._all.wait(way, _now())):
            if _now() + wait > until:
                raise Unavailable("TOO_MANY_CALLS", "too much was handed out just now")
            # Others may go first; and a remainder of rounding is no time that passes.
            await asyncio.sleep(max(wait, TICK_S))

    @contextmanager
    def charged(self, member: int, way: Way) -> Iterator[Callable[[int], None]]:
        """While an answer is made; what is given is told how large it was. Whoever hangs up before, or gives
        no time for it, had the work done all the same, and pays for an answer of `GUESSED` bytes.
        """
        try:
            yield partial(self.spend, member, way)
        except asyncio.CancelledError:
            self.spend(member, way, GUESSED[way])
            raise

    def spend(self, member: int, way: Way, size: int) -> None:
        """So many bytes go out to this member."""
        if not self._free(way):
            self._ones.spend((member, way), size, _now())
            self._all.spend(way, size, _now())

    def _free(self, way: Way) -> bool:
        return self._unlimited or way is Way.SHIPMENT


def _now() -> float:
    return asyncio.get_running_loop().time()
