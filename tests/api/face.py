"""The whole API over a node in memory: gRPC on a real socket, REST as an ASGI application."""

import asyncio
import hashlib
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import httpx
from google.rpc import error_details_pb2, status_pb2
from starlette.types import ASGIApp

from tests.journey.network import FARM, MILL, Network, Node, network
from tracehold.adapters.capture_jobs import SqliteCaptureJobs
from tracehold.adapters.memory.attachments import MemoryAttachmentBook
from tracehold.adapters.memory.blobs import MemoryBlobs
from tracehold.adapters.sqlite_quality import SqliteFindings
from tracehold.api import gateway
from tracehold.api.access import Access, Token
from tracehold.api.attachments import AttachmentDesk
from tracehold.api.audits import AuditBook
from tracehold.api.call import Calls
from tracehold.api.capture import CaptureDesk
from tracehold.api.health import Readiness
from tracehold.api.logging import make_logger
from tracehold.api.metrics import Metrics
from tracehold.api.page import PageDesk
from tracehold.api.questions import TraceService
from tracehold.api.records import VerifyService
from tracehold.api.rest import Watch, application
from tracehold.api.served import Served, serve
from tracehold.api.server import GrpcServer, GrpcSettings
from tracehold.api.strangers import Bounds, Strangers
from tracehold.api.uploads import UploadService
from tracehold.core.epcis import Mode
from tracehold.journey.attaching import Attaching
from tracehold.journey.capture import Captures
from tracehold.journey.found import Findings
from tracehold.journey.index import Indexer
from tracehold.journey.originals import Originals
from tracehold.journey.quality import Quality
from tracehold.journey.receipts import Receipts
from tracehold.journey.staging import Bounds as StagingBounds
from tracehold.journey.staging import Staging
from tracehold.journey.states import States
from tracehold.journey.watch import Watching
from tracehold.v1 import trace_pb2, upload_pb2, verify_pb2
from tracehold.wire.standing import BackendState, Standing

FILES = (upload_pb2.DESCRIPTOR, trace_pb2.DESCRIPTOR, verify_pb2.DESCRIPTOR)
SECRETS: dict[str, tuple[set[str], str | None]] = {
    "farm": ({"capture"}, FARM),
    "mill": ({"capture"}, MILL),
    "reader": (set(), None),
    "buyer": ({"interest"}, MILL),
    "authority": ({"authority"}, None),
    "operator": ({"operator"}, None),
}


def token(name: str, expires: float | None = None) -> Token:
    """The token whose text is `NAME-secret`."""
    roles, party = SECRETS.get(name, (set(), None))
    digest = hashlib.sha256(f"{name}-secret".encode()).digest()
    return Token(name, digest, frozenset(roles), party, expires)


def bearer(name: str | None) -> dict[str, str]:
    """The header that presents a token."""
    return {"authorization": f"Bearer {name}-secret"} if name else {}


class Lines(io.StringIO):
    """A stream of log lines, parsed."""

    def parsed(self) -> list[dict[str, Any]]:
        """The lines so far."""
        return [json.loads(line) for line in self.getvalue().splitlines()]


@dataclass
class Face:
    """What callers see of one node, and what its operator sees of them."""

    node: Node
    calls: Calls
    served: list[Served]
    app: ASGIApp
    desk: CaptureDesk
    jobs: SqliteCaptureJobs
    lines: Lines
    faults: list[BaseException]
    doubts: SqliteFindings
    attaching: Attaching
    blobs: MemoryBlobs
    checks: dict[str, Any] = field(default_factory=dict)

    @property
    def originals(self) -> Originals:
        """Those of the node."""
        return self.attaching.originals

    def rest(self, who: str | None = None, **headers: str) -> httpx.AsyncClient:
        """A REST client that presents a token."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(
            transport=transport, base_url="http://node", headers={**bearer(who), **headers}
        )

    async def index(self) -> None:
        """Anchor and index all that was said, and find what is doubtful."""
        quality = Quality(self.node.graph, self.doubts, self.node.sealer.bell.ring)
        self.node.indexer = Indexer(self.node.store, quality.watched)
        await self.node.finish()
        while await quality.once():
            pass

    async def get(self, path: str, who: str | None = None, **more: Any) -> httpx.Response:
        """One GET."""
        async with self.rest(who) as client:
            return await client.get(path, **more)

    async def post(self, path: str, body: Any = None, who: str | None = None, **more: Any) -> httpx.Response:
        """One POST; `body` is sent as JSON."""
        async with self.rest(who) as client:
            return (
                await client.post(path, json=body, **more)
                if body is not None
                else await client.post(path, **more)
            )

    @asynccontextmanager
    async def channel(self, **settings: Any) -> AsyncIterator[grpc.aio.Channel]:
        """A channel to a gRPC server of its own."""
        server = GrpcServer(GrpcSettings("127.0.0.1:0", **settings), self.calls, self.served)
        await server.start()
        try:
            async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
                yield channel
        finally:
            await server.stop(0)


class Ids:
    """Request ids and job ids, one after another."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> str:
        """The next one."""
        self.made += 1
        return f"id-{self.made:04}"


