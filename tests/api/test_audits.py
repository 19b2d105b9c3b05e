"""This node's audits as its operators see them: pages, outcomes, transcripts, and who may not."""

from base64 import b64decode
from pathlib import Path

import grpc
import pytest

from tests.api.face import bearer, face
from tracehold.adapters.memory.audits import MemoryTranscripts
from tracehold.core.audit import Outcome
from tracehold.core.ids import LogId
from tracehold.core.sampling import AskedEntry
from tracehold.journey.ports.audits import KeptTranscript
from tracehold.v1 import verify_pb2, verify_pb2_grpc

OWN, MILL, FARM = (LogId(bytes([number]) * 32) for number in (1, 2, 3))


async def kept(count: int = 1, holder: LogId = MILL, outcome: Outcome = Outcome.PASS) -> MemoryTranscripts:
    """Audits of one holder, in epochs from 1 on."""
    made = MemoryTranscripts()
    failed = (AskedEntry(OWN, 7, 8),) if outcome is Outcome.FAIL else ()
    for epoch in range(1, count + 1):
        raw = b"transcript %d" % epoch
        await made.save(
            KeptTranscript(epoch, OWN, holder, 2, outcome, 1_700_000_000_250, 350, 46, failed, raw)
        )
    return made


async def test_audits_are_told_with_their_transcripts(tmp_path: Path) -> None:
    """To an authority and to the operator, over REST and gRPC; the bytes are those that were signed."""
    async with face(tmp_path, transcripts=await kept(outcome=Outcome.FAIL)) as it:
        (audit,) = (await it.get("/v1/audits", "operator")).json()["audits"]
        assert (await it.get("/v1/audits", "authority")).json()["audits"] == [audit]
        assert audit == {
            "number": "1",
            "epoch": "1",
            "node": 2,
            "holder": MILL.hex(),
            "outcome": "FAIL",
            "at": "2023-11-14T22:13:20.250Z",
            "latencyMs": "350",
            "places": 46,
            "failed": 1,
        }
        found = (await it.get("/v1/audits/1", "authority")).json()
        assert (found["audit"], b64decode(found["transcript"])) == (audit, b"transcript 1")
        async with it.channel() as channel:
            stub = verify_pb2_grpc.VerifyServiceStub(channel)
            request = verify_pb2.GetTranscriptRequest(number=1)
            answer = await stub.GetTranscript(request, metadata=[*bearer("operator").items()])
            assert answer.transcript == b"transcript 1"
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.ListAudits(verify_pb2.ListAuditsRequest())
            assert caught.value.code() == grpc.StatusCode.UNAUTHENTICATED


async def test_pages_of_audits(tmp_path: Path) -> None:
    """100 at most, and the rest behind; none is told twice."""
    async with face(tmp_path, transcripts=await kept(101)) as it:
        first = (await it.get("/v1/audits", "authority")).json()
        assert (len(first["audits"]), first["next"]) == (100, "100")
        second = (await it.get("/v1/audits?after=100", "authority")).json()
        assert ([each["number"] for each in second["audits"]], second["next"]) == (["101"], "0")


async def test_audits_by_holder_and_outcome(tmp_path: Path) -> None:
    """Of that log, of that outcome; others leave the page empty."""
    async with face(tmp_path, transcripts=await kept(2, FARM)) as it:
        for query, count in ((f"holder={FARM.hex()}", 2), (f"holder={MILL.hex()}", 0), ("outcome=PASS", 2)):
            assert len((await it.get(f"/v1/audits?{query}", "authority")).json()["audits"]) == count
        assert (await it.get("/v1/audits?outcome=FAIL", "authority")).json()["audits"] == []


@pytest.mark.parametrize(
    ("path", "who", "status"),
    [
        ("/v1/audits", None, 401),
        ("/v1/audits/1", None, 401),
        ("/v1/audits", "buyer", 403),
        ("/v1/audits/1", "mill", 403),
        ("/v1/audits/2", "authority", 404),
        ("/v1/audits/0", "authority", 400),
        ("/v1/audits/x", "authority", 400),
        ("/v1/audits/18446744073709551615", "authority", 400),
        ("/v1/audits?after=18446744073709551615", "authority", 400),
        ("/v1/audits?holder=00", "authority", 400),
        ("/v1/audits?outcome=WELL", "authority", 400),
    ],
)
async def test_audits_are_not_for_everybody(tmp_path: Path, path: str, who: str | None, status: int) -> None:
    """Nor is every question one; nothing of it is a fault."""
    async with face(tmp_path, transcripts=await kept()) as it:
        assert (await it.get(path, who)).status_code == status
        assert it.faults == []


async def test_a_node_without_audits_says_so(tmp_path: Path) -> None:
    """Also to those who may ask, and it tells strangers nothing of it."""
    async with face(tmp_path) as it:
        assert (await it.get("/v1/audits", "operator")).status_code == 404
        assert (await it.get("/v1/audits")).status_code == 401
