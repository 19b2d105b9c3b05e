"""The questions whose answers can be handed on, and the walk of rules that answers each."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from tracehold.core.errors import Rejected
from tracehold.core.gs1 import canonical
from tracehold.core.lineage import (
    ComplaintResult,
    ContentsResult,
    Direction,
    HistoryResult,
    RecalledResult,
    StateResult,
    TraceResult,
    Walk,
    complaint,
    contents,
    history,
    recalled,
    state,
    trace,
)

Result = TraceResult | HistoryResult | ContentsResult | StateResult | ComplaintResult | RecalledResult

MAX_DEPTH, MAX_ITEMS = 1_000, 500_000
"""The most that a trace may be asked for, as in the protos."""

MAX_ASKED, MAX_TOGETHER = 100, 2_000_000
"""Items asked about at once, and these times the items that each may reach, as in the protos."""

_FIRST, _LAST = -62_135_596_800, 253_402_300_800
"""Seconds since 1970 of the years 1 and 10000."""


class Kind(StrEnum):
    """What is asked."""

    TRACE = "trace"
    HISTORY = "history"
    CONTENTS = "contents"
    STATE = "state"
    COMMON = "common"
    RECALL = "recall"


LEAST = {Kind.COMMON: 2, Kind.RECALL: 1}
"""The questions about several items, and about how many at the least."""

_LIMITS = {"maxDepth", "maxItems", "strictTime"}


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `item` is canonical; `at` in microseconds and `known_at` in milliseconds since 1970,
    None: all there is. Those in `LEAST` are about `items`, each once, and `item` is empty; the others have
    none. `direction` is of traces, the limits and `strict_time` are of these and of those in `LEAST`; for
    all others they are as here.
    """

    kind: Kind
    item: str
    direction: Direction = Direction.UPSTREAM
    at: int | None = None
    known_at: int | None = None
    max_depth: int = 100
    max_items: int = 20_000
    strict_time: bool = False
    items: tuple[str, ...] = ()

    @property
    def asked(self) -> tuple[str, ...]:
        """All that it is about."""
        return self.items or (self.item,)

    def walk(self) -> Walk[Any]:
        """The rules that answer it, from the start; the answer is a `Result`."""
        match self.kind:
            case Kind.TRACE:
                return trace(self.item, self.direction, **self._reach())
            case Kind.COMMON:
                return complaint(self.items, **self._reach())
            case Kind.RECALL:
                return recalled(self.items, **self._reach())
            case Kind.HISTORY:
                return history(self.item, at=self.at, known_at=self.known_at)
            case Kind.CONTENTS:
                return contents(self.item, at=self.at, known_at=self.known_at, recursive=True)
            case Kind.STATE:
                return state(self.item, at=self.at, known_at=self.known_at)

    def _reach(self) -> dict[str, Any]:
        return {
            "at": self.at,
            "known_at": self.known_at,
            "max_depth": self.max_depth,
            "max_items": self.max_items,
            "strict_time": self.strict_time,
        }


def question_json(question: Question) -> dict[str, Any]:
    """The question as it stands in a dossier."""
    told: dict[str, Any] = {
        "kind": str(question.kind),
        "atMicros": question.at,
        "knownAtMillis": question.known_at,
    }
    told |= {"items": list(question.items)} if question.kind in LEAST else {"item": question.item}
    if question.kind is Kind.TRACE:
        told["direction"] = str(question.direction)
    if question.kind is Kind.TRACE or question.kind in LEAST:
        told["maxDepth"], told["maxItems"] = question.max_depth, question.max_items
        told["strictTime"] = question.strict_time
    return told


def read_question(parts: Any) -> Question:
    """The question of such an object; MALFORMED_PROOF otherwise."""
    match parts:
        case {"kind": str(kind), "atMicros": at, "knownAtMillis": known_at, **more}:
            asked = Question(_word(Kind, kind), "", at=_time(at, 10**6), known_at=_time(known_at, 10**3))
        case _:
            raise _malformed("its parts")
    if asked.kind in LEAST:
        asked = replace(asked, items=_items(more.pop("items", None), LEAST[asked.kind]))
    else:
        asked = replace(asked, item=_item(more.pop("item", None)))
    if asked.kind is Kind.TRACE:
        asked = replace(asked, direction=_word(Direction, more.pop("direction", None)))
    elif asked.kind not in LEAST:
        _check(not more, "its parts")
        return asked
    _check(more.keys() == _LIMITS, "its parts")
    _check(type(more["strictTime"]) is bool, "strictTime")
    max_items = _count(more["maxItems"], MAX_ITEMS)
    _check(asked.kind not in LEAST or len(asked.items) * max_items <= MAX_TOGETHER, "its limits")
    return replace(
        asked,
        max_depth=_count(more["maxDepth"], MAX_DEPTH),
        max_items=max_items,
        strict_time=more["strictTime"] is True,
    )


def _item(value: Any) -> str:
    _check(type(value) is str and _is_name(value), "item")
    return str(value)


def _items(values: Any, least: int) -> tuple[str, ...]:
    _check(type(values) is list and least <= len(values) <= MAX_ASKED, "items")
    items = tuple(map(_item, values))
    _check(len(set(items)) == len(items), "items")
    return items


def _is_name(item: str) -> bool:
    """Whether records are found under it as it stands: nothing is known under another spelling."""
    try:
        return canonical(item) == item
    except Rejected as refusal:
        # A malformed key is a name like any other, as in events; a hidden character is none.
        return refusal.code != "BAD_URI"


def _word(words: Callable[[str], Any], value: Any) -> Any:
    _check(type(value) is str, "its words")
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
