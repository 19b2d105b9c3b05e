"""UploadService over gRPC: statements, delegated events, per-item refusals, states."""

from typing import Any

import grpc
import pytest

from tests.api.face import Face, bearer
from tests.journey.network import FARM, begun, said
from tests.journey.scene import damaged, statement
from tracehold.core.errors import CODES
from tracehold.v1 import event_pb2, record_pb2, upload_pb2, upload_pb2_grpc
from tracehold.v1.errors_pb2 import ErrorReason

LOT = "https://id.gs1.org/01/09521000001237/10/A"


async def upload(face: Face, *items: upload_pb2.UploadItem, who: str | None = "farm", **options: Any) -> Any:
    """Results of one upload."""
    request = upload_pb2.UploadRequest(items=items, **options)
    async with face.channel() as channel:
        stub = upload_pb2_grpc.UploadServiceStub(channel)
        answer = await stub.Upload(request, metadata=tuple(bearer(who).items()), timeout=20)
    return answer.results


def event_item(minute: int = 1, **more: Any) -> upload_pb2.UploadItem:
    """An event as JSON-LD, to be signed by the creator."""
    return upload_pb2.UploadItem(event_json=begun(LOT, minute), **more)


def typed(**more: Any) -> upload_pb2.UploadItem:
    """A typed event that begins a lot."""
    event = event_pb2.Event(
        event_id="urn:uuid:00000000-0000-4000-8000-000000000001",
        event_time_zone_offset="+00:00",
        object_event=event_pb2.ObjectEvent(
            action=event_pb2.ACTION_ADD, quantity_list=[event_pb2.QuantityElement(epc_class=LOT, quantity=2)]
        ),
    )
    event.event_time.FromJsonString("2026-03-01T10:00:00Z")
    return upload_pb2.UploadItem(event=event, **more)


async def test_delegated_items_of_all_kinds_are_sealed_in_order(face: Face):
    """Event bytes, a typed event and master data stand in the log side by side, with receipts."""
    results = await upload(
        face,
        event_item(),
        typed(),
        upload_pb2.UploadItem(masterdata_json=said("urn:epc:id:sgln:9521000.00001.0", "Silo")),
    )
    assert [result.error.reason for result in results] == [0, 0, 0]
    assert [result.state for result in results] == [record_pb2.STATE_SEALED] * 3
    indices = [result.index for result in results]
    assert indices == list(range(indices[0], indices[0] + 3))
    assert all(result.receipt for result in results)


async def test_same_event_again_is_a_duplicate(face: Face):
    """The typed event gives the same bytes each time, so it is found again: first fingerprint, warning."""
    (first,), (second,) = await upload(face, typed()), await upload(face, typed())
    assert first.fingerprint == second.fingerprint
    assert [warning.code for warning in second.warnings] == ["DUPLICATE"]
    assert "DUPLICATE" not in [warning.code for warning in first.warnings]


async def test_receipts_can_be_left_out(face: Face):
    """Who fetches receipts later does not pay for them now."""
    (result,) = await upload(face, event_item(), omit_receipts=True)
    assert (result.receipt, result.state) == (b"", record_pb2.STATE_SEALED)


@pytest.mark.parametrize(
    ("bad", "reason", "path"),
    [
        (upload_pb2.UploadItem(), "BAD_REQUEST", ""),
        (upload_pb2.UploadItem(statement=b"x"), "MALFORMED_COSE", None),
        (upload_pb2.UploadItem(statement=bytes((1 << 20) + 1)), "RECORD_TOO_LARGE", ""),
        (upload_pb2.UploadItem(event_json=bytes((1 << 20) + 1)), "RECORD_TOO_LARGE", ""),
        (upload_pb2.UploadItem(event_json=b"{"), "MALFORMED_JSON", None),
        (upload_pb2.UploadItem(statement=b"x", party=FARM), "BAD_REQUEST", "/party"),
        (
            upload_pb2.UploadItem(statement=b"x", audience=record_pb2.AUDIENCE_PUBLIC),
            "BAD_REQUEST",
            "/audience",
        ),
        (upload_pb2.UploadItem(event=event_pb2.Event()), "BAD_REQUEST", "/event/eventTime"),
        (event_item(party="https://id.gs1.org/417/9521000000032"), "FORBIDDEN", "/party"),
        (event_item(party="x" * 513), "BAD_REQUEST", "/party"),
        (event_item(audience=99), "BAD_REQUEST", "/audience"),
    ],
)
async def test_bad_item_refuses_itself_and_no_neighbour(face: Face, bad, reason: str, path: str | None):
    """The items before and after it are sealed; its own error has a code and a path within the item."""
    before, result, after = await upload(face, event_item(1), bad, event_item(2))
    assert (before.state, after.state) == (record_pb2.STATE_SEALED, record_pb2.STATE_SEALED)
    assert (result.state, result.fingerprint) == (record_pb2.STATE_UNSPECIFIED, "")
    assert ErrorReason.Name(result.error.reason) == f"ERROR_REASON_{reason}"
    assert result.error.remedy
    if path is not None:
        assert result.error.path == path


