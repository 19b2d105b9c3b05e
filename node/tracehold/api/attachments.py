"""Attachments over HTTP: content that a party brings, and content that records name, for who may read it."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tracehold.api.call import Arriving, Call, Calls
from tracehold.api.http import CallerGone, arriving, respond_json, respond_refused
from tracehold.api.ranges import asked_range, is_same
from tracehold.api.records import asking_for_token
from tracehold.api.status import Refusal
from tracehold.core.blocks import Blocks
from tracehold.core.cid import CID_CHARS, parse_cid
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.ids import Fingerprint
from tracehold.core.limits import BLOCK_BYTES
from tracehold.journey.attaching import Attaching
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.originals import Held, attached, brought

NAMED = "/v1/records/{fingerprint}/attachments/{attachment}"
BROUGHT = "/v1/attachments"
OWN = BROUGHT + "/{fingerprint}"
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SIZE = re.compile(r"[0-9]{1,18}", re.ASCII)

PATIENCE_S = 60.0
RATE = 64 << 10
"""Content comes in a minute, and for so many bytes a second more; who is slower is not waited for."""


class AttachmentDesk:
    """Takes attachments, and hands them out. Always as a download of plain bytes: they came from outside, and
    nothing of them is to run in a browser."""

    def __init__(self, calls: Calls, knowledge: Knowledge, attaching: Attaching) -> None:
        self._calls = calls
        self._knowledge = knowledge
        self._attaching = attaching

    def routes(self) -> list[Route]:
        """One for those who bring content, two for those who fetch it."""
        return [
            Route(BROUGHT, self._take, methods=["POST"]),
            Route(OWN, self._own, methods=["GET"]),
            Route(NAMED, self._named, methods=["GET"]),
        ]

    async def _take(self, request: Request) -> Response:
        async def answer(call: Call) -> Response:
            party = call.caller.captures_for("")
            size = request.headers.get("content-length")
            if size is not None and not _SIZE.fullmatch(size):
                raise Rejected("BAD_REQUEST", "is a number of bytes", path="/content-length")
            pieces = _gathered(_paced(request))
            name, length = _announced(request), int(size) if size else None
            got = await self._attaching.receive(party, pieces, length, name)
            headers = {
                "x-request-id": call.request_id,
                "location": f"{BROUGHT}/{got.blocks.fingerprint.hex()}",
            }
            return respond_json(orjson.dumps(describe(got.blocks)), 201 if got.fresh else 200, headers)

        return await self._respond(_long(arriving(request, f"POST {BROUGHT}")), answer)

    async def _own(self, request: Request) -> Response:
        async def answer(call: Call) -> Response:
            party, name = call.caller.captures_for(""), _fingerprint(request, "fingerprint")
            return await self._give(request, call, await brought(self._attaching.originals, party, name))

        return await self._respond(arriving(request, f"GET {OWN}"), answer)

    async def _named(self, request: Request) -> Response:
        async def answer(call: Call) -> Response:
            record, text = _fingerprint(request, "fingerprint"), request.path_params["attachment"]
            name = parse_cid(text) if len(text) == CID_CHARS else _fingerprint(request, "attachment")
            reader, originals = call.caller.reader, self._attaching.originals
            try:
                held = await attached(self._knowledge, originals, reader, record, name)
            except Rejected as refusal:
                raise asking_for_token(refusal, call) from None
            return await self._give(request, call, held)

        return await self._respond(arriving(request, f"GET {NAMED}"), answer)

    async def _respond(self, arrived: Arriving, answer: Callable[[Call], Awaitable[Response]]) -> Response:
        try:
            outcome = await self._calls.run(arrived, answer)
        except CallerGone:
            return Response(status_code=499)  # to nobody
        return respond_refused(outcome) if isinstance(outcome, Refusal) else outcome

    async def _give(self, request: Request, call: Call, held: Held) -> Response:
        """The content, or the range of it that is asked for. Its first block is read before the answer
        begins, so that damage there is told as such."""
        size, tag = held.blocks.size, f'"{held.blocks.fingerprint.hex()}"'
        headers = {
            "accept-ranges": "bytes",
            "content-disposition": f'attachment; filename="{held.blocks.fingerprint.hex()}"',
            "etag": tag,
            "x-request-id": call.request_id,
        }
        if is_same(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=headers)
        wanted = request.headers.get("range") if request.headers.get("if-range", tag) == tag else None
        part = asked_range(wanted, size)
        start, stop = part or (0, size)
        if part is not None:
            headers["content-range"] = f"bytes {start}-{stop - 1}/{size}"
        headers["content-length"] = str(stop - start)
        status = 206 if part else 200
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers, media_type="application/octet-stream")
        pieces = self._attaching.originals.blobs.read(*held.whose, start, stop)
        first = await anext(pieces, b"")
        return StreamingResponse(_from(first, pieces), status, headers, "application/octet-stream")


def describe(blocks: Blocks) -> dict[str, str | int | None]:
    """What a record needs to name this content."""
    digest = blocks.digest
    return {
        "fingerprint": blocks.fingerprint.hex(),
        "size": blocks.size,
        "blocks": digest.hex() if digest else None,
        "cid": str(blocks.cid),
    }


def _long(arrived: Arriving) -> Arriving:
    """A call that may last as long as a stream: 1 GiB takes its time, and `_paced` sees that it goes on."""
    return replace(arrived, form="server_stream")


def _announced(request: Request) -> Fingerprint | None:
    for name in request.query_params:
        if name != "fingerprint" or len(request.query_params.getlist(name)) > 1:
            raise Rejected("BAD_REQUEST", "there is no such parameter", path=f"/{name[:100]}")
    text = request.query_params.get("fingerprint")
    return None if text is None else _read_fingerprint(text, "fingerprint")


async def _paced(request: Request) -> AsyncIterator[bytes]:
    """What comes, as long as it comes fast enough; DEADLINE otherwise, `CallerGone` where nobody sends."""
    clock, fed = asyncio.get_running_loop().time, 0
    began, pieces = clock(), request.stream()
    while True:
        try:
            async with asyncio.timeout_at(began + PATIENCE_S + fed / RATE):
                piece = await anext(pieces)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Unavailable("DEADLINE", f"the content came slower than {RATE} bytes a second") from None
        except ClientDisconnect:
            raise CallerGone from None
        fed += len(piece)
        yield piece


async def _gathered(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes a block at a time: nothing is copied twice, and each turn of a thread is worth it."""
    block = bytearray()
    async for piece in pieces:
        block += piece
        while len(block) >= BLOCK_BYTES:
            yield bytes(block[:BLOCK_BYTES])
            del block[:BLOCK_BYTES]
    if block:
        yield bytes(block)


async def _from(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def _fingerprint(request: Request, name: str) -> Fingerprint:
    return _read_fingerprint(request.path_params[name], name)


def _read_fingerprint(text: str, name: str) -> Fingerprint:
    if not _HEX.fullmatch(text):
        raise Rejected("BAD_REQUEST", "a fingerprint is 64 lowercase hexadecimal digits", path=f"/{name}")
    return Fingerprint(bytes.fromhex(text))
