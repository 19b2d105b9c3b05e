"""UploadService: records in, states out."""

from collections.abc import Sequence
from typing import Protocol

from tracehold.api.call import Call
from tracehold.core.errors import Rejected, TraceholdError
from tracehold.journey.batch import refuse_together
from tracehold.journey.states import State, States
from tracehold.journey.upload import Item, Outcome
from tracehold.v1 import upload_pb2
from tracehold.wire.uploads import (
    read_fingerprints,
    read_item,
    refused_message,
    result_message,
    states_message,
)
from tracehold.wire.words import waited_for

ANSWER_MARGIN_S = 1.0
"""Seconds before the caller's deadline at which waiting ends, so that the answer still reaches it."""


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

    def __init__(self, uploads: Submits, states: States) -> None:
        self._uploads = uploads
        self._states = states

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

    async def get_states(
        self, request: upload_pb2.GetStatesRequest, call: Call
    ) -> upload_pb2.GetStatesResponse:
        """States for anybody: whoever knows a fingerprint has the record, and a state tells nothing of it."""
        asked = read_fingerprints(request.fingerprints)
        return states_message(asked, await self._states.of(asked))


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