async def test_all_or_nothing_refuses_the_neighbours_of_an_unreadable_item(face: Face):
    """Also what never came to the log's own checks keeps the others out."""
    size = await face.node.store.size(face.node.log)
    results = await upload(face, event_item(), upload_pb2.UploadItem(), all_or_nothing=True)
    reasons = [ErrorReason.Name(result.error.reason) for result in results]
    assert reasons == ["ERROR_REASON_BATCH_REFUSED", "ERROR_REASON_BAD_REQUEST"]
    assert await face.node.store.size(face.node.log) == size


async def test_statement_needs_no_token_and_proves_itself(face: Face):
    """A statement of a party without an enrolled key is refused for that, not for a missing token."""
    (result,) = await upload(face, upload_pb2.UploadItem(statement=statement(1).raw), who=None)
    assert ErrorReason.Name(result.error.reason) == "ERROR_REASON_UNKNOWN_PARTY"
    (result,) = await upload(face, upload_pb2.UploadItem(statement=damaged(statement(1)).raw), who=None)
    assert result.state == record_pb2.STATE_UNSPECIFIED


@pytest.mark.parametrize(
    ("who", "code"),
    [(None, "UNAUTHENTICATED"), ("reader", "PERMISSION_DENIED"), ("expired", "UNAUTHENTICATED")],
)
async def test_delegation_without_the_role_fails_the_call(face: Face, who: str | None, code: str):
    """A caller that may delegate nothing hears it once; nothing is sealed."""
    size = await face.node.store.size(face.node.log)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await upload(face, upload_pb2.UploadItem(statement=b"x"), event_item(), who=who)
    assert caught.value.code().name == code
    assert await face.node.store.size(face.node.log) == size


@pytest.mark.parametrize("state", [record_pb2.STATE_REORGED, 6, 77])
async def test_states_that_nobody_waits_for_are_refused(face: Face, state: int):
    """A state that is never reached on purpose, or unknown, is a mistake of the caller."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await upload(face, event_item(), wait_for=state)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_empty_and_oversized_batches_are_refused(face: Face):
    """No items, or more than 10,000: the whole call is at fault."""
    for items in ((), [upload_pb2.UploadItem(statement=b"x")] * 10_001):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await upload(face, *items)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_states_are_told_in_the_order_asked(face: Face):
    """Unknown fingerprints are unspecified, not left out; anybody may ask."""
    (result,) = await upload(face, event_item())
    asked = ["0" * 64, result.fingerprint, result.fingerprint]
    answer = (await face.post("/v1/records:states", {"fingerprints": asked})).json()
    assert [state["state"] for state in answer["states"]] == ["UNSPECIFIED", "SEALED", "SEALED"]
    await face.node.finish()
    answer = (await face.post("/v1/records:states", {"fingerprints": asked})).json()
    assert [state["state"] for state in answer["states"]] == ["UNSPECIFIED", "FINAL", "FINAL"]


def test_error_reasons_of_the_protos_are_the_codes():
    """Every code has its reason, every reason its code: a client never sees an unspecified one."""
    reasons = {name.removeprefix("ERROR_REASON_") for name, _ in ErrorReason.items()} - {"UNSPECIFIED"}
    assert reasons == set(CODES)
