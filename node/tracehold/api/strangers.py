"""Callers without a token: anybody on the network, and so they get a small part of the node together.

Each of their questions costs this node reading and proving, and each member a share of what it answers to
this node. Those who hold tokens are answered as if there were no strangers.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from google.protobuf.message import Message

from tracehold.api.call import Call, within
from tracehold.api.requested import MAX_ITEMS
from tracehold.api.served import Handler, Served
from tracehold.core.errors import Rejected, Unavailable

Answer = TypeVar("Answer")

QUESTIONS = "tracehold.v1.TraceService"
DOSSIER = "tracehold.v1.VerifyService/GetDossier"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of all questions without a token: how many at once, dossiers half of them at most; how many items the
    answer to one may reach; how many seconds one may take, until its answer was taken.
    """

    at_once: int = 8
    max_items: int = 5_000
    seconds: float = 60.0


class Strangers:
    """The gate through which they ask; one per node, for both faces."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._running = 0
        self._dossiers = 0

    def guarding(self, served: Sequence[Served]) -> list[Served]:
        """The same methods; those that ask questions are answered to strangers within the bounds alone."""
        return [replace(one, handler=self._guarded(one)) if _asks(one) else one for one in served]

    async def ask(
        self, call: Call, work: Callable[[Call], Awaitable[Answer]], *, dossier: bool = False
    ) -> Answer:
        """What the work answers. To a stranger only while there is a place and time; else TOO_MANY_CALLS, and
        DEADLINE.
        """
        if call.caller.reader.authenticated:
            return await work(call)
        with self._place(dossier):
            end = asyncio.get_running_loop().time() + self._bounds.seconds
            return await within(replace(call, deadline=min(call.deadline, end)), work)

    def _guarded(self, served: Served) -> Handler:
        dossier = served.method.full_name == DOSSIER

        async def handler(request: Message, call: Call, *send: Any) -> Any:
            if not call.caller.reader.authenticated:
                bound(request, self._bounds.max_items)
            return await self.ask(call, lambda own: served.handler(request, own, *send), dossier=dossier)

        return handler

    @contextmanager
    def _place(self, dossier: bool) -> Iterator[None]:
        most = self._bounds.at_once
        # Whoever reads a dossier slowly holds its place; that shall not close the gate to all others.
        if self._running >= most or (dossier and self._dossiers >= max(1, most // 2)):
            raise Unavailable("TOO_MANY_CALLS", "too many questions without a token are being answered")
        self._running += 1
        self._dossiers += dossier
        try:
            yield
        finally:
            self._running -= 1
            self._dossiers -= dossier


def _asks(served: Served) -> bool:
    return served.method.service == QUESTIONS or served.method.full_name == DOSSIER


def bound(request: Any, most: int) -> None:
    """Lets the answer reach `most` items, of several asked about together, where the request says nothing.
    Raises BAD_REQUEST at the field where it says more.
    """
    chosen = request.WhichOneof("question") if "question" in request.DESCRIPTOR.oneofs_by_name else None
    asked, path = (getattr(request, chosen), f"/{chosen}") if chosen else (request, "")
    fields = asked.DESCRIPTOR.fields_by_name
    if "max_items" not in fields:
        return
    several = len(asked.items) + ("item" in fields and bool(asked.item)) if "items" in fields else 1
    share = max(1, most // max(1, several))
    if asked.max_items > share:
        raise Rejected(
            "BAD_REQUEST",
            f"must be {share} or less without a token",
            path=f"{path}/maxItems",
            remedy="Ask for fewer items, or with a token.",
        )
    asked.max_items = asked.max_items or min(share, MAX_ITEMS)
