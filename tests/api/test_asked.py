"""The question of a dossier, out of requests."""

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from tracehold.api.asked import question_of
from tracehold.core.dossier import Kind, Question
from tracehold.core.errors import Rejected
from tracehold.core.lineage import Direction
from tracehold.v1 import trace_pb2
from tracehold.v1 import verify_pb2 as pb

AT = Timestamp(seconds=10, nanos=5_000)
KNOWN = Timestamp(seconds=20)


def test_each_request_is_its_question():
    """With the defaults of the protos."""
    down = trace_pb2.TraceRequest(
        item="a",
        direction=trace_pb2.DIRECTION_DOWNSTREAM,
        at=AT,
        known_at=KNOWN,
        max_depth=3,
        strict_time=True,
    )
    expected = Question(Kind.TRACE, "a", Direction.DOWNSTREAM, 10_000_005, 20_000, 3, 20_000, True)
    assert question_of(pb.GetDossierRequest(trace=down)) == expected
    up = trace_pb2.TraceRequest(item="a", direction=trace_pb2.DIRECTION_UPSTREAM)
    assert question_of(pb.GetDossierRequest(trace=up)) == Question(Kind.TRACE, "a")
    history = trace_pb2.GetHistoryRequest(item="a", at=AT)
    assert question_of(pb.GetDossierRequest(history=history)) == Question(Kind.HISTORY, "a", at=10_000_005)
    contents = trace_pb2.GetContentsRequest(item="a", known_at=KNOWN)
    assert question_of(pb.GetDossierRequest(contents=contents)) == Question(
        Kind.CONTENTS, "a", known_at=20_000
    )
    state = trace_pb2.GetStateRequest(item="a", at=AT)
    assert question_of(pb.GetDossierRequest(state=state)) == Question(Kind.STATE, "a", at=10_000_005)
    common = trace_pb2.CommonRequest(items=["a", "b"], max_items=5, known_at=KNOWN)
    assert question_of(pb.GetDossierRequest(common=common)) == Question(
        Kind.COMMON, "", known_at=20_000, max_items=5, items=("a", "b")
    )
    recall = trace_pb2.RecallRequest(item="a", items=["b"], at=AT, max_depth=7, strict_time=True)
    assert question_of(pb.GetDossierRequest(recall=recall)) == Question(
        Kind.RECALL, "", at=10_000_005, max_depth=7, strict_time=True, items=("a", "b")
    )


@pytest.mark.parametrize(
    ("request_", "path"),
    [
        (pb.GetDossierRequest(), "/question"),
        (pb.GetDossierRequest(trace=trace_pb2.TraceRequest(item="a")), "/trace/direction"),
        (
            pb.GetDossierRequest(
                history=trace_pb2.GetHistoryRequest(
                    business_transaction=trace_pb2.BusinessTransaction(id="a")
                )
            ),
            "/history/businessTransaction",
        ),
    ],
)
def test_no_question_is_refused(request_: pb.GetDossierRequest, path: str):
    """And a trace that goes no way, and a history of a business transaction."""
    with pytest.raises(Rejected) as refused:
        question_of(request_)
    assert (refused.value.code, refused.value.path) == ("BAD_REQUEST", path)
