"""Who asked went away: nobody works on the answer any more, on either face."""

import asyncio
import json
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message

from tests.api.face import Face, build
from tests.journey.network import network
from tests.ports.test_sqlite_cancelled import ENDLESS
from tracehold.adapters.sqlite_graph import SqliteGraph
from tracehold.core.lineage import Fact
from tracehold.v1 import trace_pb2 as pb
from tracehold.v1 import trace_pb2_grpc, verify_pb2, verify_pb2_grpc

ITEM = "urn:x:y"
LINK = "/01/09521000001237/10/A"
TRACE = {"item": ITEM, "direction": "UPSTREAM"}


class Stuck(SqliteGraph):
    """Its answers to questions for facts never come: the query goes on until it is stopped."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.asked = asyncio.Event()
        self.stopped = threading.Event()

    async def facts(self, items: Any, transformations: Any = ()) -> list[Fact]:
        """Never answer."""
        return await self._never()

    async def masterdata(self, id: str) -> list[Any]:
        """Never answer."""
        return await self._never()

    async def _never(self) -> list[Any]:
        loop = asyncio.get_running_loop()

        def work(connection: sqlite3.Connection) -> list[Any]:
            loop.call_soon_threadsafe(self.asked.set)
            try:
                connection.execute(ENDLESS).fetchall()
            except sqlite3.OperationalError:
                self.stopped.set()
                raise
            return []

        return await self._read(work)


@pytest.fixture
async def stuck(tmp_path: Path) -> AsyncIterator[tuple[Face, Stuck]]:
    """A node whose graph never answers, and that graph."""
    graph = Stuck(tmp_path / "stuck.sqlite")
    async with network() as running:
        made = build(running, await running.join(graph), tmp_path, {}, {})
        yield made, graph
        await made.desk.stop()
        made.jobs.close()
    graph.close()


async def stops(graph: Stuck) -> bool:
    """Whether its query ends without an answer."""
    return await asyncio.to_thread(graph.stopped.wait, 60)


QUESTIONS: list[tuple[str, Message, str, dict[str, Any] | None]] = [
    ("Trace", pb.TraceRequest(item=ITEM, direction=pb.DIRECTION_UPSTREAM), "/v1/trace", TRACE),
    ("GetHistory", pb.GetHistoryRequest(item=ITEM), "/v1/history", {"item": ITEM}),
    ("GetContents", pb.GetContentsRequest(item=ITEM), "/v1/contents", {"item": ITEM}),
    ("Locate", pb.LocateRequest(item=ITEM), "/v1/records:locate", {"item": ITEM}),
    (
        "Compare",
        pb.CompareRequest(history=pb.GetHistoryRequest(item=ITEM)),
        "/v1/compare",
        {"history": {"item": ITEM}},
    ),
    ("GetState", pb.GetStateRequest(item=ITEM), "/v1/state", {"item": ITEM}),
    ("Common", pb.CommonRequest(items=[ITEM, "urn:x:z"]), "/v1/common", {"items": [ITEM, "urn:x:z"]}),
    ("Recall", pb.RecallRequest(items=[ITEM]), "/v1/recall", {"items": [ITEM]}),
    ("GetMasterdata", pb.GetMasterdataRequest(id=ITEM), f"/v1/masterdata/{ITEM}", None),
]
PAGES: list[tuple[str, None, str, None]] = [("page", None, "/", None), ("link", None, LINK, None)]
"""They have no face but that of REST."""


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: str(each[0]))
async def test_a_cancelled_grpc_call_stops_its_query(stuck: tuple[Face, Stuck], question: Any):
    """Whatever is asked."""
    made, graph = stuck
    async with made.channel() as channel:
        call = getattr(trace_pb2_grpc.TraceServiceStub(channel), question[0])(question[1])
        await graph.asked.wait()
        assert not graph.stopped.is_set()
        call.cancel()
        assert await stops(graph)


async def test_a_cancelled_dossier_stops_its_query(stuck: tuple[Face, Stuck]):
    """Also what is handed out part by part."""
    made, graph = stuck
    request = verify_pb2.GetDossierRequest(history=pb.GetHistoryRequest(item=ITEM))
    async with made.channel() as channel:
        stub: Any = verify_pb2_grpc.VerifyServiceStub(channel)
        call = stub.GetDossier(request)
        await graph.asked.wait()
        call.cancel()
        assert await stops(graph)


async def test_a_deadline_of_a_grpc_call_stops_its_query(stuck: tuple[Face, Stuck]):
    """The caller's deadline goes down to the store."""
    made, graph = stuck
    async with made.channel() as channel:
        stub = trace_pb2_grpc.TraceServiceStub(channel)
        for seconds in (0.5, 5, 50):  # a loaded machine may not come to the question in the first
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.GetHistory(pb.GetHistoryRequest(item=ITEM), timeout=seconds)
            assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
            if graph.asked.is_set():
                break
        assert await stops(graph)


@pytest.mark.parametrize("question", [*QUESTIONS, *PAGES], ids=lambda each: str(each[0]))
async def test_a_rest_caller_that_hangs_up_stops_its_query(stuck: tuple[Face, Stuck], question: Any):
    """Nothing is answered to nobody, and the metrics count a cancelled call."""
    made, graph = stuck
    body = json.dumps(question[3]).encode() if question[3] else b""
    left = asyncio.Event()
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        if not sent:
            sent.append("body")
            return {"type": "http.request", "body": body, "more_body": False}
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    answering = asyncio.ensure_future(made.app(_scope(question[2], bool(body)), receive, send))
    await graph.asked.wait()
    assert not answering.done()
    left.set()
    await answering
    assert await stops(graph)
    assert [each["status"] for each in sent[1:] if each["type"] == "http.response.start"] == [499]
    assert made.faults == []


def _scope(path: str, post: bool) -> dict[str, Any]:
    headers = [(b"content-type", b"application/json"), (b"host", b"node")]
    method = "POST" if post else "GET"
    plain = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "headers": headers}
    query = f"item={ITEM}".encode() if path == "/" else b""
    more = {"query_string": query, "http_version": "1.1", "scheme": "http", "asgi": {"version": "3.0"}}
    return {**plain, **more}
