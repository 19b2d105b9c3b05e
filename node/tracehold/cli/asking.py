"""Many questions to a node for one answer: a few at once, and what keeps the answer from being whole."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from tracehold.cli import shown
from tracehold.core.errors import TraceholdError

if TYPE_CHECKING:
    from tracehold.v1.trace_pb2 import Gap

AT_ONCE = 8
"""Questions that are open at once."""

Key = TypeVar("Key")
Value = TypeVar("Value")
GapLine = tuple[str, str, str]
"""Item, reason, and in words."""
Gaps = dict[GapLine, None]
"""Each gap once, in the order in which they were met."""


def note_gaps(gaps: Gaps, item: str, found: "Iterable[Gap]", truncated: bool) -> None:
    """Add those of an answer about an item."""
    for gap in found:
        gaps[gap.item, shown.name_of(gap, "reason"), gap.detail] = None
    if truncated:
        gaps[item, "TRUNCATED", "a limit cut the answer; there may be more"] = None


async def each_of(keys: Iterable[Key], ask: Callable[[Key], Awaitable[Value]]) -> dict[Key, Value]:
    """The answers for all keys, a few asked at once, in the order of the keys."""
    turn = asyncio.Semaphore(AT_ONCE)
    found: dict[Key, Value] = {}

    async def one(key: Key) -> None:
        async with turn:
            found[key] = await ask(key)

    every = list(keys)
    try:
        async with asyncio.TaskGroup() as group:
            for key in every:
                group.create_task(one(key))
    except* TraceholdError as failures:
        failure: BaseException = failures
        while isinstance(failure, BaseExceptionGroup):
            failure = failure.exceptions[0]
        raise failure from None
    return {key: found[key] for key in every}
