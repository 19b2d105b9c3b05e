"""Many who connect at once. In a listener that changed its configuration at each handshake they ended the
process: this file fails by a crash then.
"""

import asyncio
import ssl
from pathlib import Path

import pytest

from tests.journey.network import network
from tests.ports.mesh import Post, dialled, mesh
from tracehold.v1 import peer_pb2

AT_ONCE = 40


async def shake(post: Post, folder: Path) -> bool:
    """A handshake with the member's own certificate, and nothing after it."""
    context = ssl.create_default_context(cadata=post.pair.certificate.decode())
    context.check_hostname = False
    context.set_alpn_protocols(["h2"])
    context.load_cert_chain(folder / f"{post.node.number}.crt", folder / f"{post.node.number}.key")
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", post.server.port, ssl=context)
    except OSError:
        return False
    writer.transport.abort()
    return True


@pytest.mark.parametrize("rounds", [3, pytest.param(40, marks=pytest.mark.slow)])
async def test_security_handshakes_at_once_do_not_end_the_process(tmp_path, rounds):
    """Attack: connect, again and again, from many sockets; also while members come. Honest calls go on."""
    async with network() as net, mesh(net, tmp_path) as made:
        post = await made.add(await net.join())
        await made.refresh()
        for number in range(rounds):
            if number % 10 == 1:
                await made.add(await net.join())
                await made.refresh()
            done = await asyncio.gather(*(shake(post, tmp_path) for _ in range(AT_ONCE)))
            assert all(done)
        async with dialled(post, post.pair) as channel:
            asked = channel.unary_unary("/tracehold.v1.PeerService/GetCheckpoint")
            request = peer_pb2.GetCheckpointRequest(log=post.node.log.hex())
            assert await asked(request.SerializeToString())
