"""The asynchronous client: one connection to one node."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Any, Self, Unpack

import grpc
from google.protobuf.message import Message

from tracehold.core.errors import Rejected
from tracehold.v1 import (
    receipt_pb2,
    record_pb2,
    trace_pb2,
    trace_pb2_grpc,
    upload_pb2,
    upload_pb2_grpc,
    verify_pb2,
    verify_pb2_grpc,
)
from tracehold_client import questions
from tracehold_client.channel import open_channel
from tracehold_client.errors import of_call
from tracehold_client.items import Item, Uploaded, upload_request, uploaded
from tracehold_client.patience import Clock
from tracehold_client.states import State, states_of
from tracehold_client.streaming import Batches, requests_of, streamed
from tracehold_client.watching import Watched, watched


class AsyncClient:
    """Calls of one node, for one event loop. Use it with `async with`.

    Every method raises `Rejected`, `Unavailable` or `Broken` of `tracehold.core.errors`, with the
    node's code. Calls are repeated by themselves, with growing waits, while the node cannot be
    reached; `timeout` is in seconds, over all attempts.
    """

    def __init__(
        self, target: str, *, token: str | None = None, tls_ca: bytes | None = None, timeout: float = 30.0
    ) -> None:
        self._channel = open_channel(target, tls_ca)
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()
        self._timeout = timeout
        # The generated stubs are typed for either kind of channel; ours is always the asynchronous one.
        channel: Any = self._channel
        self._uploads: Any = upload_pb2_grpc.UploadServiceStub(channel)
        self._proofs: Any = verify_pb2_grpc.VerifyServiceStub(channel)
        self._questions: Any = trace_pb2_grpc.TraceServiceStub(channel)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; calls that run are cancelled."""
        await self._channel.close()

    async def upload(
        self,
        items: Iterable[Item | bytes],
        *,
        wait_for: State = State.SEALED,
        all_or_nothing: bool = False,
        receipts: bool = True,
        timeout: float | None = None,
    ) -> list[Uploaded]:
        """Upload a batch (about 100 records is a good size): one result for each, in order.

        A refused record stands in its result and refuses no other, unless
        `all_or_nothing`. What has not reached `wait_for` at the timeout is answered at the
        state it reached. The same bytes again give the same answer.
        """
        request = upload_request(items, wait_for, all_or_nothing, receipts)
        answer: upload_pb2.UploadResponse = await self._call(self._uploads.Upload, request, timeout)
        return [uploaded(result) for result in answer.results]

    def upload_stream(
        self,
        batches: Batches,
        *,
        wait_for: State = State.SEALED,
        all_or_nothing: bool = False,
        receipts: bool = True,
        give_up: float = 120.0,
    ) -> AsyncGenerator[list[Uploaded], None]:
        """Upload many batches over one call; use it with `async for`: a list of outcomes for each, in order.

        For what is there already and large; `BatchingUploader` is for records that come one by one. The node
        works on four batches at once, which may be sealed in any order; 16 are taken before the first is
        answered. Connects again by itself and sends what has no answer. A batch that is refused as a whole is
        refused in each outcome. Raises `Unavailable` after `give_up` seconds without one.
        """
        make = partial(upload_request, wait_for=wait_for, all_or_nothing=all_or_nothing, receipts=receipts)
        open_call = partial(self._uploads.UploadStream, metadata=self._metadata)
        return streamed(open_call, requests_of(batches, make), give_up=give_up, clock=Clock())

    async def states(self, fingerprints: Sequence[str]) -> dict[str, State]:
        """How far each record has come; `State.NONE` where this node does not hold it."""
        return await states_of(partial(self._call, self._uploads.GetStates), fingerprints)

    def watch(
        self,
        cursor: str = "",
        *,
        fingerprints: Sequence[str] = (),
        own_records: bool = False,
        from_now: bool = False,
        findings: bool = False,
        give_up: float = 600.0,
    ) -> AsyncGenerator[Watched, None]:
        """States as records come into them, for ever; use it with `async for`. Needs a token.

        Of these records, or of all that speak for the token's party, or (neither) of the whole log as ranges.
        Begins behind `cursor`, without one at the log's first entry, or with what happens from now on.
        With `findings` also what is found doubtful of a record whenever that changes, as an event of state
        NONE that names the record: all that is found of it then (docs/quality.md).
        Connects again by itself and leaves nothing out; an event may come twice, after a reconnect. Raises
        `Unavailable` once the node has been away for `give_up` seconds.
        """
        request = upload_pb2.WatchRequest(
            cursor=cursor,
            fingerprints=fingerprints,
            own_records=own_records,
            from_now=from_now,
            findings=findings,
        )

        open_call = partial(self._uploads.Watch, metadata=self._metadata)
        return watched(open_call, request, give_up=give_up, clock=Clock())

    async def record(self, fingerprint: str) -> record_pb2.Record:
        """One record with its signed bytes."""
        request = verify_pb2.GetRecordRequest(fingerprint=fingerprint)
        answer: verify_pb2.GetRecordResponse = await self._call(self._proofs.GetRecord, request)
        return answer.record

    async def receipt(self, fingerprint: str) -> receipt_pb2.Receipt:
        """The receipt of a record: against the covering anchor where there is one."""
        return (await self._receipt(fingerprint)).receipt

    async def evidence(self, fingerprint: str) -> bytes:
        """The evidence file of a record: all that `verify` needs, with no node and no network.

        It holds the record, so FORBIDDEN for who may not read that; the receipt alone is for everybody.
        """
        evidence = (await self._receipt(fingerprint)).evidence
        if not evidence:
            raise Rejected("FORBIDDEN", "this reader may not read the record", remedy="Use another token.")
        return evidence

    async def _receipt(self, fingerprint: str) -> verify_pb2.GetReceiptResponse:
        request = verify_pb2.GetReceiptRequest(fingerprint=fingerprint)
        answer: verify_pb2.GetReceiptResponse = await self._call(self._proofs.GetReceipt, request)
        return answer

    async def verify_remote(
        self, *, fingerprint: str = "", evidence: bytes = b""
    ) -> verify_pb2.VerifyRecordResponse:
        """What the node says of one of its records, or of evidence. To rely on nobody, use `verify`."""
        request = verify_pb2.VerifyRecordRequest(fingerprint=fingerprint, evidence=evidence)
        answer: verify_pb2.VerifyRecordResponse = await self._call(self._proofs.VerifyRecord, request)
        return answer

    async def status(self) -> verify_pb2.GetStatusResponse:
        """How the node stands, and which of its back-ends are stand-ins."""
        answer: verify_pb2.GetStatusResponse = await self._call(
            self._proofs.GetStatus, verify_pb2.GetStatusRequest()
        )
        return answer

    async def locate(self, item: str, *, transaction: str | None = None) -> trace_pb2.LocateResponse:
        """Which holders keep which records about an item, or under a business transaction."""
        request = questions.locate_request(item, transaction)
        return await questions.whole_answer(partial(self._call, self._questions.Locate), request)

    async def trace(
        self, item: str, direction: str, **reach: Unpack[questions.Reach]
    ) -> trace_pb2.TraceResponse:
        """What an item was made from (`upstream`) or went into (`downstream`); all pages.

        `at` is what was true at that event time, `known_at` what was known by that time; `full` has the node
        check signatures again. Gaps and `truncated` say where the answer is not whole.
        """
        request = questions.trace_request(item, direction, **reach)
        return await questions.whole_answer(partial(self._call, self._questions.Trace), request)

    async def history(
        self,
        item: str,
        *,
        at: datetime | None = None,
        known_at: datetime | None = None,
        full: bool = False,
        transaction: str | None = None,
    ) -> trace_pb2.GetHistoryResponse:
        """What happened to an item and what held it, or under a business transaction; all pages."""
        request = questions.history_request(item, at, known_at, full, transaction)
        return await questions.whole_answer(partial(self._call, self._questions.GetHistory), request)

    async def contents(self, item: str, **moment: Unpack[questions.Moment]) -> trace_pb2.GetContentsResponse:
        """What is packed in a container, or attached to an asset."""
        request = questions.contents_request(item, **moment)
        answer: trace_pb2.GetContentsResponse = await self._call(self._questions.GetContents, request)
        return answer

    async def state(self, item: str, **moment: Unpack[questions.Moment]) -> trace_pb2.GetStateResponse:
        """How an item stands: where, in what, in which condition, in whose hands, and who says so."""
        request = questions.state_request(item, **moment)
        answer: trace_pb2.GetStateResponse = await self._call(self._questions.GetState, request)
        return answer

    async def common(
        self, items: Sequence[str], **reach: Unpack[questions.Reach]
    ) -> trace_pb2.CommonResponse:
        """Ancestors, places and parties that all of the items share; all pages."""
        request = questions.common_request(items, **reach)
        return await questions.whole_answer(partial(self._call, self._questions.Common), request)

    async def recall(
        self, items: Sequence[str], **reach: Unpack[questions.Reach]
    ) -> trace_pb2.RecallResponse:
        """What is affected when the items are called back, where it is, and whom to call; all pages."""
        request = questions.recall_request(items, **reach)
        return await questions.whole_answer(partial(self._call, self._questions.Recall), request)

    async def masterdata(
        self, identifier: str, *, known_at: datetime | None = None
    ) -> trace_pb2.GetMasterdataResponse:
        """What parties say about a product, a place or a party: every version, oldest first, as it was known
        at `known_at`, None: now.
        """
        request = questions.masterdata_request(identifier, known_at)
        answer: trace_pb2.GetMasterdataResponse = await self._call(self._questions.GetMasterdata, request)
        return answer

    async def _call(self, method: Any, request: Message, timeout: float | None = None) -> Any:
        try:
            return await method(request, metadata=self._metadata, timeout=timeout or self._timeout)
        except grpc.RpcError as error:
            raise of_call(error) from error
