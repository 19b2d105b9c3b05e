"""One call, on whichever face it came: who calls, until when, and
how every outcome is told, counted and logged.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import structlog

from tracehold.api.access import ANONYMOUS_CALLER, Access, Caller
from tracehold.api.metrics import Metrics
from tracehold.api.status import Refusal, refusal
from tracehold.core.errors import Broken, Rejected, TraceholdError, Unavailable
from tracehold.journey.neighbours import Neighbour
from tracehold.wire.descriptors import Form

Answer = TypeVar("Answer")
Face = Literal["grpc", "http"]
Log = structlog.typing.FilteringBoundLogger

DEFAULT_DEADLINE_S = 60.0
"""Seconds that a call may take where the caller names no deadline."""

MAX_DEADLINE_S = 600.0
"""Seconds that a call may take, whatever the caller asks for."""

MAX_STREAM_S = 3_600.0
"""Seconds that a stream may last: a token is looked at when a call begins, so none outlives its end by
more.
"""


@dataclass(frozen=True, slots=True)
class Call:
    """What a servicer knows of the call beside the request.
    `deadline` is a time of the event loop's clock.
    """

    name: str
    request_id: str
    caller: Caller
    deadline: float
    member: Neighbour | None = None
    """The node that calls, on the listener for peers."""

    def remaining(self) -> float:
        """Seconds until the deadline, not below 0."""
        return max(0.0, self.deadline - asyncio.get_running_loop().time())


@dataclass(frozen=True, slots=True)
class Arriving:
    """What a face hands over: method or route, the `Authorization`
    texts that came, the caller's deadline in seconds.
    """

    face: Face
    service: str
    name: str
    authorization: tuple[str, ...] = ()
    deadline_s: float | None = None
    form: Form = "unary"

    @property
    def seconds(self) -> float:
        """How long the call may take. A stream of answers lasts until it is ended, but not for ever."""
        if self.form not in {"unary", "client_stream"}:
            return MAX_STREAM_S if self.deadline_s is None else min(max(self.deadline_s, 0.0), MAX_STREAM_S)
        return (
            DEFAULT_DEADLINE_S if self.deadline_s is None else min(max(self.deadline_s, 0.0), MAX_DEADLINE_S)
        )


@dataclass(frozen=True, slots=True)
class Calls:
    """Runs calls. `new_id` makes request ids; `on_fault` hears of what an operator
    must see (Broken, unexpected errors).

    Successful calls are logged one in `sample`, slow ones (over `slow_s` seconds) always.
    """

    access: Access
    metrics: Metrics
    log: Log
    new_id: Callable[[], str]
    on_fault: Callable[[BaseException], None] = lambda error: None
    slow_s: float = 1.0
    sample: int = 1_000

    async def run(self, arriving: Arriving, work: Callable[[Call], Awaitable[Answer]]) -> Answer | Refusal:
        """The answer of `work`, or what the caller is told instead. Raises only CancelledError."""
        began = asyncio.get_running_loop().time()
        call = Call(arriving.name, self.new_id(), ANONYMOUS_CALLER, began + arriving.seconds)
        try:
            call = replace(call, caller=self._caller(arriving))
            answer = await within(call, work)
        except asyncio.CancelledError:
            self._told(arriving, call, "CANCELLED", 499, began)
            raise
        # The one place where errors end, so that no text of theirs leaves.
        except Exception as error:  # noqa: BLE001
            told = refusal(error, call.request_id)
            self._failed(arriving, call, told, error)
            self._told(arriving, call, told.status, told.http, began)
            return told
        self._told(arriving, call, "OK", 200, began)
        return answer

    def _caller(self, arriving: Arriving) -> Caller:
        if len(arriving.authorization) > 1:
            raise Rejected("UNAUTHENTICATED", "more than one Authorization was sent")
        return self.access.caller(arriving.authorization[0] if arriving.authorization else None)

    def _failed(self, arriving: Arriving, call: Call, told: Refusal, error: Exception) -> None:
        """Log a failure at the level of who must act; the
        text of an unexpected error goes to the log only.
        """
        facts = {**_facts(arriving, call), "code": told.code}
        if isinstance(error, Broken) or not isinstance(error, TraceholdError):
            self.on_fault(error)
            self.log.error("call_failed", **facts, exc_info=error)
        elif told.code == "TOO_MANY_CALLS":
            # Whoever floods the node shall not fill its log too; the metrics count them.
            self.log.debug("call_unavailable", **facts, message=told.message)
        elif isinstance(error, Unavailable):
            self.log.warning("call_unavailable", **facts, message=told.message)
        else:
            self.log.info("call_refused", **facts, path=told.path, message=told.message)

    def _told(self, arriving: Arriving, call: Call, code: str, http: int, began: float) -> None:
        seconds = asyncio.get_running_loop().time() - began
        if arriving.face == "grpc":
            self.metrics.grpc_handled(arriving.service, arriving.name, arriving.form, code, seconds)
        else:
            self.metrics.http_handled(arriving.name, http, seconds)
        if seconds >= self.slow_s or (code == "OK" and self._sampled(call.request_id)):
            self.log.info("call", **_facts(arriving, call), code=code, ms=round(seconds * 1_000))

    def _sampled(self, request_id: str) -> bool:
        """One in `sample`, by the id, which is random: nothing to count, nothing to share."""
        return self.sample > 0 and hash(request_id) % self.sample == 0


async def within(call: Call, work: Callable[[Call], Awaitable[Answer]]) -> Answer:
    """The answer of `work` before the call's deadline; DEADLINE
    otherwise. A TimeoutError of its own stays one.
    """
    scope = asyncio.timeout_at(call.deadline)
    try:
        async with scope:
            return await work(call)
    except TimeoutError:
        if scope.expired():
            raise Unavailable("DEADLINE", "the call's deadline passed") from None
        raise


def _facts(arriving: Arriving, call: Call) -> dict[str, str]:
    return {
        "call": call.name,
        "face": arriving.face,
        "request_id": call.request_id,
        "caller": call.caller.name,
    }
