"""Every message of peers, made of anything: an answer or an error of ours, never a crash, nothing that stays,
and honest calls go on.
"""

import asyncio
import gc
import random
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import DecodeError, Message
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.journey.network import Node, begun, network
from tests.ports.mesh import Post, dialled, mesh
from tests.ports.messages import bytes_of, damaged
from tests.ports.ringed import providers, ringed
from tests.ports.shipping import ERASED, based, sent, shipment
from tracehold.api.access import Caller
from tracehold.api.call import Call
from tracehold.api.peers import PeerService, Presence
from tracehold.api.served import Served, serve
from tracehold.core.errors import Rejected, TraceholdError
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.journey.ports import Kept, Shipment
from tracehold.v1 import peer_pb2
from tracehold.wire.bases import base_message, read_base
from tracehold.wire.directory import (
    near_message,
    read_near,
    read_refused,
    read_told,
    refused_message,
    told_message,
)
from tracehold.wire.peers import expand_message, read_coverage, read_entries, read_expand, read_greeting
from tracehold.wire.shipments import (
    handed_message,
    kept_message,
    read_answered,
    read_handed,
    read_kept,
    shipment_messages,
)

SEED = 20_261_123
CASES = 20_000
COUNTS = [200, pytest.param(CASES, marks=pytest.mark.slow)]
REQUESTS = (
    "HelloRequest",
    "ExpandRequest",
    "GetEntriesRequest",
    "GetBaseRequest",
    "ReplicateRequest",
    "GetCheckpointRequest",
    "FindNodeRequest",
    "GetProvidersRequest",
    "AddProvidersRequest",
)
CUT_OFF = "Internal error from Core"
ANSWERS = tuple(name.replace("Request", "Response") for name in REQUESTS)


class Bin:
    """Keeps nothing."""

    async def replicate(self, caller: object, shipment: Shipment) -> Kept:
        """As if it did."""
        return Kept(shipment.checkpoint.size, b"\xac" * 64)

    async def checkpoint(self, log: bytes, size: int | None = None) -> None:
        """None."""


def request_of(
    rng: random.Random, kind: str, honest: Sequence[Sequence[bytes]], announced: Sequence[bytes]
) -> list[bytes]:
    """The messages of a call: anything, or (of a shipment, which anything is hardly ever) an honest one with
    damage.
    """
    descriptor = peer_pb2.DESCRIPTOR.message_types_by_name[kind]
    if kind == "AddProvidersRequest" and rng.random() < 0.5:
        some = rng.sample(announced, rng.randrange(1, 4))
        raw = peer_pb2.AddProvidersRequest(providers=some).SerializeToString()
        return [damaged(rng, raw) if rng.random() < 0.3 else raw]
    if kind != "ReplicateRequest":
        return [bytes_of(rng, descriptor)]
    if rng.random() < 0.3:
        return [bytes_of(rng, descriptor) for _ in range(rng.randrange(4))]
    parts = [damaged(rng, raw) if rng.random() < 0.3 else raw for raw in rng.choice(honest)]
    if rng.random() < 0.2:
        parts.insert(rng.randrange(len(parts) + 1), bytes_of(rng, descriptor))
    return parts


async def shipments(node: Node) -> list[list[bytes]]:
    """Honest ones of all forms, in one message and in two."""
    found = []
    with_base, _ = await based(node)
    for each in (
        shipment(node, []),
        shipment(node, [sent(b"one"), ERASED, sent(b"three")], start=4),
        with_base,
    ):
        (whole,) = shipment_messages(each)
        found.append([whole.SerializeToString()])
        first = peer_pb2.ReplicateRequest(head=whole.head)
        whole.ClearField("head")
        if whole.ByteSize():
            found.append([first.SerializeToString(), whole.SerializeToString()])
    return found


@asynccontextmanager
async def node(folder: Path) -> AsyncIterator[tuple[Post, dict[str, Served]]]:
    """A node that keeps a little, its methods by the name of their request, and its listener."""
    async with network() as net, mesh(net, folder) as made:
        kept = await net.join()
        kept.peer.keeper = Bin()
        await kept.say(begun("urn:x:flour", 1))
        await kept.finish()
        post = await made.add(kept)
        await made.refresh()
        directory = ringed(post).directory
        own = PeerService(
            kept.store, kept.graph, post.neighbours, Presence(bytes), kept.faults.append, Bin(), directory
        )
        served = serve([peer_pb2.DESCRIPTOR], {"tracehold.v1.PeerService": own})
        yield post, {one.method.request.DESCRIPTOR.name: one for one in served}


async def tried(post: Post, served: Served, raws: Sequence[bytes]) -> Message | None:
    """The answer to messages of these bytes; None where they were refused with an error of ours."""
    call = Call("fuzz", "id", Caller("node 1"), 1e18, post.node.neighbour)
    await asyncio.sleep(0)  # for what the loop has to clean up
    try:
        requests = [served.method.request.FromString(raw) for raw in raws]
        if served.method.form == "client_stream":
            return await served.gather(each(requests), call)
        return await served.answer(requests[0], call)
    except (DecodeError, TraceholdError):
        return None


