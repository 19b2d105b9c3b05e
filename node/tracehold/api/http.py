"""What all REST endpoints share: bodies read with a cap, answers and
problems written, headers that browsers need.
"""

import asyncio
from collections.abc import Callable, Collection, Coroutine
from typing import Any, TypeVar

import orjson
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tracehold.api.call import Arriving
from tracehold.api.status import HttpFault, Refusal, problem, problem_headers, refusal
from tracehold.core import strict_json
from tracehold.core.errors import Rejected

Answer = TypeVar("Answer")

JSON = "application/json"
PROBLEM = "application/problem+json"

SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}
"""On every answer that does not set them itself: answers depend
on the token and hold nothing to run or frame.
"""


def arriving(request: Request, name: str) -> Arriving:
    """What the call pipeline knows of a request; `name` is the route's template."""
    return Arriving("http", "", name, tuple(request.headers.getlist("authorization")))


def media_type(request: Request) -> str:
    """What the body says it is, without parameters; "" where it does not say."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_body(request: Request, most: int, media: Collection[str] = (JSON,)) -> bytes:
    """The body, read piece by piece. Raises REQUEST_TOO_LARGE as soon as more than `most` bytes came or were
    announced, `HttpFault` (415) where it is not one of `media`.
    """
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > most:
        raise _too_large(most)
    if media_type(request) not in media:
        raise HttpFault(415, f"send one of {', '.join(media)}", "/content-type")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise _too_large(most)
    return bytes(body)


async def read_json(request: Request, most: int) -> Any:
    """The body as JSON that means one thing. Raises as `read_body`, and MALFORMED_JSON."""
    return strict_json.loads(await read_body(request, most))


def respond_json(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(body, status, headers, JSON)


def respond_refused(told: Refusal) -> Response:
    """The problem that `told` is (RFC 9457)."""
    headers = {**problem_headers(told), "x-request-id": told.request_id}
    return Response(orjson.dumps(problem(told)), told.http, headers, PROBLEM)


class CallerGone(asyncio.CancelledError):
    """Who asked went away, so nobody works on the answer any more."""


async def attended(request: Request, work: Coroutine[Any, Any, Answer]) -> Answer:
    """What the work answers, while the caller is there; call it when the body was read. Raises `CallerGone`
    where the caller goes away; the work was cancelled then, and has ended.
    """
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise CallerGone
    finally:
        leaving.cancel()
        working.cancel()
        await asyncio.wait({working, leaving})


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class Guard:
    """Wraps an ASGI application: security headers, a request id, and
    a problem for whatever it raises or lets fall.
    """

    def __init__(
        self, app: ASGIApp, new_id: Callable[[], str], on_fault: Callable[[BaseException], None]
    ) -> None:
        self._app = app
        self._new_id = new_id
        self._on_fault = on_fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application for one scope (ASGI 3)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if "x-request-id" not in headers:
                    headers["x-request-id"] = self._new_id()
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        except Exception as error:  # noqa: BLE001  no text of it leaves; the node hears of it
            self._on_fault(error)
            if not started:
                await respond_refused(refusal(error, self._new_id()))(scope, receive, guarded)


def _too_large(most: int) -> Rejected:
    return Rejected("REQUEST_TOO_LARGE", f"the body is over {most} bytes")
