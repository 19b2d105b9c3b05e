"""Callers without a token: few questions at once, smaller answers, less time, and room for everybody else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.api.face import Face, bearer, build, details
from tests.journey.network import begun, made, network
from tracehold.adapters.memory.graph import MemoryGraph
from tracehold.api.strangers import Bounds
from tracehold.core.record import Audience
from tracehold.v1 import trace_pb2, upload_pb2, upload_pb2_grpc, verify_pb2, verify_pb2_grpc

ITEM = "urn:x:bread"
TRACE = {"item": ITEM, "direction": "UPSTREAM"}
DOSSIER = verify_pb2.GetDossierRequest(history=trace_pb2.GetHistoryRequest(item=ITEM))


class Waiting(MemoryGraph):
    """Its answers wait until they are let out."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Semaphore(0)
        self.out = asyncio.Event()
        self.out.set()

    async def facts(self, items: Any, transformations: Any = ()) -> Any:
        """As in memory, later."""
        self.asked.release()
        await self.out.wait()
        return await super().facts(items, transformations)

    async def hold(self) -> None:
        """Let nothing out from now on."""
        self.out.clear()
        self.asked = asyncio.Semaphore(0)


@asynccontextmanager
async def opened(folder: Path, **bounds: Any) -> AsyncIterator[tuple[Face, Waiting]]:
    """A node with these bounds, where bread was made of three grains."""
    graph = Waiting()
    async with network() as running:
        face = build(running, await running.join(graph), folder, {}, {"bounds": Bounds(**bounds)})
        grains = [f"urn:x:g{number}" for number in range(3)]
        await face.node.say(*(begun(each, 0) for each in grains), audience=Audience.PUBLIC)
        await face.node.say(made(grains, [ITEM], 1), audience=Audience.PUBLIC)
        await face.node.finish()
        yield face, graph
        graph.out.set()
        await face.desk.stop()
        face.jobs.close()
        face.doubts.close()


async def asking(face: Face, graph: Waiting, *paths: str) -> "list[asyncio.Task[Any]]":
    """Questions of strangers that wait in the graph."""
    running = []
    for path in paths:
        asked = face.get(path, params={"item": ITEM}) if path == "/" else face.post(path, TRACE)
        running.append(asyncio.ensure_future(asked))
        await graph.asked.acquire()
    return running


async def test_attack_strangers_ask_a_few_questions_at_once(tmp_path: Path):
    """On whichever face, one too many is TOO_MANY_CALLS at once; who has a token is answered."""
    async with opened(tmp_path, at_once=2) as (face, graph):
        await graph.hold()
        running = await asking(face, graph, "/v1/trace", "/")
        page, answer = await face.get("/", params={"item": ITEM}), await face.post("/v1/trace", TRACE)
        assert (page.status_code, answer.status_code) == (429, 429)
        assert answer.json()["code"] == "TOO_MANY_CALLS"
        known = asyncio.ensure_future(face.post("/v1/trace", TRACE, "reader"))
        await graph.asked.acquire()
        graph.out.set()
        assert [(await each).status_code for each in [*running, known]] == [200, 200, 200]
        assert (await face.post("/v1/trace", TRACE)).status_code == 200


async def test_a_stranger_that_hangs_up_leaves_its_place(tmp_path: Path):
    """Cancelled, refused or answered: the place is free afterwards."""
    async with opened(tmp_path, at_once=1) as (face, graph):
        await graph.hold()
        (running,) = await asking(face, graph, "/v1/trace")
        running.cancel()
        await asyncio.wait([running])
        graph.out.set()
        assert (await face.post("/v1/history", {"item": "(01)09521234000021"})).status_code == 400
        assert (await face.get("/", params={"item": ITEM})).status_code == 200


async def code(stub: Any, who: str | None = None) -> str:
    """How a dossier ends."""
    try:
        async for _ in stub.GetDossier(DOSSIER, metadata=tuple(bearer(who).items())):
            pass
    except grpc.aio.AioRpcError as error:
        return str(details(error)["ErrorInfo"].reason)
    return "OK"


