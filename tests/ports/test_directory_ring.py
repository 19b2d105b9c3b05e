"""The directory over real gRPC with mutual TLS: nodes of one process that find who holds what, and what their
members cannot do to them (research/kademlia.md section 8, as far as it fits on loopback).
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.journey.network import network
from tests.journey.scene import NETWORK, START
from tests.network.ring import key_of
from tests.ports.mesh import Mesh, Post, Raw, honest, mesh
from tests.ports.ringed import providers, ringed
from tracehold.adapters.peers import GrpcTalk
from tracehold.core.dht.allowance import Allowance
from tracehold.core.dht.keys import Key, distance
from tracehold.core.dht.provider import sign_provider
from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.core.placement import dht_id
from tracehold.journey.announce import REPLICAS
from tracehold.journey.ports.directory import Offered
from tracehold.v1 import peer_pb2

KEYS = [key_of(f"item {number}") for number in range(40)]


@asynccontextmanager
async def ring(folder: Path, count: int, tamper: dict[int, Any] | None = None) -> AsyncIterator[list[Post]]:
    """So many members that know nobody yet, by number; `tamper` as in `Mesh.add`."""
    async with network() as net, mesh(net, folder) as made:
        posts = [await _member(made, (tamper or {}).get(number, honest)) for number in range(1, count + 1)]
        await made.refresh()
        try:
            yield posts
        finally:
            for post in posts:
                await post.ring.lookups.close()


async def _member(made: Mesh, tamper: Any) -> Post:
    post = await made.add(await made.net.join(), tamper=tamper)
    ringed(post)
    return post


async def joined(posts: Sequence[Post]) -> None:
    """One after the other, as nodes start."""
    for post in posts:
        assert await post.ring.contacts.join()


async def announced(posts: Sequence[Post], keys: Sequence[Key], holders: int) -> dict[Key, set[LogId]]:
    """Who holds what: of each key some of the posts, which announce it."""
    truth: dict[Key, set[LogId]] = {key: set() for key in keys}
    for at, post in enumerate(posts):
        own = [key for number, key in enumerate(keys) if (at - number) % len(posts) < holders]
        await post.ring.offers.add(Offered(post.node.log, 0, 1, dict.fromkeys(own, 1)))
        for key in own:
            truth[key].add(post.node.log)
    for post in posts:
        while await post.ring.announcer.once():
            pass
    return truth


async def found(post: Post, key: Key) -> set[LogId]:
    """Who holds records under a key, as this post finds out anew."""
    post.ring.lookups._remembered._kept.clear()
    return {each.holder for each in (await post.ring.lookups.holders(key)).providers}


async def right(posts: Sequence[Post], truth: dict[Key, set[LogId]]) -> int:
    """Lookups that name all holders and nobody else, of one from each post for each key."""
    return sum([await found(post, key) == holders for post in posts for key, holders in truth.items()])


def _distance(key: Key, post: Post) -> int:
    return distance(dht_id(post.node.log), key)


@pytest.mark.slow
async def test_twenty_nodes_find_all_holders_of_all_keys(tmp_path):
    """Every lookup from every node; and each key is kept by just the nodes that are nearest to it."""
    async with ring(tmp_path, 20) as posts:
        await joined(posts)
        truth = await announced(posts, KEYS, 3)
        assert await right(posts, truth) == len(posts) * len(KEYS)
        for key in KEYS:
            nearest = sorted(posts, key=partial(_distance, key))
            kept = [
                len((await post.ring.seat.shelf.get(key, int(START * 1000))).providers) for post in nearest
            ]
            assert kept == [3] * REPLICAS + [0] * (len(posts) - REPLICAS)


@pytest.mark.slow
async def test_a_third_gone_at_once_hides_nobody(tmp_path):
    """Their listeners are shut. What they announced is still told, and what was told to them, by others."""
    async with ring(tmp_path, 20) as posts:
        await joined(posts)
        truth = await announced(posts, KEYS, 3)
        for post in posts[:7]:
            await post.server.stop(0)
        assert await right(posts[7:10], truth) == 3 * len(KEYS)


@pytest.mark.slow
async def test_a_third_that_accepts_and_never_answers_hides_nobody(tmp_path):
    """The others are asked beside them."""
    deaf = asyncio.Event()

    async def hangs(method: str, answer: Any) -> Any:
        if deaf.is_set():
            await asyncio.Event().wait()
        return answer

    async with ring(tmp_path, 12, dict.fromkeys(range(1, 5), hangs)) as posts:
        await joined(posts)
        truth = await announced(posts, KEYS[:5], 3)
        deaf.set()
        assert await right(posts[4:6], truth) == 2 * 5


async def test_a_member_that_comes_later_finds_what_was_announced_before(tmp_path):
    """With one seed and an empty table."""
    async with ring(tmp_path, 4) as posts:
        await joined(posts[:3])
        truth = await announced(posts[:3], KEYS[:2], 1)
        await joined(posts[3:])
        assert await right(posts[3:], truth) == 2


async def test_a_holder_that_moves_is_found_where_it_went(tmp_path):
    """Without announcing again: a record names no endpoint."""
    async with ring(tmp_path, 3) as posts:
        await joined(posts)
        (key,) = truth = await announced(posts[:1], KEYS[:1], 1)
        moved, asker = posts[0], posts[2]
        await moved.server.stop(0)
        moved.server = moved.listener(0)
        await moved.server.start()
        members = moved.node.network.chain.members
        members[0] = replace(members[0], record=moved.record())
        await asker.neighbours.refresh()
        assert await found(asker, key) == truth[key] == {moved.node.log}
        (peer,) = await asker.peers.holders((), truth[key])
        assert (await peer.expand(["urn:x:flour"])).records == []


def talk(post: Post) -> GrpcTalk:
    """Messages of a post as it likes."""
    return GrpcTalk(post.peers.line)


async def test_security_records_are_taken_from_their_holder_alone(tmp_path):
    """Another member replays an honest one, and forges one: each is refused, and nothing is kept."""
    async with ring(tmp_path, 3) as posts:
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

    async with ring(tmp_path, 4, {2: invents}) as posts:
        await joined([post for post in posts if post.node.number != 2])
        truth = await announced([posts[2]], KEYS[:2], 1)
        assert await right([posts[0], posts[3]], truth) == 4
        assert {log for post in posts for log in post.ring.seat.table.contacts()} <= {
            post.node.log for post in posts
        }


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

    async with ring(tmp_path, 2, {2: answers}) as (one, two):
        with pytest.raises(Unavailable) as caught:
            await talk(one).get_providers(two.node.log, KEYS[0])
        assert caught.value.code == "PEER_DOWN"


async def test_a_busy_member_stays_a_contact(tmp_path):
    """It answers TOO_MANY_CALLS, and is asked again another time; one without directory goes."""
    async with ring(tmp_path, 2) as (one, two):
        await joined([one])
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
    async with ring(tmp_path, 2) as (one, _):
        for log in (LogId(b"\x01" * 32), one.node.log):
            with pytest.raises(Unavailable):
                await talk(one).find_node(log, KEYS[0])