async def each(requests: Sequence[Message]) -> AsyncIterator[Message]:
    """One by one."""
    for request in requests:
        yield request


def read(kind: str, raw: bytes, asked: Shipment) -> bool:
    """Read an answer as the asker does; whether it was taken. Nothing but Rejected may come of it."""
    try:
        READERS[kind](getattr(peer_pb2, kind).FromString(raw), asked)
    except (DecodeError, Rejected):
        return False
    return True


def _entries(message: Any, asked: Shipment) -> None:
    read_entries(message, message.start, 4)
    if message.HasField("checkpoint"):
        handed_message(read_handed(message, asked.log, message.start, 4))


def _hello(message: Any, asked: Shipment) -> None:
    read_greeting(message)
    read_coverage([each for each in message.coverage if _hexadecimal(each.log)])


READERS: dict[str, Callable[[Any, Shipment], object]] = {
    "HelloResponse": _hello,
    # What was taken can be passed on: nothing in it is out of its limits.
    "ExpandResponse": lambda message, asked: expand_message(read_expand(message, None)),
    "GetEntriesResponse": _entries,
    "GetBaseResponse": lambda message, asked: base_message(read_base(message, asked.log, SEGMENT_ENTRIES)),
    "ReplicateResponse": lambda message, asked: kept_message(read_kept(message, asked)),
    "GetCheckpointResponse": lambda message, asked: read_answered(message, asked.log),
    "FindNodeResponse": lambda message, asked: near_message(read_near(message)),
    "GetProvidersResponse": lambda message, asked: told_message(read_told(message)),
    "AddProvidersResponse": lambda message, asked: refused_message(read_refused(message, 100)),
}


def _hexadecimal(log: str) -> bool:
    return len(log) == 64 and set(log) <= set("0123456789abcdef")


def kept_blocks() -> int:
    """Pieces of memory in use."""
    gc.collect()
    return sys.getallocatedblocks()


@pytest.mark.parametrize("kind", REQUESTS)
@pytest.mark.parametrize("count", COUNTS)
async def test_security_requests_of_anything(tmp_path, kind, count):
    """Each is answered or refused, and leaves nothing in memory; afterwards an honest one is answered, and
    nothing was reported as a fault.
    """
    rng = random.Random(SEED)
    async with node(tmp_path) as (post, served):
        honest, announced = await shipments(post.node), providers(post)
        taken = blocks = 0
        for number in range(count):
            if number == count // 2:
                blocks = kept_blocks()
            taken += await tried(post, served[kind], request_of(rng, kind, honest, announced)) is not None
        assert kept_blocks() < blocks + 10_000
        assert count // 100 < taken < count
        for whole in honest:
            answer: Any = await tried(post, served["ReplicateRequest"], whole)
            assert len(answer.acknowledgement) == 64
        question = peer_pb2.ExpandRequest(items=["urn:x:flour"]).SerializeToString()
        answer = await tried(post, served["ExpandRequest"], [question])
        assert len(answer.records) == 1
        assert post.node.faults == []


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("count", COUNTS)
async def test_security_answers_of_anything(kind, count):
    """Each is taken or refused, and leaves nothing."""
    rng = random.Random(SEED)
    async with network() as net:
        asked = shipment(await net.join(), [sent(b"x")])
        taken = blocks = 0
        for number in range(count):
            if number == count // 2:
                blocks = kept_blocks()
            raw = bytes_of(rng, peer_pb2.DESCRIPTOR.message_types_by_name[kind])
            taken += read(kind, raw, asked)
        assert kept_blocks() < blocks + 10_000
        assert count // 100 < taken < count


@settings(max_examples=200, deadline=None)
@given(raw=st.binary(max_size=400), kind=st.sampled_from(ANSWERS))
async def test_security_bytes_of_anything(raw, kind):
    """No answer crashes its reader."""
    async with network() as net:
        read(kind, raw, shipment(await net.join(), []))


@pytest.mark.parametrize("count", [60, pytest.param(2_000, marks=pytest.mark.slow)])
async def test_security_a_member_that_sends_anything(tmp_path, count):
    """Over the wire: only statuses that our codes have, and the listener answers others all the time."""
    rng = random.Random(SEED)
    known = {"INVALID_ARGUMENT", "FAILED_PRECONDITION", "RESOURCE_EXHAUSTED"}
    async with node(tmp_path) as (post, _), dialled(post, post.pair) as channel:
        honest, announced = await shipments(post.node), providers(post)
        for _ in range(count):
            kind = rng.choice(REQUESTS)
            raws = request_of(rng, kind, honest, announced)
            call = channel.stream_unary(f"/tracehold.v1.PeerService/{kind.removesuffix('Request')}")
            ended = call(iter(raws))
            code = (await ended.code()).name
            # A caller that still sends when it was refused hears of its own library, and not why.
            assert code in known | {"OK"} or (code, await ended.details()) == ("INTERNAL", CUT_OFF)
        assert post.faults == []
        assert "INTERNAL" not in post.lines.getvalue()