async def test_attack_no_dossier_for_strangers_while_the_gate_is_full(tmp_path: Path):
    """Nor one more than half of the places; other questions have the rest."""
    async with opened(tmp_path, at_once=2) as (face, graph), face.channel() as channel:
        stub: Any = verify_pb2_grpc.VerifyServiceStub(channel)
        await graph.hold()
        first = asyncio.ensure_future(code(stub))
        await graph.asked.acquire()
        assert await code(stub) == "TOO_MANY_CALLS"
        (running,) = await asking(face, graph, "/v1/trace")
        graph.out.set()
        assert (await first, (await running).status_code) == ("OK", 200)
        await graph.hold()
        both = await asking(face, graph, "/", "/v1/trace")
        assert await code(stub) == "TOO_MANY_CALLS"
        graph.out.set()
        await asyncio.gather(*both)
        assert await code(stub) == "OK"


async def test_attack_a_stranger_that_reads_slowly_is_ended(tmp_path: Path):
    """A question has its seconds, a dossier too, whatever time the caller names."""
    async with opened(tmp_path, seconds=0.0) as (face, graph), face.channel() as channel:
        stub: Any = verify_pb2_grpc.VerifyServiceStub(channel)
        await graph.hold()
        assert await code(stub) == "DEADLINE"
        assert (await face.get("/", params={"item": ITEM})).status_code == 504
        graph.out.set()
        assert await code(stub, "reader") == "OK"


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("/v1/trace", {**TRACE, "maxItems": 3}, "/maxItems"),
        ("/v1/recall", {"item": ITEM, "maxItems": 3}, "/maxItems"),
        ("/v1/recall", {"item": ITEM, "items": ["urn:x:g0"], "maxItems": 2}, "/maxItems"),
        ("/v1/common", {"items": ["urn:x:g0", "urn:x:g1"], "maxItems": 2}, "/maxItems"),
        ("/v1/compare", {"trace": {**TRACE, "maxItems": 3}}, "/trace/maxItems"),
    ],
)
async def test_attack_strangers_reach_fewer_items(tmp_path: Path, path: str, body: Any, where: str):
    """More than the bound is refused at its field; a caller with a token may have it."""
    async with opened(tmp_path, max_items=2) as (face, _):
        refused = await face.post(path, body)
        assert (refused.status_code, refused.json()["path"]) == (400, where)
        assert (await face.post(path, body, "reader")).status_code == 200


async def test_what_is_cut_for_strangers_says_so(tmp_path: Path):
    """A question that names no bound has that of strangers."""
    async with opened(tmp_path, max_items=2) as (face, _):
        cut, whole = await face.post("/v1/trace", TRACE), await face.post("/v1/trace", TRACE, "reader")
        assert (len(cut.json()["items"]), cut.json()["truncated"]) == (2, True)
        assert (len(whole.json()["items"]), whole.json()["truncated"]) == (3, False)


async def test_attack_a_dossier_of_more_than_strangers_may_reach(tmp_path: Path):
    """Its question is bounded as if it were asked alone."""
    trace = trace_pb2.TraceRequest(item=ITEM, direction=trace_pb2.DIRECTION_UPSTREAM, max_items=3)
    async with opened(tmp_path, max_items=2) as (face, _), face.channel() as channel:
        stub: Any = verify_pb2_grpc.VerifyServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            async for _part in stub.GetDossier(verify_pb2.GetDossierRequest(trace=trace)):
                pass
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_attack_slow_readers_of_dossiers_leave_streams_to_others(tmp_path: Path):
    """Half of the streams at most hand out, also to those with a token; Watch has the rest."""
    async with opened(tmp_path) as (face, graph), face.channel(max_concurrent=8) as channel:
        stub: Any = verify_pb2_grpc.VerifyServiceStub(channel)
        await graph.hold()
        held = [asyncio.ensure_future(code(stub, "reader")) for _ in range(2)]
        for _ in held:
            await graph.asked.acquire()
        assert await code(stub, "reader") == "BUSY"
        uploads: Any = upload_pb2_grpc.UploadServiceStub(channel)
        request = upload_pb2.WatchRequest(from_now=True)
        watching = [uploads.Watch(request, metadata=tuple(bearer("farm").items())) for _ in range(2)]
        for each in watching:
            await each.read()
            each.cancel()
        graph.out.set()
        assert [await each for each in held] == ["OK", "OK"]
