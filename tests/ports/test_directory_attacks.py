"""Hostile members of the directory over real gRPC with mutual TLS: what they answer, what they announce, how
much they ask. Each has a certificate and a member record of its own, as a member has that turned bad.
"""

import gc
import tracemalloc
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import grpc
import pytest

from tests.network.asking import ask
from tests.network.liars import KINDS, Giant, Pretender, Slow, honest, turn
from tests.network.ring import announced, join, key_of
from tests.ports.mesh import Post, dialled
from tests.ports.messages import bytes_of
from tests.ports.ringed import PATIENCE, GrpcRing, grpc_ring, grpc_ring_joined, providers
from tracehold.adapters.peers import GrpcTalk
from tracehold.core.dht.provider import MAX_LIFETIME_MS, SKEW_MS, sign_provider
from tracehold.core.errors import Unavailable
from tracehold.core.ids import NetworkId
from tracehold.v1 import peer_pb2

SIZE = 20
KEYS = [key_of(f"item {number}") for number in range(15)]
METHODS: dict[str, Any] = {
    "FindNode": peer_pb2.FindNodeRequest,
    "GetProviders": peer_pb2.GetProvidersRequest,
    "AddProviders": peer_pb2.AddProvidersRequest,
}
OURS = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.PERMISSION_DENIED,
}
"""What refuses: form, signature and time; too much at once; a stranger's record."""


def talk(post: Post) -> GrpcTalk:
    """Messages of a post as it likes."""
    return GrpcTalk(post.peers.line)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__.lower())
