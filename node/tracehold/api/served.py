"""The methods that are served: those of the protos, each with the coroutine that answers it."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.message import Message

from tracehold.api.call import Call
from tracehold.wire.descriptors import Method, methods
from tracehold.wire.limits import check

Handler = Callable[..., Awaitable[Any]]
"""Unary: (request, call) to the response. Client stream: (requests, call) to the response. Server stream:
(request, call, send). Both ways: (requests, call, send).
"""

Send = Callable[[Any], Awaitable[None]]
"""Sends one response of a stream, and returns when there is room for the next."""

PER_ELEMENT = {"tracehold.v1.UploadService/Upload": ("items",)}
"""Fields whose elements the servicer checks one by one: a bad record refuses itself and never its neighbours.
"""


@dataclass(frozen=True, slots=True)
class Served:
    """One method and what answers it."""

    method: Method
    handler: Handler

    async def answer(self, request: Message, call: Call) -> Message:
        """The response. Raises BAD_REQUEST where the request is
        beyond its limits, and what the handler raises.
        """
        check(request, but_elements_of=PER_ELEMENT.get(self.method.full_name, ()))
        response: Message = await self.handler(request, call)
        return response

    async def gather(self, requests: AsyncIterator[Message], call: Call) -> Message:
        """The one response to a stream of requests. Raises BAD_REQUEST where one of them is beyond its
        limits, and what `requests` and the handler raise.
        """

        async def checked() -> AsyncGenerator[Message, None]:
            async for request in requests:
                check(request)
                yield request

        async with aclosing(checked()) as taken:
            response: Message = await self.handler(taken, call)
        return response

    async def push(self, request: Message, call: Call, send: Send) -> None:
        """The responses of a server stream. Raises BAD_REQUEST where the request is beyond its limits, and
        what the handler raises.
        """
        check(request)
        await self.handler(request, call, send)

    async def converse(self, requests: AsyncIterator[Message], call: Call, send: Send) -> None:
        """The responses of a stream of requests, whose limits are the handler's to check one by one: a
        request beyond them is no reason to end the others. Raises what `requests` and the handler raise.
        """
        await self.handler(requests, call, send)


def serve(files: Sequence[FileDescriptor], services: dict[str, object]) -> list[Served]:
    """Every method of the services in `files`, bound to `services` by full service name.

    Raises `LookupError` at once where a service or a method has nothing to answer
    it: no call finds that out later.
    """
    return [Served(method, _handler(method, services)) for method in methods(*files)]


def _handler(method: Method, services: dict[str, object]) -> Handler:
    service = services.get(method.service)
    handler = getattr(service, method.handler, None)
    if not callable(handler):
        raise LookupError(f"nothing answers {method.full_name}")
    found: Handler = handler
    return found
