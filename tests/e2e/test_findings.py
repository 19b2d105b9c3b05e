"""Findings at a running node: found behind the index, shown on the state of a record, and gone again."""

import time
from typing import Any

import grpc

from tests.e2e.conftest import SENDER, Running
from tracehold.v1 import event_pb2 as pb
from tracehold.v1 import upload_pb2, upload_pb2_grpc
from tracehold_client import Client, Item
from tracehold_client import event as typed

CASE, PALLET, OTHER = SENDER.unit(701).link, SENDER.unit(702).link, SENDER.unit(703).link


def _packing(minute: int, action: "pb.Action.ValueType", parent: str) -> Item:
    event = pb.Event(
        event_time_zone_offset="+00:00",
        aggregation_event=pb.AggregationEvent(action=action, parent_id=parent, child_epcs=[CASE]),
    )
    event.event_time.FromJsonString(f"2026-03-01T10:{minute:02}:00Z")
    return typed(event)


def _codes(stub: Any, metadata: Any, name: str, wanted: list[str]) -> list[str]:
    """The codes of what is found of a record, once they are those that are wanted."""
    end = time.monotonic() + 30
    while True:
        request = upload_pb2.GetStatesRequest(fingerprints=[name])
        (state,) = stub.GetStates(request, metadata=metadata, timeout=20).states
        codes = [finding.code for finding in state.findings]
        if codes == wanted or time.monotonic() > end:
            return codes
        time.sleep(0.05)


def test_a_finding_comes_and_goes(running: Running):
    """Packed into a second pallet, until the unpacking between is told, late; Watch says both."""
    with (
        Client(running.world.grpc, token=running.sender) as client,
        grpc.insecure_channel(running.world.grpc) as channel,
    ):
        stub: Any = upload_pb2_grpc.UploadServiceStub(channel)
        metadata = (("authorization", f"Bearer {running.reader}"),)
        first, second = client.upload([_packing(1, pb.ACTION_ADD, PALLET), _packing(9, pb.ACTION_ADD, OTHER)])
        first.unwrap()
        name = second.unwrap().fingerprint
        assert _codes(stub, metadata, name, ["PACKED_ELSEWHERE"]) == ["PACKED_ELSEWHERE"]
        (between,) = client.upload([_packing(5, pb.ACTION_DELETE, PALLET)])
        between.unwrap()
        assert _codes(stub, metadata, name, []) == []
        request = upload_pb2.WatchRequest(findings=True, fingerprints=[name])
        watching = stub.Watch(request, metadata=metadata, timeout=60)
        told = next(each for each in watching if not each.state and each.fingerprints)
        assert (list(told.fingerprints), list(told.findings)) == ([name], [])
        watching.cancel()