async def test_security_one_liar_among_twenty_does_no_harm(tmp_path, kind):
    """Whatever it answers, before and after the announcements: every holder is found."""
    async with grpc_ring_joined(tmp_path, SIZE, patience=1.0 if kind is Slow else PATIENCE) as ring:
        liar = ring.up()[13]
        turn(kind, [liar])
        honest(ring, [liar])
        truth = await announced(ring, KEYS[:8])
        outcome = await ask(ring, truth, 80, at_once=10)
        assert outcome.every == outcome.total


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__.lower())
async def test_security_a_fifth_of_all_members_lie_together(tmp_path, kind):
    """Four of twenty, each naming the others. At least 95 % of the lookups find every holder."""
    async with grpc_ring_joined(tmp_path, SIZE, patience=1.0 if kind is Slow else PATIENCE) as ring:
        liars = ring.random.sample(ring.up(), SIZE // 5)
        turn(kind, liars)
        honest(ring, liars)
        truth = await announced(ring, KEYS[:8])
        outcome = await ask(ring, truth, 80, at_once=10)
        assert outcome.every >= 0.95 * outcome.total


@pytest.mark.slow
async def test_security_nothing_false_is_in_an_answer(tmp_path):
    """All kinds at once, over half of the members. What is found was announced by honest holders, or is a
    liar's own word.
    """
    async with grpc_ring_joined(tmp_path, SIZE, patience=1.0) as ring:
        liars = ring.random.sample(ring.up(), len(KINDS))
        for member, kind in zip(liars, KINDS, strict=True):
            turn(kind, [member])
        left = honest(ring, liars)
        truth = await announced(ring, KEYS[:8])
        own_word = {member.log for member in liars if isinstance(member.directory, Pretender)}
        for key in truth:
            assert await left[0].held_by(key) <= truth[key] | own_word
        contacts = {log for member in left for log in member.seat.table.contacts()}
        assert contacts <= set(ring.members)


async def test_security_false_records_are_refused_and_nothing_of_the_message_is_kept(tmp_path):
    """A foreign network's, another member's key, from the future, over, replayed, cut short, empty."""
    async with grpc_ring(tmp_path, 3) as ring:
        keeper, holder, other = ring.members.values()
        now, network = holder.seat.now_ms, ring.network()
        good = sign_provider(KEYS[0], holder.log, 1, now, network, holder.key).raw
        false = [
            sign_provider(KEYS[1], holder.log, 1, now, NetworkId(bytes(32)), holder.key).raw,
            sign_provider(KEYS[1], holder.log, 1, now, network, other.key).raw,
            sign_provider(KEYS[1], holder.log, 1, now + SKEW_MS + 1, network, holder.key).raw,
            sign_provider(KEYS[1], holder.log, 1, now - MAX_LIFETIME_MS, network, holder.key).raw,
            sign_provider(KEYS[1], other.log, 1, now, network, other.key).raw,
            good[:-1],
            good + b"\0",
            b"",
        ]
        says = talk(ring.posts[holder.log])
        for raw in false:
            with pytest.raises(Unavailable) as caught:
                await says.add_providers(keeper.log, [good, raw])
            assert caught.value.code == "PEER_DOWN"
        assert await keeper.shelf.size() == 0
        assert not await says.add_providers(keeper.log, [good])
        assert await keeper.shelf.size() == 1


async def test_security_a_giant_answer_is_not_read(tmp_path):
    """Seventeen megabytes for one question. It ends in the transport, before a message is made of it."""
    async with grpc_ring(tmp_path, 2) as ring:
        asker, giant = ring.members.values()
        turn(Giant, [giant])
        says = talk(ring.posts[asker.log])
        for ask_it in (says.find_node, says.get_providers):
            with pytest.raises(Unavailable) as caught:
                await ask_it(giant.log, KEYS[0])
            assert caught.value.code == "PEER_DOWN"
            cause = caught.value.__cause__
            assert isinstance(cause, grpc.aio.AioRpcError)
            assert cause.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_security_an_old_record_replaces_no_new_one(tmp_path):
    """The holder's own, signed before: it is harmless, and counts as kept."""
    async with grpc_ring(tmp_path, 2) as ring:
        keeper, holder = ring.members.values()
        now, network = holder.seat.now_ms, ring.network()
        old, new = (
            sign_provider(KEYS[0], holder.log, count, now - 1 + count, network, holder.key).raw
            for count in (1, 2)
        )
        says = talk(ring.posts[holder.log])
        for raw in (new, old):
            assert not await says.add_providers(keeper.log, [raw])
        assert (await keeper.lookups.holders(KEYS[0])).providers[0].raw == new


async def until_refused(call: Callable[[], Awaitable[object]]) -> int:
    """How many calls of 5,000 are answered before there are too many."""
    for done in range(5_000):
        try:
            await call()
        except Unavailable as refusal:
            return done if refusal.code == "TOO_MANY_CALLS" else -1
    return 5_000


@pytest.mark.slow
async def test_security_a_flood_of_questions_is_refused_and_others_are_answered(tmp_path):
    """After a burst of 2,000 and what fills up meanwhile; the other member notices nothing."""
    async with grpc_ring(tmp_path, 3, real=True) as ring:
        await join(list(ring.members.values()))
        host, flooder, other = ring.posts.values()
        done = await until_refused(lambda: talk(flooder).get_providers(host.node.log, KEYS[0]))
        assert 1_900 <= done < 5_000
        await talk(other).get_providers(host.node.log, KEYS[0])


@pytest.mark.slow
async def test_security_a_flood_of_records_is_refused(tmp_path):
    """A hundred in a message at most; 20,000 at once of a member, and what fills up meanwhile."""
    async with grpc_ring(tmp_path, 3, real=True) as ring:
        host, flooder, other = ring.posts.values()
        holder = flooder.ring
        raw = sign_provider(KEYS[0], holder.log, 1, host.ring.seat.now_ms, ring.network(), holder.key).raw
        with pytest.raises(Unavailable):
            await talk(flooder).add_providers(host.node.log, [raw] * 101)
        done = await until_refused(lambda: talk(flooder).add_providers(host.node.log, [raw] * 100))
        assert 200 <= done < 1_000
        assert await host.ring.shelf.size() == 1
        other_raw = providers(other, 1)[0]
        assert not await talk(other).add_providers(host.node.log, [other_raw])


def anything(random: Random, method: str) -> bytes:
    """A message of the method's form with odd values in it, or any bytes."""
    if random.random() < 0.3:
        return random.randbytes(random.choice([0, 1, 19, 20, 21, 140, 2_000]))
    return bytes_of(random, METHODS[method].DESCRIPTOR)


async def sent(ring: GrpcRing, channel: Any, messages: int) -> set[grpc.StatusCode]:
    """How messages of anything end, that one member sends to another's directory."""
    ends = set()
    for _ in range(messages):
        method = ring.random.choice(list(METHODS))
        call = channel.unary_unary(f"/tracehold.v1.PeerService/{method}")
        try:
            await call(anything(ring.random, method))
        except grpc.aio.AioRpcError as error:
            ends.add(error.code())
    return ends


@pytest.mark.parametrize("messages", [300, pytest.param(10_000, marks=pytest.mark.slow)])
async def test_security_fuzz(tmp_path, messages):
    """Nothing ends but with an answer or a refusal of ours, nothing is kept, nobody is forgotten, no memory
    grows.
    """
    size = SIZE if messages > 300 else 4
    async with grpc_ring_joined(tmp_path, size) as ring:
        host, evil, *_ = ring.posts.values()
        table = set(host.ring.seat.table.contacts())
        async with dialled(host, evil.pair) as channel:
            await sent(ring, channel, 100)  # what a first call costs is not counted
            tracemalloc.start()
            before = held(host)
            ends = await sent(ring, channel, messages)
            assert "INTERNAL" not in host.lines.getvalue()
            grown = held(host) - before
            tracemalloc.stop()
        assert ends <= OURS
        assert grown < 1 << 20
        assert host.faults == []
        assert set(host.ring.seat.table.contacts()) == table
        assert await host.ring.shelf.size() == 0


def held(host: Post) -> int:
    """Bytes in use, without what the test itself writes down of each call."""
    host.asked.clear()
    host.given_s.clear()
    host.lines.seek(0)
    host.lines.truncate()
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
