"""The directory over real gRPC with mutual TLS, among a few nodes of one process: who is let in, what a
record proves, and what members cannot do to each other. Twenty of them: test_directory_acceptance.py.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.journey.scene import NETWORK, START
from tests.network.asking import right
from tests.network.ring import announced, join, key_of
from tests.ports.mesh import Post, Raw
from tests.ports.ringed import grpc_ring, grpc_ring_joined, providers
from tracehold.adapters.peers import GrpcTalk
from tracehold.core.allowance import Allowance
from tracehold.core.dht.provider import sign_provider
from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.v1 import peer_pb2

KEYS = [key_of(f"item {number}") for number in range(40)]


@asynccontextmanager
async def posts_of(
    folder: Path, count: int, tamper: dict[int, Any] | None = None
) -> AsyncIterator[list[Post]]:
    """So many posts that know nobody yet."""
    async with grpc_ring(folder, count, tamper) as ring:
        yield list(ring.posts.values())


async def test_a_member_that_comes_later_finds_what_was_announced_before(tmp_path):
    """With one seed and an empty table."""
    async with grpc_ring(tmp_path, 4) as ring:
        *early, late = ring.members.values()
        await join(early)
        truth = await announced(ring, KEYS[:2], 1, early)
        assert await late.contacts.join()
        assert await right([late], truth) == 2


async def test_a_holder_that_moves_is_found_where_it_went(tmp_path):
    """Without announcing again: a record names no endpoint."""
    async with grpc_ring_joined(tmp_path, 3) as ring:
        moved, _, asker = ring.posts.values()
        (key,) = truth = await announced(ring, KEYS[:1], 1, [moved.ring])
        await moved.server.stop(0)
        ring.down = {moved.node.log}
        moved.server = moved.listener(0)
        await moved.server.start()
        members = moved.node.network.chain.members
        members[0] = replace(members[0], record=moved.record())
        await asker.neighbours.refresh()
        assert await asker.ring.held_by(key) == truth[key] == {moved.node.log}
        (peer,) = await asker.peers.holders((), truth[key])
        assert (await peer.expand(["urn:x:flour"])).records == []


def talk(post: Post) -> GrpcTalk:
    """Messages of a post as it likes."""
    return GrpcTalk(post.peers.line)


async def test_security_records_are_taken_from_their_holder_alone(tmp_path):
    """Another member replays an honest one, and forges one: each is refused, and nothing is kept."""
    async with posts_of(tmp_path, 3) as posts:
        holder, thief, keeper = posts
        replayed = providers(holder, 1)[0]
        key = thief.node.sealer.own.identity.key
        forged = sign_provider(KEYS[0], holder.node.log, 1, int(START * 1000), NETWORK, key).raw
        for raw in (replayed, forged):
            with pytest.raises(Unavailable) as caught:
                await talk(thief).add_providers(keeper.node.log, [raw])
            assert caught.value.code == "PEER_DOWN"
        assert await keeper.ring.seat.shelf.size() == 0
        assert await talk(holder).add_providers(keeper.node.log, [replayed]) == frozenset()


async def test_security_an_invented_nearer_member_is_passed_over(tmp_path):
    """A liar names logs that nobody has; the lookup ends all the same, with the true holders."""

    async def invents(method: str, answer: Any) -> Any:
        invented = [bytes([number]) * 32 for number in range(20)]
        match method:
            case "FindNode":
                return peer_pb2.FindNodeResponse(logs=invented)
            case "GetProviders":
                return peer_pb2.GetProvidersResponse(near=invented)
        return answer

    async with grpc_ring(tmp_path, 4, {2: invents}) as ring:
        one, _, three, four = ring.members.values()
        await join([one, three, four])
        truth = await announced(ring, KEYS[:2], 1, [three])
        assert await right([one, four], truth) == 4
        assert {log for each in ring.members.values() for log in each.seat.table.contacts()} <= set(
            ring.members
        )


JUNK = [
    Raw(b"\xff" * 50),
    peer_pb2.GetProvidersResponse(providers=[b"\x01" * 140] * 65),
    peer_pb2.GetProvidersResponse(near=[b"\x01" * 31]),
    peer_pb2.GetProvidersResponse(near=[b"\x01" * 32] * 21),
]


@pytest.mark.parametrize("junk", JUNK, ids=["no message", "65 records", "short log", "21 near"])
async def test_security_junk_is_as_no_answer(tmp_path, junk):
    """Beyond the limits, or unreadable: PEER_DOWN."""

    async def answers(method: str, answer: Any) -> Any:
        return junk if method == "GetProviders" else answer

    async with posts_of(tmp_path, 2, {2: answers}) as (one, two):
        with pytest.raises(Unavailable) as caught:
            await talk(one).get_providers(two.node.log, KEYS[0])
        assert caught.value.code == "PEER_DOWN"


async def test_a_busy_member_stays_a_contact(tmp_path):
    """It answers TOO_MANY_CALLS, and is asked again another time; one without directory goes."""
    async with posts_of(tmp_path, 2) as (one, two):
        await one.ring.contacts.join()
        two.ring.directory._calls = Allowance(1.0, 0.0)
        two.ring.directory._ticks = lambda: 0.0
        for _ in range(3):
            with pytest.raises(Unavailable) as caught:
                await one.ring.dialogue.find_node(two.node.log, KEYS[0])
            assert caught.value.code == "TOO_MANY_CALLS"
        assert one.ring.seat.table.contacts() == [two.node.log]
        two.service._directory = None
        for _ in range(2):
            with pytest.raises(Unavailable) as caught:
                await one.ring.dialogue.find_node(two.node.log, KEYS[0])
            assert caught.value.code == "PEER_DOWN"
        assert one.ring.seat.table.contacts() == []


async def test_no_line_to_strangers_and_none_to_oneself(tmp_path):
    """A log that no member has, and the own one, are not asked."""
    async with posts_of(tmp_path, 2) as (one, _):
        for log in (LogId(b"\x01" * 32), one.node.log):
            with pytest.raises(Unavailable):
                await talk(one).find_node(log, KEYS[0])
