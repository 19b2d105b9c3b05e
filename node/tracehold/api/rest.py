"""The REST application: gateway routes, capture, health,
metrics and the OpenAPI document, behind one guard.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from tracehold.api.call import Calls
from tracehold.api.health import Readiness
from tracehold.api.http import Guard, respond_json, respond_refused
from tracehold.api.metrics import CONTENT_TYPE, Metrics
from tracehold.api.status import HttpFault, refusal
from tracehold.wire.standing import Standing

WORDS = {404: "there is no such address here", 405: "this address does not take that method"}


@dataclass(frozen=True, slots=True)
class Watch:
    """What operators and their tools look at."""

    readiness: Readiness
    metrics: Metrics
    standing: Callable[[], Awaitable[Standing]]


def application(
    calls: Calls, routes: Sequence[BaseRoute], watch: Watch, cors_origins: Sequence[str] = ()
) -> ASGIApp:
    """The ASGI application. Browsers of other origins are let in only from `cors_origins`."""
    handlers = {HTTPException: _http_fault(calls), Exception: _unexpected(calls)}
    starlette = Starlette(routes=[*routes, *_watch_routes(watch)], exception_handlers=handlers)
    # A redirect to another spelling of the address would be made from the Host
    # header, which comes from outside.
    starlette.router.redirect_slashes = False
    app: ASGIApp = starlette
    if cors_origins:
        app = CORSMiddleware(
            app,
            allow_origins=list(cors_origins),
            allow_methods=["GET", "POST", "OPTIONS"],
            allow_headers=["authorization", "content-type", "gs1-capture-error-behaviour"],
            expose_headers=["link", "location", "x-request-id"],
        )
    return Guard(app, calls.new_id, calls.on_fault)


def _watch_routes(watch: Watch) -> list[Route]:
    async def healthz(_: Request) -> Response:
        return respond_json(b'{"status":"ok"}')

    async def readyz(_: Request) -> Response:
        ready, report = await watch.readiness.report()
        return respond_json(orjson.dumps(report), 200 if ready else 503)

    async def metrics(_: Request) -> Response:
        return Response(await watch.metrics.page(watch.standing), media_type=CONTENT_TYPE)

    async def openapi(_: Request) -> Response:
        return respond_json(openapi_document())

    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
        Route("/openapi.json", openapi),
    ]


@cache
def openapi_document() -> bytes:
    """The committed OpenAPI document (written by tools/openapi.py, proved fresh in CI)."""
    return resources.files("tracehold.api").joinpath("openapi.json").read_bytes()


def _http_fault(calls: Calls) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Answers what the router refuses: no such route, no such method."""

    async def answer(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        told = refusal(HttpFault(status, WORDS.get(status, "refused")), calls.new_id())
        calls.metrics.http_handled("unmatched", status, 0.0)
        response = respond_refused(told)
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update({name.lower(): value for name, value in error.headers.items()})
        return response

    return answer


def _unexpected(calls: Calls) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Answers an error outside the call pipeline; the guard reports it."""

    async def answer(request: Request, error: Exception) -> Response:
        return respond_refused(refusal(error, calls.new_id()))

    return answer
