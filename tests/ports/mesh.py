"""Nodes in memory that answer each other over real gRPC with mutual TLS, on loopback."""

import asyncio
import datetime
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import grpc

from tests.api.face import Ids, Lines
from tests.journey.network import Network, Node
from tests.journey.scene import NETWORK, SALTS, START
from tracehold.adapters.keyfiles import certificate_der, create_certificate
from tracehold.adapters.peers import GrpcPeers, OwnPair
from tracehold.api.access import Access
from tracehold.api.call import Call, Calls
from tracehold.api.logging import make_logger
from tracehold.api.metrics import Metrics
from tracehold.api.peer_server import PeerServer, PeerSettings
from tracehold.api.peers import PeerService, Presence
from tracehold.api.rations import Limits
from tracehold.api.served import serve
from tracehold.core.leaf import leaf_name
from tracehold.core.noderecord import NodeRecord, sign_node_record
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.neighbours import Neighbours
from tracehold.v1 import peer_pb2

SERVICE = "tracehold.v1.PeerService"

Tamper = Callable[[str, Any], Awaitable[Any]]
"""What a node makes of its answer to a method."""


async def honest(method: str, answer: Any) -> Any:
    """The answer as it is."""
    return answer


class Raw:
    """An answer of any bytes."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def SerializeToString(self) -> bytes:  # noqa: N802  as protobuf has it
        """The bytes."""
        return self._raw


@dataclass
class Post:
    """One node with its listener and its lines to the others."""

    node: Node
    pair: OwnPair
    leaf: bytes
    neighbours: Neighbours
    server: PeerServer
    peers: GrpcPeers
    told: list[str]
    lines: Lines
    faults: list[BaseException]
    asked: list[str] = field(default_factory=list)
    """Methods that were called here, in order."""
    given_s: list[float] = field(default_factory=list)
    """Seconds that the callers gave for it."""
    service: Any = None
    """What answers here."""
    listener: Any = None
    """Makes a listener on a port."""
    ring: Any = None
    """Its part of the directory, where it has one."""
    record_sent: bytes = b""
    """What it introduces itself with."""

    async def restart(self) -> None:
        """Listen again where it listened before."""
        self.server = self.listener(self.server.port)
        await self.server.start()

    def record(self, **changes: Any) -> bytes:
        """The node's signed record; `changes` are to its fields."""
        own = self.node.sealer.own.identity
        made = NodeRecord(
            own.key.public,
            own.operator,
            self.node.log,
            "",
            f"127.0.0.1:{self.server.port}",
            "",
            self.leaf,
            bytes([self.node.number]) * 20,
            "",
            int(START),
        )
        return sign_node_record(replace(made, **changes), NETWORK, SALTS(16), own.key)


@dataclass
class Mesh:
    """The posts by number, over one chain."""

    net: Network
    folder: Path
    deadline_s: float = 10.0
    posts: dict[int, Post] = field(default_factory=dict)
    limits: Limits = Limits(questions=4)  # noqa: RUF009  frozen
    """What each gives one member."""

    async def add(self, node: Node, *, tamper: Tamper = honest, publish: bool = True) -> Post:
        """Let the node answer and ask over gRPC, and keep what its peer's keeper keeps. `tamper` may change
        what it answers; only with `publish` does the contract have its record.
        """
        pair, leaf = self.certificate(f"{node.number}", leaf_name(node.sealer.own.identity.key.public))
        told, lines, faults = list[str](), Lines(), list[BaseException]()
        neighbours = Neighbours(node.ledger, node.log, told.append)
        calls = Calls(
            Access([], lambda: START), Metrics(), make_logger(lines), Ids(), faults.append, slow_s=60.0
        )
        post = Post(node, pair, leaf, neighbours, None, None, told, lines, faults)  # type: ignore[arg-type]
        service = PeerService(
            node.store,
            node.graph,
            neighbours,
            Presence(lambda: post.record_sent, lambda: node.peer.leaving),
            node.faults.append,
            node.peer.keeper,
        )
        service.audits.showing = node.peer.showing
        served = [
            replace(one, handler=changed(post, one.method.name, one.handler, tamper))
            for one in serve([peer_pb2.DESCRIPTOR], {SERVICE: service})
        ]
        post.listener = lambda port: PeerServer(
            PeerSettings(f"127.0.0.1:{port}", pair.certificate, pair.key, limits=self.limits),
            neighbours,
            calls,
            served,
        )
        post.server, post.service = post.listener(0), service
        post.peers = GrpcPeers(neighbours, pair, self.deadline_s)
        await post.server.start()
        post.record_sent = post.record()
        if publish:
            self.publish(node.number, post.record())
        self.posts[node.number] = post
        knowledge = node.knowledge
        node.knowledge = Knowledge(
            node.store, node.graph, post.peers, node.ledger, node.number, fault=knowledge.fault
        )
        return post

    def certificate(self, file: str, name: str) -> tuple[OwnPair, bytes]:
        """A fresh certificate of this name, and its DER."""
        key, certificate = self.folder / f"{file}.key", self.folder / f"{file}.crt"
        now = datetime.datetime.now(datetime.UTC)
        create_certificate(key, certificate, ["127.0.0.1", "localhost"], now, name)
        return OwnPair(certificate.read_bytes(), key.read_bytes()), certificate_der(certificate)

    def publish(self, number: int, record: bytes, **changes: Any) -> None:
        """Put a node record into the contract."""
        members = self.net.chain.members
        members[number - 1] = replace(members[number - 1], record=record, **changes)

    async def refresh(self) -> None:
        """Every node reads the contract."""
        for post in self.posts.values():
            await post.neighbours.refresh()

    async def close(self) -> None:
        """Hang up, then stop to listen."""
        for post in self.posts.values():
            await post.peers.aclose()
        for post in self.posts.values():
            await post.server.stop(0)


def changed(post: Post, name: str, handler: Any, tamper: Tamper) -> Any:
    """The handler, which also writes down that it was called, and whose answer is tampered with."""

    async def answered(request: object, call: Call) -> object:
        post.asked.append(name)
        post.given_s.append(call.remaining())
        return await tamper(name, await handler(request, call))

    return answered


async def until(ready: Callable[[], bool]) -> None:
    """Let others run until it is so."""
    for _ in range(1_000_000):
        if ready():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came to that")


@asynccontextmanager
async def mesh(net: Network, folder: Path, deadline_s: float = 10.0) -> AsyncIterator[Mesh]:
    """No posts yet; those that are added are closed with it."""
    made = Mesh(net, folder, deadline_s)
    try:
        yield made
    finally:
        await made.close()


@asynccontextmanager
async def dialled(target: Post, pair: OwnPair | None, *more: tuple[str, int]) -> AsyncIterator[Any]:
    """A channel to a post that shows this certificate, or none, with more options of grpc's."""
    shown = (pair.key, pair.certificate) if pair else (None, None)
    credentials = grpc.ssl_channel_credentials(target.pair.certificate, *shown)
    options = [("grpc.ssl_target_name_override", "localhost"), *more]
    address = f"127.0.0.1:{target.server.port}"
    async with grpc.aio.secure_channel(address, credentials, options=options) as channel:
        yield channel
