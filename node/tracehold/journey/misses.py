"""Asking every member for one fingerprint, within bounds.

No key leads to a fingerprint, so a record that is not kept here costs a question to each member, and anybody
may ask for a receipt. Callers without a token therefore share a few such questions, and what nobody had a
moment ago is not asked for again.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from tracehold.core.access import Reader
from tracehold.core.allowance import Allowance
from tracehold.core.errors import Unavailable
from tracehold.core.ids import Fingerprint
from tracehold.journey.remembered import Remembered

READERS = 64
"""Such questions at once of callers that the node knows."""

STRANGERS = 4
"""Of all others together."""

STRANGERS_PER_S = 5.0
"""Of all others together in a second, however soon they are answered."""

STRANGERS_BURST = 50.0
"""And as many at first."""

MOST = 10_000
"""Fingerprints that nobody had and that are remembered."""


class Misses:
    """One per node, shared by all questions."""

    def __init__(self, micros: Callable[[], int]) -> None:
        """`micros` is any clock in microseconds; one that stands at 0 remembers nothing."""
        self._micros = micros
        self._nobody: Remembered[Fingerprint, tuple[int, ...]] = Remembered(MOST)
        self._allowance = Allowance(STRANGERS_PER_S, STRANGERS_BURST)
        self._running = {True: 0, False: 0}

    def nobody_had(self, name: Fingerprint) -> Sequence[int] | None:
        """The nodes that did not answer when nobody else had it, a moment ago; None where it is to be asked
        for.
        """
        return self._nobody.get(name, self._now)

    def note(self, name: Fingerprint, silent: Sequence[int]) -> None:
        """Nobody had it, of those who answered."""
        if now := self._now:
            self._nobody.put(name, tuple(silent), now, empty=True)

    @contextmanager
    def asking(self, reader: Reader) -> Iterator[None]:
        """One question to all members. Raises `Unavailable("TOO_MANY_CALLS")` where that is one too many."""
        known = reader.authenticated
        if self._running[known] >= (READERS if known else STRANGERS):
            raise Unavailable("TOO_MANY_CALLS", "too many records are being looked for at all members")
        if not known:
            self._allowance.take("strangers", 1, self._now)
        self._running[known] += 1
        try:
            yield
        finally:
            self._running[known] -= 1

    @property
    def _now(self) -> float:
        return self._micros() / 1_000_000
