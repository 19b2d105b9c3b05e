"""Every message of peers, made of anything: an answer or an error of ours, never a crash, and honest calls go
on.
"""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.journey.network import begun, network
from tests.ports.mesh import Post, mesh
from tracehold.api.access import Caller
from tracehold.api.call import Call
from tracehold.api.peers import PeerService
from tracehold.api.served import Served, serve
from tracehold.core.errors import Rejected, TraceholdError
from tracehold.v1 import peer_pb2
from tracehold.wire.descriptors import repeated
from tracehold.wire.peers import expand_message, read_coverage, read_entries, read_expand

SEED = 20_261_123
CASES = 20_000
REQUESTS = ("HelloRequest", "ExpandRequest", "GetEntriesRequest")
ANSWERS = ("HelloResponse", "ExpandResponse", "GetEntriesResponse")
TEXTS = ["", "urn:x:flour", "00" * 32, "AB" * 32, "\0", "ü" * 40, "0x" + "00" * 20, "x" * 3_000]
NUMBERS = [0, 1, 2, 7, (1 << 53) - 1, 1 << 53, (1 << 63) - 1, 1 << 63, (1 << 64) - 1]


def bytes_of(rng: random.Random, kind: Descriptor) -> bytes:
    """A message of this type with odd values in it, sometimes with its bytes damaged."""
    odd = rng.choice((0.0, 0.05, 0.5))
    raw = bytearray(filled(rng, kind, odd).SerializeToString())
    for _ in range(rng.choice((0, 0, 0, 0, 1, 4))):
        if raw:
            raw[rng.randrange(len(raw))] = rng.randrange(256)
    if rng.random() < 0.1:
        del raw[rng.randrange(len(raw) + 1) :]
    return bytes(raw) if rng.random() < 0.97 else rng.randbytes(rng.randrange(200))


def filled(rng: random.Random, kind: Descriptor, odd: float) -> Message:
    """A message in which each field is missing or strange with this probability."""
    message: Any = GetMessageClass(kind)()
    for field in kind.fields:
        if rng.random() < odd:
            continue
        if repeated(field):
            count = rng.choice((1, 2, 5))
            values = [value(rng, field, odd) for _ in range(count)]
            getattr(message, field.name).extend(values)
        elif field.message_type is not None:
            getattr(message, field.name).CopyFrom(value(rng, field, odd))
        else:
            setattr(message, field.name, value(rng, field, odd))
    return message


def value(rng: random.Random, field: FieldDescriptor, odd: float) -> Any:
    """One value of a field."""
    strange = rng.random() < odd
    if field.message_type is not None:
        return filled(rng, field.message_type, odd)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return rng.randbytes(0 if strange else rng.choice((1, 40, 300)))
    if field.type == FieldDescriptor.TYPE_STRING:
        digits = field.name in {"log", "network"}
        return rng.choice(TEXTS) if strange else f"{rng.randrange(3):064x}" if digits else "urn:x:flour"
    number = rng.choice(NUMBERS) if strange else 0 if field.name == "controls" else rng.randrange(5)
    return number % (1 << (32 if field.type == FieldDescriptor.TYPE_UINT32 else 64))


@asynccontextmanager
async def node(folder: Path) -> AsyncIterator[tuple[Post, dict[str, Served]]]:
    """A node that keeps a little, its methods by the name of their request, and its listener."""
    async with network() as net, mesh(net, folder) as made:
        kept = await net.join()
        await kept.say(begun("urn:x:flour", 1))
        await kept.finish()
        post = await made.add(kept)
        await made.refresh()
        own = PeerService(kept.store, kept.graph, post.neighbours, b"", kept.faults.append)
        served = serve([peer_pb2.DESCRIPTOR], {"tracehold.v1.PeerService": own})
        yield post, {one.method.request.DESCRIPTOR.name: one for one in served}


async def tried(served: Served, raw: bytes) -> Message | None:
    """The answer to a request of these bytes; None where it was refused with an error of ours."""
    try:
        request = served.method.request.FromString(raw)
    except DecodeError:
        return None
    try:
        return await served.answer(request, Call("fuzz", "id", Caller("node 2"), 1e18))
    except TraceholdError:
        return None


def read(kind: str, raw: bytes) -> bool:
    """Read an answer as the asker does; whether it was taken. Nothing but Rejected may come of it."""
    try:
        message: Any = getattr(peer_pb2, kind).FromString(raw)
    except DecodeError:
        return False
    try:
        if kind == "ExpandResponse":
            # What was taken can be passed on: nothing in it is out of its limits.
            expand_message(read_expand(message, None))
        elif kind == "GetEntriesResponse":
            read_entries(message, message.start, 4)
        else:
            read_coverage([each for each in message.coverage if len(each.log) == 64])
    except (Rejected, ValueError) as error:
        return not isinstance(error, Rejected) and kind == "HelloResponse"
    return True


@pytest.mark.parametrize("count", [600, pytest.param(CASES, marks=pytest.mark.slow)])
async def test_security_requests_of_anything(tmp_path, count):
    """Each is answered or refused; afterwards an honest one is answered, and nothing was reported as a
    fault.
    """
    rng = random.Random(SEED)
    async with node(tmp_path) as (post, served):
        taken = 0
        for _ in range(count):
            kind = rng.choice(REQUESTS)
            raw = bytes_of(rng, peer_pb2.DESCRIPTOR.message_types_by_name[kind])
            taken += await tried(served[kind], raw) is not None
        assert count // 5 < taken < count
        honest = peer_pb2.ExpandRequest(items=["urn:x:flour"]).SerializeToString()
        answer: Any = await tried(served["ExpandRequest"], honest)
        assert len(answer.records) == 1
        assert post.node.faults == []


@pytest.mark.parametrize("count", [600, pytest.param(CASES, marks=pytest.mark.slow)])
def test_security_answers_of_anything(count):
    """Each is taken or refused."""
    rng = random.Random(SEED)
    taken = 0
    for _ in range(count):
        kind = rng.choice(ANSWERS)
        taken += read(kind, bytes_of(rng, peer_pb2.DESCRIPTOR.message_types_by_name[kind]))
    assert count // 10 < taken < count


@settings(max_examples=200, deadline=None)
@given(raw=st.binary(max_size=400), kind=st.sampled_from(ANSWERS))
def test_security_bytes_of_anything(raw, kind):
    """No answer crashes its reader."""
    read(kind, raw)


@pytest.mark.parametrize("count", [60, pytest.param(2_000, marks=pytest.mark.slow)])
async def test_security_a_member_that_sends_anything(tmp_path, count):
    """Over the wire: only statuses that our codes have, and the listener answers others all the time."""
    from tests.ports.mesh import dialled

    rng = random.Random(SEED)
    known = {"INVALID_ARGUMENT", "FAILED_PRECONDITION"}
    async with node(tmp_path) as (post, _), dialled(post, post.pair) as channel:
        for _ in range(count):
            kind = rng.choice(REQUESTS)
            raw = bytes_of(rng, peer_pb2.DESCRIPTOR.message_types_by_name[kind])
            call = channel.unary_unary(f"/tracehold.v1.PeerService/{kind.removesuffix('Request')}")(raw)
            assert (await call.code()).name in known | {"OK"}
        assert post.faults == []
        assert "INTERNAL" not in post.lines.getvalue()
