"""Answers that are good for a while."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

_Name = TypeVar("_Name", bound=Hashable)
_Answer = TypeVar("_Answer")

FOUND_S = 60.0
"""For so long a holder that announces itself anew may be overlooked."""

NONE_S = 15.0
"""Shorter: who asks for what is not there often asks because it shall be there soon."""


class Remembered(Generic[_Name, _Answer]):
    """The answers used last, up to `most`."""

    def __init__(self, most: int = 10_000, found_s: float = FOUND_S, none_s: float = NONE_S) -> None:
        self._most = most
        self._found_s = found_s
        self._none_s = none_s
        self._kept: OrderedDict[_Name, tuple[float, _Answer]] = OrderedDict()

    def get(self, name: _Name, now: float) -> _Answer | None:
        """The answer, if it is still good at `now` (seconds of a clock that does not jump)."""
        until, answer = self._kept.get(name, (now, None))
        if now >= until:
            self._kept.pop(name, None)
            return None
        self._kept.move_to_end(name)
        return answer

    def put(self, name: _Name, answer: _Answer, now: float, *, empty: bool = False) -> None:
        """Keep an answer, an `empty` one for a shorter time."""
        self._kept[name] = now + (self._none_s if empty else self._found_s), answer
        self._kept.move_to_end(name)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
