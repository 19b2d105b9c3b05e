"""A member that takes another certificate while it runs: the others learn it from the contract, and use it at
their next handshake.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.journey.network import begun, network
from tests.ports.mesh import Mesh, Post, mesh
from tests.ports.test_peer_identity import expanded, refused
from tracehold.core.errors import Unavailable
from tracehold.core.leaf import leaf_name

FLOUR = ["urn:x:flour"]


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[tuple[Mesh, Post, Post]]:
    """Two members, each with something about flour, that have asked each other."""
    async with network() as net, mesh(net, tmp_path) as made:
        for _ in range(2):
            node = await net.join()
            await made.add(node)
            await node.say(begun("urn:x:flour", node.number))
            await node.finish()
        await made.refresh()
        one, two = made.posts[1], made.posts[2]
        assert [await records(one), await records(two)] == [1, 1]
        yield made, one, two


async def records(post: Post) -> int:
    """What a post gets from the other one."""
    (peer,) = await post.peers.holders(FLOUR)
    return len((await peer.expand(FLOUR)).records)


def take(made: Mesh, post: Post) -> None:
    """The post has another certificate in the contract, and shows it."""
    post.pair, post.leaf = made.certificate("new", leaf_name(post.node.sealer.own.identity.key.public))
    made.publish(post.node.number, post.record())
    post.peers.use(post.pair)
    post.server.use(post.pair.certificate, post.pair.key)


async def test_both_ways_go_on_with_the_new_certificate(pair):
    """As soon as the other one has read the contract; nothing is started again."""
    made, one, two = pair
    take(made, one)
    await made.refresh()
    assert [await records(one), await records(two)] == [1, 1]


async def test_one_who_has_not_read_the_contract_yet_learns_it_by_the_knock(pair):
    """The first call ends as PEER_DOWN; the handshake that failed makes the other look."""
    made, one, two = pair
    take(made, one)
    with pytest.raises(Unavailable):
        await records(one)
    assert two.neighbours._knocked
    await two.neighbours.refresh()
    for line in list(one.peers._lines):
        one.peers._drop(line)  # else grpc waits before it tries again
    assert await records(one) == 1


async def test_security_the_old_certificate_is_a_strangers_then(pair):
    """Whoever stole its key is nobody."""
    made, one, two = pair
    old = one.pair
    assert await expanded(two, old) == 1
    take(made, one)
    await made.refresh()
    await refused(two, old)


async def test_the_same_certificate_again_changes_nothing(pair):
    """Lines stay open."""
    _, one, _ = pair
    lines = dict(one.peers._lines)
    one.peers.use(one.pair)
    assert one.peers._lines == lines
