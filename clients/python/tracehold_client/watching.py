"""Watching states come, through every reconnect."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any

import grpc

from tracehold.core.errors import Unavailable
from tracehold.v1 import record_pb2, upload_pb2
from tracehold_client.errors import of_call
from tracehold_client.patience import Clock, Patience
from tracehold_client.states import State

SILENCE_S = 45.0
"""Seconds without a word after which a connection is given up: a node that lives says so every 15."""

_FIRST_WAIT, _LONGEST_WAIT = 0.2, 10.0

Open = Callable[[upload_pb2.WatchRequest], Any]
"""Begins a Watch call."""


@dataclass(frozen=True, slots=True)
class Watched:
    """Entries [first, stop) of the log have come into `state`.

    `fingerprints` are the records among them that were asked for; empty where all are watched, and then every
    entry of the range is meant. With the state NONE it is about one record: `findings` are all that is found
    of it now. Keep `cursor` once the event is dealt with, and hand it in to go on behind
    it.
    """

    state: State
    log: str
    first: int
    stop: int
    fingerprints: tuple[str, ...]
    cursor: str
    findings: tuple[record_pb2.Finding, ...] = ()


async def watched(
    open_call: Open, request: upload_pb2.WatchRequest, *, give_up: float, clock: Clock
) -> AsyncGenerator[Watched, None]:
    """Events from the request's cursor on, connecting again behind the last one whenever the node is away.

    Raises what the node refuses, and `Unavailable` once it has been away for `give_up` seconds.
    """
    patience = _patience(give_up, clock)
    while True:
        try:
            async for message in _messages(open_call(request)):
                patience = _patience(give_up, clock)
                request.cursor, request.from_now = message.cursor, False
                if message.state or message.fingerprints:
                    yield _watched(message)
        except Unavailable:
            if not await patience.wait():
                raise


def _patience(give_up: float, clock: Clock) -> Patience:
    return Patience(give_up, first=_FIRST_WAIT, longest=_LONGEST_WAIT, clock=clock)


async def _messages(call: Any) -> AsyncGenerator[upload_pb2.WatchResponse, None]:
    """What one connection says; ends by an error always, since the node ends a stream by none."""
    try:
        while True:
            async with asyncio.timeout(SILENCE_S):
                message = await call.read()
            if message is grpc.aio.EOF:
                raise Unavailable("NODE_DOWN", "the node ended the stream")
            yield message
    except TimeoutError:
        raise Unavailable("NODE_DOWN", "the node has gone silent") from None
    except grpc.RpcError as error:
        raise of_call(error) from error
    finally:
        call.cancel()


def _watched(message: upload_pb2.WatchResponse) -> Watched:
    return Watched(
        State(message.state),
        message.log,
        message.first,
        message.stop,
        tuple(message.fingerprints),
        message.cursor,
        tuple(message.findings),
    )
