"""Everything a back-end asks of a node, with stubs generated from proto/ and without tracehold's client.

    python tour.py HOST:PORT TOKEN_FILE CA_FILE|- COMMAND...

    upload FILE [STATE [SECONDS]]    upload the events of FILE, one JSON document a line; wait for a state
    typed ITEM                       upload a typed event: the type checker knows its fields
    stream FILE SIZE                 the same events in batches of SIZE, over one call
    watch [CURSOR]                   states of the party's records as they come, until it is stopped
    ask ITEM FINGERPRINT             where a record stands, what it proves, what the item was made from
    refusals                         calls that fail, and what they say

Prints one JSON object a line. `google.rpc` is in the package googleapis-common-protos.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2, status_pb2

from tracehold.v1 import errors_pb2, event_pb2, record_pb2, trace_pb2, upload_pb2, verify_pb2
from tracehold.v1.trace_pb2_grpc import TraceServiceStub
from tracehold.v1.upload_pb2_grpc import UploadServiceStub
from tracehold.v1.verify_pb2_grpc import VerifyServiceStub

DEADLINE_S = 30.0
OPTIONS = [
    (
        "grpc.max_receive_message_length",
        32 << 20,
    ),  # what a node takes; grpcio itself would stop an answer at 4 MiB
    ("grpc.max_reconnect_backoff_ms", 10_000),  # a node that comes back is found soon
    ("grpc.keepalive_time_ms", 30_000),  # finds out that a connection is gone of which nobody said so
]


def tell(**line: Any) -> None:
    """Print one line."""
    print(json.dumps(line), flush=True)


class Node:
    """One connection, with a stub for each service. Without the node's certificate: on this machine only."""

    def __init__(self, target: str, token: str | None, ca_file: str) -> None:
        if ca_file == "-":
            channel = grpc.insecure_channel(target, OPTIONS)
        else:
            trusted = grpc.ssl_channel_credentials(Path(ca_file).read_bytes())
            channel = grpc.secure_channel(target, trusted, OPTIONS)
        self.uploads, self.proofs = UploadServiceStub(channel), VerifyServiceStub(channel)
        self.questions = TraceServiceStub(channel)
        self.metadata = (("authorization", f"Bearer {token}"),) if token else ()

    def call(self, method: Any, request: Message, seconds: float = DEADLINE_S) -> Any:
        """One unary call with token and deadline: grpcio sets none by itself."""
        return method(request, metadata=self.metadata, timeout=seconds)


def items(file: str) -> list[upload_pb2.UploadItem]:
    """The events of a file. Their bytes are what the node signs: the same again are the same record."""
    return [upload_pb2.UploadItem(event_json=line) for line in Path(file).read_bytes().splitlines() if line]


def outcome(result: upload_pb2.UploadResult) -> dict[str, Any]:
    """What became of one item. An error beside a state is DEADLINE: taken, not yet as far as was asked."""
    return {
        "fingerprint": result.fingerprint,
        "index": result.index,
        "state": record_pb2.State.Name(result.state).removeprefix("STATE_"),
        "warnings": [warning.code for warning in result.warnings],
        "error": reason(result.error) if result.HasField("error") else None,
    }


def reason(error: errors_pb2.Error) -> str:
    """The stable code of a refused item or batch."""
    return errors_pb2.ErrorReason.Name(error.reason).removeprefix("ERROR_REASON_")


def upload(node: Node, file: str, state: str = "SEALED", seconds: str = "30") -> None:
    """One batch, answered at a state."""
    wanted = record_pb2.State.Value(f"STATE_{state}")
    request = upload_pb2.UploadRequest(items=items(file), wait_for=wanted, omit_receipts=True)
    for result in node.call(node.uploads.Upload, request, float(seconds)).results:
        tell(**outcome(result))


def typed(node: Node, item: str) -> None:
    """One typed event."""
    event = event_pb2.Event(
        event_id=f"{item}#inspected",  # its own, so that no other event has its bytes
        event_time=Timestamp(seconds=1_767_225_600),
        event_time_zone_offset="+00:00",
        biz_step="inspecting",
        object_event=event_pb2.ObjectEvent(action=event_pb2.ACTION_OBSERVE, epc_list=[item]),
    )
    request = upload_pb2.UploadRequest(items=[upload_pb2.UploadItem(event=event)])
    for result in node.call(node.uploads.Upload, request).results:
        tell(**outcome(result))


