"""The questions whose answers can be handed on, and the walk of rules that answers each."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tracehold.core.errors import Rejected
from tracehold.core.gs1 import canonical
from tracehold.core.lineage import (
    ContentsResult,
    Direction,
    HistoryResult,
    StateResult,
    TraceResult,
    Walk,
    contents,
    history,
    state,
    trace,
)

Result = TraceResult | HistoryResult | ContentsResult | StateResult

MAX_DEPTH, MAX_ITEMS = 1_000, 500_000
"""The most that a trace may be asked for, as in the protos."""

_FIRST, _LAST = -62_135_596_800, 253_402_300_800
"""Seconds since 1970 of the years 1 and 10000."""


class Kind(StrEnum):
    """What is asked."""

    TRACE = "trace"
    HISTORY = "history"
    CONTENTS = "contents"
    STATE = "state"


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `item` is canonical; `at` in microseconds and `known_at` in milliseconds since 1970,
    None: all there is. `direction`, the limits and `strict_time` are of traces, and as here for the others.
    """

    kind: Kind
    item: str
    direction: Direction = Direction.UPSTREAM
    at: int | None = None
    known_at: int | None = None
    max_depth: int = 100
    max_items: int = 20_000
    strict_time: bool = False

    def walk(self) -> Walk[Any]:
        """The rules that answer it, from the start; the answer is a `Result`."""
        match self.kind:
            case Kind.TRACE:
                return trace(
                    self.item,
                    self.direction,
                    at=self.at,
                    known_at=self.known_at,
                    max_depth=self.max_depth,
                    max_items=self.max_items,
                    strict_time=self.strict_time,
                )
            case Kind.HISTORY:
                return history(self.item, at=self.at, known_at=self.known_at)
            case Kind.CONTENTS:
                return contents(self.item, at=self.at, known_at=self.known_at, recursive=True)
            case Kind.STATE:
                return state(self.item, at=self.at, known_at=self.known_at)


def question_json(question: Question) -> dict[str, Any]:
    """The question as it stands in a dossier."""
    told: dict[str, Any] = {
        "kind": str(question.kind),
        "item": question.item,
        "atMicros": question.at,
        "knownAtMillis": question.known_at,
    }
    if question.kind is Kind.TRACE:
        told |= {
            "direction": str(question.direction),
            "maxDepth": question.max_depth,
            "maxItems": question.max_items,
            "strictTime": question.strict_time,
        }
    return told


def read_question(parts: Any) -> Question:
    """The question of such an object; MALFORMED_PROOF otherwise."""
    match parts:
        case {"kind": str(kind), "item": str(item), "atMicros": at, "knownAtMillis": known_at, **more}:
            _check(_is_name(item), "item")
            asked = Question(_word(Kind, kind), item, at=_time(at, 10**6), known_at=_time(known_at, 10**3))
        case _:
            raise _malformed("its parts")
    if asked.kind is not Kind.TRACE:
        _check(not more, "its parts")
        return asked
    _check(more.keys() == {"direction", "maxDepth", "maxItems", "strictTime"}, "its parts")
    _check(type(more["strictTime"]) is bool, "strictTime")
    return Question(
        asked.kind,
        asked.item,
        _word(Direction, more["direction"]),
        asked.at,
        asked.known_at,
        _count(more["maxDepth"], MAX_DEPTH),
        _count(more["maxItems"], MAX_ITEMS),
        more["strictTime"] is True,
    )


def _is_name(item: str) -> bool:
    """Whether records are found under it as it stands: nothing is known under another spelling."""
    try:
        return canonical(item) == item
    except Rejected as refusal:
        # A malformed key is a name like any other, as in events; a hidden character is none.
        return refusal.code != "BAD_URI"


def _word(words: Callable[[str], Any], value: Any) -> Any:
    try:
        return words(value)
    except ValueError:
        raise _malformed(f"{value!r} is none of its words") from None


def _count(value: Any, most: int) -> int:
    _check(type(value) is int and 0 < value <= most, "its limits")
    return int(value)


def _time(value: Any, unit: int) -> int | None:
    _check(value is None or (type(value) is int and _FIRST * unit <= value < _LAST * unit), "its times")
    return None if value is None else int(value)


def _check(holds: bool, what: str) -> None:
    if not holds:
        raise _malformed(what)


def _malformed(what: str) -> Rejected:
    return Rejected("MALFORMED_PROOF", f"the question cannot be read: {what}", path="answer.json/question")
