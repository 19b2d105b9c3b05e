"""Many who connect at once. Where the listener put a new configuration in place at each handshake, that ended
the process: then this file does not fail, it dies.
"""

import asyncio
import socket
from contextlib import ExitStack

import pytest

from tests.journey.network import network
from tests.ports.mesh import Post, dialled, mesh
from tracehold.v1 import peer_pb2

AT_ONCE = 200


def knock(port: int) -> None:
    """Connect from many sockets at once, and say nothing: a handshake begins for each, on grpc's threads."""
    with ExitStack() as stack:
        for _ in range(AT_ONCE):
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))


async def answers(post: Post) -> bool:
    """Whether an honest member is served."""
    async with dialled(post, post.pair) as channel:
        asked = channel.unary_unary("/tracehold.v1.PeerService/GetCheckpoint")
        request = peer_pb2.GetCheckpointRequest(log=post.node.log.hex())
        return bool(await asked(request.SerializeToString()))


@pytest.mark.parametrize("rounds", [20, pytest.param(200, marks=pytest.mark.slow)])
async def test_security_handshakes_at_once_do_not_end_the_process(tmp_path, rounds):
    """Attack: connect, again and again, from many sockets; members come meanwhile. Honest calls go on."""
    async with network() as net, mesh(net, tmp_path) as made:
        post = await made.add(await net.join())
        await made.refresh()
        for number in range(rounds):
            if number % 20 == 10:
                await made.add(await net.join())
                await made.refresh()
            await asyncio.to_thread(knock, post.server.port)
        assert await answers(post)
