"""The client's watch: it goes on behind the last event through whatever happens to the connection."""

from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.api.face import Face
from tests.api.face import face as open_face
from tests.journey.network import begun
from tracehold.api.server import GrpcServer, GrpcSettings
from tracehold.core.errors import Rejected, Unavailable
from tracehold.v1 import upload_pb2
from tracehold_client import AsyncClient, State, Watched
from tracehold_client.patience import Clock
from tracehold_client.watching import watched

LOT = "https://id.gs1.org/01/09521000001237/10/C"


class Scripted:
    """A connection that says what it is told, then fails or ends."""

    def __init__(self, *said: Any) -> None:
        self.said = list(said)

    async def read(self) -> Any:
        """The next word."""
        word = self.said.pop(0)
        if isinstance(word, Exception):
            raise word
        return word

    def cancel(self) -> None:
        """Nothing to end."""


def said(state: Any, cursor: str) -> upload_pb2.WatchResponse:
    """One event."""
    return upload_pb2.WatchResponse(state=state, cursor=cursor, first=1, stop=2)


async def never(_: float) -> None:
    """No time passes."""


async def test_goes_on_behind_the_last_word():
    """Each new connection begins with the cursor of the last event or heartbeat, and not from now again."""
    eof: Any = grpc.aio.EOF
    scripts = [
        Scripted(said(0, "a"), said(1, "b"), eof),
        Scripted(said(0, "b"), eof),
        Scripted(said(0, "c"), said(4, "d"), eof),
    ]
    asked = []

    def open_call(request: upload_pb2.WatchRequest) -> Any:
        asked.append((request.cursor, request.from_now))
        return scripts.pop(0)

    request = upload_pb2.WatchRequest(from_now=True)
    events = watched(open_call, request, give_up=60, clock=Clock(lambda: 0.0, never))
    got = [await anext(events), await anext(events)]
    await events.aclose()
    assert [(event.state, event.cursor) for event in got] == [(State.SEALED, "b"), (State.FINAL, "d")]
    assert asked == [("", True), ("b", False), ("b", False)]


async def test_findings_are_told_with_the_record_that_they_are_about():
    """Without a state; none where nothing is found any more. A heartbeat names no record, and is not told."""
    found = said(0, "b")
    found.fingerprints.append("aa")
    found.findings.add(code="PACKED_ELSEWHERE", path="/childEPCs/0", other="bb")
    gone = said(0, "c")
    gone.fingerprints.append("aa")
    script = Scripted(said(0, "a"), found, gone)
    clock = Clock(lambda: 0.0, never)
    events = watched(lambda _: script, upload_pb2.WatchRequest(findings=True), give_up=60, clock=clock)
    got = [await anext(events), await anext(events)]
    await events.aclose()
    assert [(event.state, event.fingerprints, event.cursor) for event in got] == [
        (State.NONE, ("aa",), "b"),
        (State.NONE, ("aa",), "c"),
    ]
    assert [[each.code for each in event.findings] for event in got] == [["PACKED_ELSEWHERE"], []]


async def test_gives_up_on_a_node_that_stays_away():
    """After so many seconds without a word: Unavailable."""
    time = [0.0]

    async def sleep(seconds: float) -> None:
        time[0] += seconds

    eof: Any = grpc.aio.EOF
    events = watched(
        lambda _: Scripted(eof),
        upload_pb2.WatchRequest(),
        give_up=60,
        clock=Clock(lambda: time[0], sleep),
    )
    with pytest.raises(Unavailable, match="NODE_DOWN"):
        await anext(events)
    assert 30 < time[0] <= 60


async def test_refusal_is_not_repeated(face: Face):
    """A cursor that is none is the caller's fault, and is told at once."""
    server = GrpcServer(GrpcSettings("127.0.0.1:0"), face.calls, face.served)
    await server.start()
    async with AsyncClient(f"127.0.0.1:{server.port}", token="farm-secret") as client:
        with pytest.raises(Rejected, match="BAD_REQUEST"):
            await anext(client.watch("nonsense"))
    await server.stop(0)


async def test_node_that_restarts_is_found_again(face: Face):
    """The listener stops and comes back on its port: the next event follows the last one."""
    server = GrpcServer(GrpcSettings("127.0.0.1:0"), face.calls, face.served)
    await server.start()
    address = f"127.0.0.1:{server.port}"
    async with AsyncClient(address, token="farm-secret") as client:
        events = client.watch(own_records=True)
        (first,) = await face.node.say(begun(f"{LOT}1", 1))
        assert (await anext(events)).fingerprints == (hexed(first),)
        await server.stop(0)
        (second,) = await face.node.say(begun(f"{LOT}2", 2))
        server = GrpcServer(GrpcSettings(address), face.calls, face.served)
        await server.start()
        event: Watched = await anext(events)
        assert (event.state, event.fingerprints) == (State.SEALED, (hexed(second),))
        await events.aclose()
    await server.stop(0)


def hexed(outcome: Any) -> str:
    """The fingerprint of an outcome."""
    return outcome.fingerprint.hex()


@pytest.fixture
async def face(tmp_path: Path) -> Any:
    """A node in memory."""
    async with open_face(tmp_path) as made:
        yield made
