"""Which entries an audit asks for, and what so many samples find (docs/spec/audit.md, protocol section 8).

Everybody who knows the seed draws the same places, in the same order, and nobody who does not can guess one.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, log1p

from blake3 import blake3

from tracehold.core.ids import LogId

SAMPLES = 46
"""Places in an audit of one holder by one auditor on one day: ten days of them are the 460 that find a loss
of 1 % with 99 %.
"""

_WORD = 8
_WORDS = 64
"""Of the stream, read at once."""


def chance(lost: float, samples: int) -> float:
    """With which probability at least one of so many uniform samples, drawn with replacement, meets a loss of
    this share of the entries.
    """
    return 1 - (1 - lost) ** samples


def needed(lost: float, sure: float) -> int:
    """The fewest samples that find a loss of this share with this probability: 299 for 1 % with 95 %.
    ValueError unless both lie between 0 and 1.
    """
    if not (0 < lost < 1 and 0 < sure < 1):
        raise ValueError("shares and probabilities lie between 0 and 1")
    return ceil(log1p(-sure) / log1p(-lost))


@dataclass(frozen=True, slots=True, order=True)
class Owed:
    """Entries [start, stop) of one segment of a log that a holder said it keeps, proved under the anchored
    tree of this size, which is not below `stop`.
    """

    log: LogId
    start: int
    stop: int
    size: int


@dataclass(frozen=True, slots=True, order=True)
class AskedEntry:
    """An entry that is asked for, and the tree size under which it is to be proved."""

    log: LogId
    index: int
    size: int


class Draws:
    """Numbers from a seed of 32 bytes: the words of 8 bytes, big-endian, of BLAKE3's extended output under
    the seed as key. A word above the largest multiple of the range is passed over, so that every number is
    equally likely.
    """

    def __init__(self, seed: bytes, purpose: bytes = b"records") -> None:
        self._stream = blake3(purpose, key=seed)
        self._read = 0
        self._words: list[int] = []

    def below(self, end: int) -> int:
        """The next number of [0, end). ValueError unless 0 < end <= 2^63."""
        if not 0 < end <= 1 << 63:
            raise ValueError("no such range")
        limit = (1 << 64) - (1 << 64) % end
        while (word := self._next()) >= limit:
            pass
        return word % end

    def _next(self) -> int:
        if not self._words:
            raw = self._stream.digest(length=_WORD * _WORDS, seek=self._read)
            self._read += len(raw)
            words = (raw[at : at + _WORD] for at in range(0, len(raw), _WORD))
            self._words = [int.from_bytes(word, "big") for word in words][::-1]
        return self._words.pop()


def draw(seed: bytes, owed: Iterable[Owed], samples: int, epoch: int) -> tuple[AskedEntry, ...]:
    """The places of an audit, in the order in which they are asked: first one in each segment whose turn it
    is, then places that are uniform over all owed entries, with replacement. None where nothing is owed.

    At most half of the samples (but at least one) go to turns, and while the same is owed each segment has
    one in every cycle: dropping one small segment whole is the attack that pays, and that uniform samples
    find last.
    """
    runs = sorted(owed)
    if not runs or samples < 1:
        return ()
    draws = Draws(seed)
    cycle = -(-len(runs) // max(1, samples // 2))
    turns = runs[epoch % cycle :: cycle]
    places = [_place(run, draws.below(run.stop - run.start)) for run in turns]
    ends = list(accumulate(run.stop - run.start for run in runs))
    while len(places) < samples:
        at = draws.below(ends[-1])
        which = bisect_right(ends, at)
        places.append(_place(runs[which], at - (ends[which - 1] if which else 0)))
    return tuple(places)


def _place(run: Owed, offset: int) -> AskedEntry:
    return AskedEntry(run.log, run.start + offset, run.size)