@asynccontextmanager
async def face(
    folder: Path, *, services: dict[str, object] | None = None, **more: Any
) -> AsyncIterator[Face]:
    """A node in memory with its API. `services` take the place of the node's own."""
    async with network() as running:
        node = await running.join()
        made = build(running, node, folder, services or {}, more)
        try:
            yield made
        finally:
            await made.desk.stop()
            made.jobs.close()
            made.doubts.close()


def build(
    running: Network, node: Node, folder: Path, services: dict[str, object], more: dict[str, Any]
) -> Face:
    """The API over this node."""
    lines, ids = Lines(), Ids()
    faults: list[BaseException] = []
    tokens = [token(name) for name in SECRETS] + [token("expired", running.clock.now())]
    calls = Calls(
        Access(tokens, running.clock.now),
        Metrics(),
        make_logger(lines),
        ids,
        faults.append,
        slow_s=60.0,
        sample=more.get("sample", 0),
    )
    doubts = SqliteFindings()
    findings = Findings(node.store, doubts)
    own: dict[str, Any] = {
        "tracehold.v1.UploadService": UploadService(
            node.uploads,
            node.knowledge,
            States(node.store),
            Watching(node.store, node.log, node.sealer.bell, running.clock.sleep, findings=findings),
            findings,
        ),
        "tracehold.v1.TraceService": TraceService(node.knowledge),
        "tracehold.v1.VerifyService": VerifyService(
            node.knowledge,
            Receipts(node.store),
            States(node.store),
            _standing(node),
            running.clock.now,
            findings,
        ),
    }
    own["tracehold.v1.VerifyService"].audits = AuditBook(more.get("transcripts"))
    strangers = Strangers(more.get("bounds", Bounds()))
    served = strangers.guarding(serve(FILES, own | services))
    jobs = SqliteCaptureJobs(folder / "captures.sqlite")
    blobs = MemoryBlobs()
    staging = Staging(MemoryAttachmentBook(), more.get("staging", StagingBounds()))
    originals = Originals(blobs, node.store, lambda: node.sealer.own, node.uploads._disk.check, staging.holds)
    attaching = Attaching(originals, staging, lambda: int(running.clock.now() * 1_000))
    captures = Captures(
        node.uploads, jobs, Mode.TOLERANT, running.clock.now, ids, asyncio.to_thread, originals
    )
    desk = CaptureDesk(calls, captures, jobs, States(node.store))
    checks = {"log": node.store.probe, "ledger": node.ledger.height}
    watch = Watch(Readiness(checks), calls.metrics, _standing(node))
    page = PageDesk(calls, node.knowledge, strangers, more.get("public_url", ""))
    attachments = AttachmentDesk(calls, node.knowledge, attaching)
    routes = [*gateway.routes(calls, served), *desk.routes(), *page.routes(), *attachments.routes()]
    app = application(calls, routes, watch, more.get("cors", ()))
    return Face(node, calls, served, app, desk, jobs, lines, faults, doubts, attaching, blobs, checks)


def _standing(node: Node) -> Any:
    async def standing() -> Standing:
        size = await node.store.size(node.log)
        backends = (BackendState("log", "memory", stand_in=True, up=True),)
        of = node.sealer.own.identity.network
        return Standing("0", "urn:op", of, log=node.log, sealed=size, started_at=1.5, backends=backends)

    return standing


def details(error: grpc.aio.AioRpcError) -> dict[str, Any]:
    """The rich details of a gRPC error, by the name of their type."""
    trailers = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
    found: dict[str, Any] = {"status": status}
    for packed in status.details:
        kind = getattr(error_details_pb2, packed.TypeName().rpartition(".")[2])
        found[kind.DESCRIPTOR.name] = kind.FromString(packed.value)
    return found
