"""Events that were parsed lately. What a record says is checked, indexed and announced within a moment, and
parsing is most of the work of each.
"""

from collections import OrderedDict
from collections.abc import Callable

from tracehold.core.epcis import Event, Mode, parse_event

Events = Callable[[bytes], Event]
"""The event of a payload as every node reads it; raises `Rejected` as `parse_event` does."""

BYTES = 4 << 20
"""Payload bytes whose events are remembered: those of the steps of all who read them. An event takes some ten
times as much.
"""


def tolerant(payload: bytes) -> Event:
    """The event, parsed anew."""
    return parse_event(payload, Mode.TOLERANT)


class Parsed:
    """`Events` with a memory. One per node; what is refused is not remembered."""

    def __init__(self, most: int = BYTES) -> None:
        self._most = most
        self._events: OrderedDict[bytes, Event] = OrderedDict()
        self._held = 0

    def __call__(self, payload: bytes) -> Event:
        """See `Events`."""
        known = self._events.get(payload)
        if known is not None:
            self._events.move_to_end(payload)
            return known
        event = tolerant(payload)
        self._events[payload] = event
        self._held += len(payload)
        while self._held > self._most:
            oldest, _ = self._events.popitem(last=False)
            self._held -= len(oldest)
        return event