def stream(node: Node, file: str, size: str = "100") -> None:
    """Many batches over one call: one answer for each, in their order."""
    every, step = items(file), int(size)

    def batches() -> Iterator[upload_pb2.UploadStreamRequest]:
        for start in range(0, len(every), step):
            batch = upload_pb2.UploadRequest(items=every[start : start + step], omit_receipts=True)
            yield upload_pb2.UploadStreamRequest(batch=batch)

    for answer in node.uploads.UploadStream(batches(), metadata=node.metadata):
        error = reason(answer.error) if answer.HasField("error") else None
        tell(batch=[outcome(result) for result in answer.batch.results], error=error)


def watch(node: Node, cursor: str = "") -> None:
    """States as they come, for ever: behind the last cursor again, whatever happens to the connection."""
    wait = 0.2
    while True:
        request = upload_pb2.WatchRequest(cursor=cursor, own_records=True)
        try:
            for news in node.uploads.Watch(request, metadata=node.metadata):
                wait, cursor = 0.2, news.cursor
                if news.state:
                    state = record_pb2.State.Name(news.state).removeprefix("STATE_")
                    fingerprints = list(news.fingerprints)
                    tell(
                        state=state,
                        first=news.first,
                        stop=news.stop,
                        fingerprints=fingerprints,
                        cursor=cursor,
                    )
        except grpc.RpcError as failure:
            if not is_passing(failure):
                raise
        time.sleep(wait)
        wait = min(wait * 2, 10.0)


def ask(node: Node, item: str, fingerprint: str) -> None:
    """Where a record stands, what it proves, and what an item was made from."""
    states = node.call(node.uploads.GetStates, upload_pb2.GetStatesRequest(fingerprints=[fingerprint])).states
    tell(states=[record_pb2.State.Name(each.state).removeprefix("STATE_") for each in states])
    checked = node.call(node.proofs.VerifyRecord, verify_pb2.VerifyRecordRequest(fingerprint=fingerprint))
    tell(verdict=verify_pb2.Verdict.Name(checked.verdict).removeprefix("VERDICT_"), steps=len(checked.steps))
    request = trace_pb2.TraceRequest(item=item, direction=trace_pb2.DIRECTION_UPSTREAM)
    trace = node.call(node.questions.Trace, request)
    verified = bool(trace.events) and all(event.verified for event in trace.events)
    tell(items=[each.item for each in trace.items], verified=verified, truncated=trace.truncated)


def details(failure: Any) -> Any:
    """What the node sent with a failed call; empty where no node answered."""
    sent = dict(failure.trailing_metadata() or ())
    return status_pb2.Status.FromString(sent.get("grpc-status-details-bin", b""))


def error_info(failure: Any) -> Any:
    """The stable code (`reason`) and its metadata; empty where no node answered."""
    info: Any = error_details_pb2.ErrorInfo()
    for detail in details(failure).details:
        detail.Unpack(info)
    return info


def is_passing(failure: Any) -> bool:
    """Whether a failed call is worth repeating as it is: the node says so, or no node answered."""
    if error_info(failure).reason:
        return any(detail.type_url.endswith("/google.rpc.RetryInfo") for detail in details(failure).details)
    return bool(failure.code() is not grpc.StatusCode.UNIMPLEMENTED)


def refusals(node: Node) -> None:
    """Calls that fail: the status, and the stable code and path that the node sent."""
    stranger = Node(sys.argv[1], None, sys.argv[3])
    calls: list[Callable[[], object]] = [
        lambda: node.call(node.proofs.GetRecord, verify_pb2.GetRecordRequest(fingerprint="0" * 64)),
        lambda: node.call(node.questions.Trace, trace_pb2.TraceRequest(item="https://example.com/1")),
        lambda: node.call(node.proofs.GetStatus, verify_pb2.GetStatusRequest(), 0.0),
        lambda: next(iter(stranger.uploads.Watch(upload_pb2.WatchRequest()))),
    ]
    for call in calls:
        try:
            call()
            tell(status="OK")
        except grpc.RpcError as failure:
            info = error_info(failure)
            code: Any = failure
            tell(status=code.code().name, code=info.reason, path=info.metadata["path"])


COMMANDS: dict[str, Any] = {
    "upload": upload,
    "typed": typed,
    "stream": stream,
    "watch": watch,
    "ask": ask,
    "refusals": refusals,
}

if __name__ == "__main__":
    target, token_file, ca_file, command, *rest = sys.argv[1:]
    COMMANDS[command](Node(target, Path(token_file).read_text().strip(), ca_file), *rest)
