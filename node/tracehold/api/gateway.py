"""The REST face of the servicers: routes from the
`google.api.http` bindings of the protos, JSON by `wire`.
"""

import re
from collections.abc import Sequence

import orjson
from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tracehold.api.call import Call, Calls
from tracehold.api.http import CallerGone, arriving, attended, read_json, respond_json, respond_refused
from tracehold.api.served import Served
from tracehold.api.status import Refusal
from tracehold.core.errors import Rejected
from tracehold.wire.ceiling import json_ceiling
from tracehold.wire.descriptors import Binding
from tracehold.wire.from_json import fill, set_text
from tracehold.wire.protojson import to_json

VARIABLE = re.compile(r"\{(\w+)(=\*\*)?\}")
"""A variable of a path template: `{name}` for one segment, `{name=**}` for the rest of the path."""


def routes(calls: Calls, served: Sequence[Served]) -> list[Route]:
    """One route for each bound method. Templates with fewer variables come first, so that literals win."""
    bound = [(one, one.method.binding) for one in served if one.method.binding is not None]
    bound.sort(key=lambda pair: len(VARIABLE.findall(pair[1].template)))
    return [_route(calls, one, binding) for one, binding in bound]


def starlette_path(template: str) -> str:
    """`/v1/masterdata/{id:path}` for `/v1/masterdata/{id=**}`."""
    return VARIABLE.sub(lambda found: f"{{{found[1]}:path}}" if found[2] else f"{{{found[1]}}}", template)


def _route(calls: Calls, served: Served, binding: Binding) -> Route:
    most = json_ceiling(served.method.request.DESCRIPTOR)

    async def endpoint(request: Request) -> Response:
        async def work(call: Call) -> Response:
            message = await _message(request, served, binding, most)
            body = orjson.dumps(to_json(await attended(request, served.answer(message, call))))
            return respond_json(body, headers={"x-request-id": call.request_id})

        try:
            outcome = await calls.run(arriving(request, binding.template), work)
        except CallerGone:
            return Response(status_code=499)  # to nobody
        return respond_refused(outcome) if isinstance(outcome, Refusal) else outcome

    return Route(starlette_path(binding.template), endpoint, methods=[binding.verb])


async def _message(request: Request, served: Served, binding: Binding, most: int) -> Message:
    """The request's message, out of path, query and body. Raises BAD_REQUEST, BAD_TIME,
    MALFORMED_JSON, ...
    """
    message = served.method.request()
    if binding.body:
        fill(message, await read_json(request, most))
    for name, text in request.path_params.items():
        set_text(message, name, [text], f"/{name}")
    for name in request.query_params:
        path = f"/{name[:100]}"
        if binding.body or name in request.path_params:
            raise Rejected("BAD_REQUEST", "there is no such parameter", path=path)
        set_text(message, name, request.query_params.getlist(name), path)
    return message
