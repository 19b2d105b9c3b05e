"""Lines to many members: a bounded number has a channel, and nobody who uses one notices."""

import asyncio
from typing import Any

import pytest

from tests.journey.network import begun, network
from tests.ports.mesh import Mesh, Post, honest, mesh
from tracehold.adapters.peers import GrpcPeers
from tracehold.core.errors import Unavailable

FLOUR = ["urn:x:flour"]


async def posts(made: Mesh, count: int, tamper: Any = honest) -> list[Post]:
    """So many, the first with the flour."""
    node = await made.net.join()
    await node.say(begun(FLOUR[0], 1))
    await node.finish()
    found = [await made.add(node, tamper=tamper)]
    found += [await made.add(await made.net.join()) for _ in range(count - 1)]
    await made.refresh()
    return found


def few(post: Post, most: int) -> GrpcPeers:
    """Lines of a post, of which so many may be open."""
    return GrpcPeers(post.neighbours, post.pair, 10.0, most)


def opened(peers: GrpcPeers) -> set[int]:
    """The members to which there is a channel."""
    return {line.neighbour.number for line, _ in peers._lines.values() if line._open is not None}


async def test_the_longest_unused_is_laid_down_and_opened_again(tmp_path):
    """Who took it in hand before goes on with it."""
    async with network() as net, mesh(net, tmp_path) as made:
        *_, asker = await posts(made, 4)
        peers = few(asker, 2)
        one, two, three = await peers.holders(FLOUR)
        for peer, expected in ((one, {1}), (two, {1, 2}), (one, {1, 2}), (three, {1, 3}), (two, {2, 3})):
            await peer.expand(FLOUR)
            assert opened(peers) == expected
        assert len((await one.expand(FLOUR)).records) == 1
        await peers.aclose()
        assert opened(peers) == set()


async def test_one_in_use_is_never_laid_down(tmp_path):
    """A call that takes long has its answer, although every other line was used meanwhile."""
    asked, answer = asyncio.Event(), asyncio.Event()

    async def slowly(method: str, said: Any) -> Any:
        if method == "Expand":
            asked.set()
            await answer.wait()
        return said

    async with network() as net, mesh(net, tmp_path) as made:
        *_, asker = await posts(made, 4, slowly)
        peers = few(asker, 1)
        slow, *others = await peers.holders(FLOUR)
        running = asyncio.ensure_future(slow.expand(FLOUR))
        await asked.wait()
        for peer in others:
            await peer.expand(FLOUR)
        assert 1 in opened(peers)
        answer.set()
        assert len((await running).records) == 1
        await others[0].expand(FLOUR)
        assert opened(peers) == {2}
        await peers.aclose()


async def test_what_is_over_stays_over(tmp_path):
    """A peer of a member that left is asked in vain; it opens no channel by itself."""
    async with network() as net, mesh(net, tmp_path) as made:
        _, other, asker = await posts(made, 3)
        peers = few(asker, 2)
        _, gone = await peers.holders(FLOUR)
        made.publish(other.node.number, b"")
        await asker.neighbours.refresh()
        await peers.holders(FLOUR)
        for _ in range(2):
            with pytest.raises(Unavailable, match="was closed"):
                await gone.expand(FLOUR)
        await peers.aclose()
