"""Lines to peers: when they connect."""

import asyncio
from collections.abc import Awaitable, Callable

from tests.ports.test_peer_answers import MANY, only_peer, pair


async def test_a_range_has_time_by_its_size(tmp_path):
    """8 MiB get half a minute more than a question, an entry next to nothing: who is silent costs no more."""
    async with pair(tmp_path) as (made_mesh, here, there):
        peer, given = await only_peer(here), made_mesh.posts[2].given_s
        asks = (
            peer.entries(there.log, 0, 1),
            peer.entries(there.log, 0, 1 << 40),
            peer.handing(there.log, 0, 1 << 40),
        )
        for ask in asks:
            await ask
        one, many, ranges = given[-3:]
        assert one < 12.0
        assert all(38.0 < each < 44.0 for each in (many, ranges))


async def test_a_peer_that_takes_its_time_to_shake_hands(tmp_path):
    """Far away, or under load: connection and handshake may take longer than the first pause after a failure;
    at that they would never succeed.
    """
    async with pair(tmp_path) as (made_mesh, here, there):
        proxy = await asyncio.start_server(_late(made_mesh.posts[2].server.port), "127.0.0.1", 0)
        port = proxy.sockets[0].getsockname()[1]
        made_mesh.publish(2, made_mesh.posts[2].record(peer=f"127.0.0.1:{port}"))
        await made_mesh.refresh()
        assert (await (await only_peer(here)).entries(there.log, 0, 1)).size == 2 + MANY
        proxy.close()


def _late(port: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """Passes on to a port what comes, after a pause at the beginning that is longer than the first one of the
    line's own.
    """

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(1 << 16):
            sink.write(data)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, to_there = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(0.6)
        await asyncio.gather(pump(reader, to_there), pump(there, writer), return_exceptions=True)

    return serve
