"""UploadService: records in, states out."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Protocol

from tracehold.api.call import DEFAULT_DEADLINE_S, Call
from tracehold.api.served import PER_ELEMENT, Send
from tracehold.api.streams import pipelined
from tracehold.core.errors import Broken, Rejected, TraceholdError
from tracehold.journey.batch import refuse_together
from tracehold.journey.found import Findings
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.states import State, States
from tracehold.journey.superseded import superseded_here
from tracehold.journey.upload import Item, Outcome
from tracehold.journey.watch import News, Watching
from tracehold.journey.watched import Named
from tracehold.v1 import upload_pb2
from tracehold.wire.limits import check
from tracehold.wire.uploads import (
    read_fingerprints,
    read_item,
    refused_message,
    result_message,
    states_message,
)
from tracehold.wire.watching import news_message
from tracehold.wire.words import error_message, waited_for

ANSWER_MARGIN_S = 1.0
"""Seconds before the caller's deadline at which waiting ends, so that the answer still reaches it."""

LANES = 4
"""Batches of one stream that are worked on at once."""


class Submits(Protocol):
    """What takes uploads (`journey.upload.Uploads`)."""

    async def submit(
        self,
        items: Sequence[Item],
        *,
        wait_for: State = State.SEALED,
        all_or_nothing: bool = False,
        patience: float | None = None,
        receipts: bool = True,
    ) -> list[Outcome]:
        """One outcome per item, in order."""
        ...


class UploadService:
    """Thin: reads items, asks who may, hands over, writes results."""

    def __init__(
        self,
        uploads: Submits,
        knowledge: Knowledge,
        states: States,
        watching: Watching,
        findings: Findings | None = None,
    ) -> None:
        self._uploads = uploads
        self._knowledge = knowledge
        self._states = states
        self._watching = watching
        self._findings = findings

    async def upload(self, request: upload_pb2.UploadRequest, call: Call) -> upload_pb2.UploadResponse:
        """One result per item. An item that cannot be read, or is
        not the caller's to send, refuses itself only.
        """
        wanted = waited_for(request.wait_for, "/waitFor")
        _check_role(request, call)
        read = [_read(item, call) for item in request.items]
        if request.all_or_nothing and any(isinstance(each, TraceholdError) for each in read):
            return upload_pb2.UploadResponse(results=[refused_message(e) for e in refuse_together(read)])
        outcomes = iter(
            await self._uploads.submit(
                [each for each in read if not isinstance(each, TraceholdError)],
                wait_for=wanted,
                all_or_nothing=request.all_or_nothing,
                patience=_patience(call),
                receipts=not request.omit_receipts,
            )
        )
        results = [
            refused_message(each) if isinstance(each, TraceholdError) else result_message(next(outcomes))
            for each in read
        ]
        return upload_pb2.UploadResponse(results=results)

    async def upload_stream(
        self, requests: AsyncIterator[upload_pb2.UploadStreamRequest], call: Call, send: Send
    ) -> None:
        """One response per batch, in order. A batch that is refused as a whole ends nothing; what is Broken
        does, and what cannot be read.
        """

        async def work(request: upload_pb2.UploadStreamRequest) -> upload_pb2.UploadStreamResponse:
            try:
                return upload_pb2.UploadStreamResponse(batch=await self._batch(request, call))
            except Broken:
                raise
            except TraceholdError as error:
                return upload_pb2.UploadStreamResponse(error=error_message(error))

        await pipelined(requests, work, send, LANES)

    async def _batch(self, request: upload_pb2.UploadStreamRequest, call: Call) -> upload_pb2.UploadResponse:
        """One batch, with the time that a call of its own would have."""
        if not request.HasField("batch"):
            raise Rejected("BAD_REQUEST", "must be set", path="/batch")
        check(request.batch, "/batch", but_elements_of=PER_ELEMENT["tracehold.v1.UploadService/Upload"])
        end = asyncio.get_running_loop().time() + DEFAULT_DEADLINE_S
        return await self.upload(request.batch, replace(call, deadline=min(call.deadline, end)))

    async def watch(self, request: upload_pb2.WatchRequest, call: Call, send: Send) -> None:
        """Changes of states for any token, until the call ends. Raises UNAUTHENTICATED, FORBIDDEN,
        BAD_REQUEST.
        """
        if not call.caller.reader.authenticated:
            raise Rejected("UNAUTHENTICATED", "this call needs a token")
        wanted = self._wanted(request, call)
        if request.cursor and request.from_now:
            raise Rejected("BAD_REQUEST", "must be false where a cursor is given", path="/fromNow")

        async def tell(news: News) -> None:
            await send(news_message(news))

        told = await self._watching.begin(request.cursor, from_now=request.from_now)
        await self._watching.watch(told, tell, wanted, call.caller.reader if request.findings else None)

    def _wanted(self, request: upload_pb2.WatchRequest, call: Call) -> Named | None:
        if request.own_records:
            if request.fingerprints:
                raise Rejected("BAD_REQUEST", "must be false beside fingerprints", path="/ownRecords")
            if not call.caller.party:
                raise Rejected("FORBIDDEN", "this token names no party", path="/ownRecords")
            return self._watching.of_party(call.caller.party)
        if request.fingerprints:
            return self._watching.these(read_fingerprints(request.fingerprints))
        return None

    async def get_states(
        self, request: upload_pb2.GetStatesRequest, call: Call
    ) -> upload_pb2.GetStatesResponse:
        """States for anybody: whoever knows a fingerprint has the record, and a state tells nothing of it.
        Findings for those who may read what they are about.
        """
        asked = read_fingerprints(request.fingerprints)
        superseded = await superseded_here(self._knowledge, asked)
        states = await self._states.of(asked)
        found = await self._findings.of(call.caller.reader, list(states)) if self._findings else {}
        return states_message(asked, states, superseded, found)


def _check_role(request: upload_pb2.UploadRequest, call: Call) -> None:
    """A caller who may delegate nothing is told so once, not once per item."""
    if any(item.WhichOneof("item") not in {None, "statement"} for item in request.items):
        call.caller.require("capture")


def _read(item: upload_pb2.UploadItem, call: Call) -> Item | Rejected:
    try:
        return read_item(item, call.caller.captures_for)
    except Rejected as refusal:
        return refusal


def _patience(call: Call) -> float:
    remaining = call.remaining()
    return max(0.0, remaining - min(ANSWER_MARGIN_S, remaining / 4))
