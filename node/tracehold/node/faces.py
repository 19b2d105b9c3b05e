"""The listeners: gRPC and REST over the same servicers for clients, and the one for other nodes."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from time import time

from structlog.typing import FilteringBoundLogger

from tracehold.adapters.capture_jobs import SqliteCaptureJobs
from tracehold.adapters.keyfiles import read_secret
from tracehold.api import gateway
from tracehold.api.access import Access
from tracehold.api.attachments import AttachmentDesk
from tracehold.api.audits import AuditBook
from tracehold.api.call import Calls
from tracehold.api.capture import CaptureDesk
from tracehold.api.health import Readiness
from tracehold.api.page import PageDesk
from tracehold.api.peer_server import PeerServer
from tracehold.api.questions import TraceService
from tracehold.api.records import VerifyService
from tracehold.api.rest import Watch, application
from tracehold.api.rest_server import RestServer, RestSettings
from tracehold.api.served import serve
from tracehold.api.server import GrpcServer, GrpcSettings
from tracehold.api.strangers import Bounds, Strangers
from tracehold.api.uploads import UploadService
from tracehold.core.epcis import Mode
from tracehold.journey.capture import Captures
from tracehold.journey.watch import Watching
from tracehold.journey.word import word
from tracehold.node.parts import Parts
from tracehold.node.peering import peer_server
from tracehold.node.standing import standing
from tracehold.v1 import trace_pb2, upload_pb2, verify_pb2

FILES = (upload_pb2.DESCRIPTOR, verify_pb2.DESCRIPTOR, trace_pb2.DESCRIPTOR)
"""Protos whose services clients are served; PeerService has a listener of its own."""
CAPTURES_FILE = "captures.sqlite"


@dataclass(frozen=True, slots=True)
class Faces:
    """The listeners, not listening yet."""

    parts: Parts
    grpc: GrpcServer
    rest: RestServer
    desk: CaptureDesk
    peers: PeerServer | None

    async def start(self) -> None:
        """Listen on all. Raises BAD_CONFIG where an address cannot be had."""
        await self.grpc.start()
        await self.rest.start()
        if self.peers:
            await self.peers.start()

    async def stop(self, grace_s: float) -> None:
        """First phase of the stop: no new calls; running ones and capture jobs come to their end."""
        servers = [server for server in (self.grpc, self.rest, self.peers) if server]
        await asyncio.gather(*(server.stop(grace_s) for server in servers))
        await self.desk.stop()

    @property
    def grpc_address(self) -> str:
        """`host:port` of gRPC."""
        return f"{_host(self.parts.config.grpc.listen)}:{self.grpc.port}"

    @property
    def rest_address(self) -> str:
        """URL of REST."""
        scheme = "https" if self.parts.config.rest.tls else "http"
        return f"{scheme}://{_host(self.parts.config.rest.listen)}:{self.rest.port}"


@asynccontextmanager
async def open_faces(parts: Parts, log: FilteringBoundLogger) -> AsyncIterator[Faces]:
    """Make the listeners over these parts. Raises BAD_CONFIG, and what the file of capture jobs raises."""
    config = parts.config
    calls = Calls(
        Access(config.tokens, time),
        parts.metrics,
        log,
        new_id=_new_id,
        on_fault=parts.faults.error,
        slow_s=config.logging.slow_s,
        sample=config.logging.sample,
    )
    bounds = config.strangers
    strangers = Strangers(Bounds(bounds.at_once, bounds.max_items, bounds.seconds))
    served = strangers.guarding(serve(FILES, _services(parts)))
    with closing(SqliteCaptureJobs(config.node.data_dir / CAPTURES_FILE)) as jobs:
        mode = Mode(config.node.mode)
        captures = Captures(
            parts.gate, jobs, mode, time, _new_id, asyncio.to_thread, parts.attaching.originals
        )
        await captures.recover()
        desk = CaptureDesk(calls, captures, jobs, parts.states, config.rest.public_url)
        watch = Watch(_readiness(parts), parts.metrics, lambda: standing(parts))
        page = PageDesk(calls, parts.knowledge, strangers, config.rest.public_url)
        attachments = AttachmentDesk(calls, parts.knowledge, parts.attaching)
        routes = [*gateway.routes(calls, served), *desk.routes(), *page.routes(), *attachments.routes()]
        app = application(calls, routes, watch, config.rest.cors_origins)
        grpc, rest = GrpcServer(_grpc(parts), calls, served), RestServer(_rest(parts), app)
        faces = Faces(parts, grpc, rest, desk, peer_server(parts, calls))
        try:
            yield faces
        finally:
            # After an orderly stop this does nothing; where a part broke, the listeners still listen.
            await faces.stop(0.0)


def _services(parts: Parts) -> dict[str, object]:
    findings = parts.doubts.findings
    proofs = VerifyService(
        parts.knowledge,
        parts.receipts,
        parts.states,
        lambda: standing(parts),
        time,
        findings,
        lambda answer: word(parts.store, parts.own, answer),
    )
    proofs.audits = AuditBook(parts.possession.transcripts if parts.possession else None)
    return {
        "tracehold.v1.UploadService": UploadService(
            parts.gate,
            parts.knowledge,
            parts.states,
            Watching(parts.store, parts.own.log, parts.bell, asyncio.sleep, parts.holders, findings),
            findings,
        ),
        "tracehold.v1.VerifyService": proofs,
        "tracehold.v1.TraceService": TraceService(parts.knowledge),
    }


def _readiness(parts: Parts) -> Readiness:
    async def gate() -> None:
        parts.gate.ready()

    return Readiness({"log": parts.store.probe, "ledger": parts.ledger.height, "uploads": gate})


def _grpc(parts: Parts) -> GrpcSettings:
    config = parts.config
    if not config.grpc.tls:
        return GrpcSettings(config.grpc.listen, max_concurrent=config.grpc.max_concurrent)
    return GrpcSettings(
        config.grpc.listen,
        config.keys.tls_certificate.read_bytes(),
        read_secret(config.keys.tls_key),
        config.grpc.max_concurrent,
    )


def _rest(parts: Parts) -> RestSettings:
    config = parts.config
    certificate, key = (config.keys.tls_certificate, config.keys.tls_key) if config.rest.tls else (None, None)
    return RestSettings(config.rest.listen, certificate, key, config.rest.behind_proxy)


def _host(listen: str) -> str:
    return listen.rpartition(":")[0]


def _new_id() -> str:
    return uuid.uuid4().hex
