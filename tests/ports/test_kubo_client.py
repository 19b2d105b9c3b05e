"""The line to a daemon of IPFS that misbehaves: no answer of its does more than fail the call."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from blake3 import blake3

from tracehold.adapters.kubo import Daemon, KuboClient, KuboDag, Privacy, Software, check_private, software
from tracehold.core.cid import Cid, Codec
from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.core.limits import BLOCK_BYTES

CID = Cid(Codec.RAW, bytes(32))


def says(body: bytes, status: str = "200 OK") -> bytes:
    """An answer of HTTP."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@asynccontextmanager
async def daemon(
    *answers: bytes | None, timeout_s: float = 60.0
) -> AsyncIterator[tuple[KuboClient, list[bytes]]]:
    """A client of one that gives these answers in turn, the last one for ever, each on a line that is closed
    afterwards; what it was asked. None closes the line without a word, an empty answer keeps it open.
    """
    asked: list[bytes] = []
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        answer = answers[min(len(asked), len(answers)) - 1]
        if answer == b"":
            await ended.wait()
        writer.write(answer or b"")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    client = KuboClient(Daemon(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "t0ken", timeout_s))
    try:
        yield client, asked
    finally:
        ended.set()
        await client.close()
        server.close()


@pytest.mark.parametrize(
    "answer",
    [
        says(b"{}", "302 Found\r\nLocation: http://127.0.0.1:1/"),
        says(b"not JSON", "500 Internal Server Error"),
        says(b'{"Message": ["no", "text"]}', "500 Internal Server Error"),
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nends early",
        b"no HTTP at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        says(b"." * (BLOCK_BYTES + 2)),
    ],
)
async def test_an_answer_that_is_none(answer: bytes):
    """A redirect, which would take the token elsewhere, refusals without reason, half an answer, no HTTP, one
    without end: BLOBS_DOWN.
    """
    async with daemon(answer) as (client, asked):
        with pytest.raises(Unavailable, match="BLOBS_DOWN"):
            await KuboDag(client).get(CID)
    assert all(b"Authorization: Bearer t0ken" in each for each in asked)


async def test_other_bytes_than_those_of_the_name():
    """A daemon that was changed, or its disk: they reach nobody."""
    for raw in (b"", b"other", bytes(BLOCK_BYTES + 1)):
        async with daemon(says(raw)) as (client, _):
            with pytest.raises(Broken, match="CORRUPT"):
                await KuboDag(client).get(CID)


@pytest.mark.parametrize("said", [b"", b"[]", b"{}", b'{"Stats": 1}', b'{"Stats": {"BlockCount": 2}}', b"{"])
async def test_an_import_that_says_nothing_of_its_end(said: bytes):
    """The status was sent before the last block was read: only the count at the end says that all is kept."""
    raw = b"one block"
    block = {named_by(raw): raw}
    async with daemon(says(said)) as (client, _):
        with pytest.raises(Unavailable, match="BLOBS_DOWN"):
            await KuboDag(client).put(block)
    async with daemon(says(b'{"Stats": {"BlockCount": 1}}')) as (client, _):
        await KuboDag(client).put(block)


@pytest.mark.parametrize("said", [b"", b"{}", b'{"Progress": 3}', b'{"Pins": []}'])
async def test_a_pin_that_says_nothing_of_its_end(said: bytes):
    """Held is what the last line says is held."""
    async with daemon(says(said)) as (client, _):
        with pytest.raises(Unavailable, match="BLOBS_DOWN"):
            await KuboDag(client).pin(CID)


async def test_a_block_that_is_said_to_be_deleted_and_is_there():
    """Erasure is told only of what is gone."""
    deleted = says(f'{{"Hash": "{CID}"}}'.encode())
    async with daemon(deleted, says(b'{"Size": 1}')) as (client, _):
        with pytest.raises(Unavailable, match="BLOBS_DOWN"):
            await KuboDag(client).drop([CID])
    for said in (b"", f'{{"Hash": "{CID}", "Error": "disk"}}'.encode()):
        async with daemon(says(said)) as (client, _):
            with pytest.raises(Unavailable, match="BLOBS_DOWN"):
                await KuboDag(client).drop([CID])
    pinned = says(f'{{"Hash": "{CID}", "Error": "pinned: recursive"}}'.encode())
    async with daemon(pinned) as (client, asked):
        await KuboDag(client).drop([CID])
    assert len(asked) == 1


async def test_one_that_is_silent():
    """The call ends after its time."""
    async with daemon(b"", timeout_s=0.01) as (client, _):
        with pytest.raises(Unavailable, match="BLOBS_DOWN"):
            await KuboDag(client).get(CID)


async def test_a_line_that_died_is_opened_again():
    """A daemon that was restarted: the call is made once more, and no third time."""
    raw = b"one block"
    async with daemon(None, says(b'{"Stats": {"BlockCount": 1}}')) as (client, asked):
        await KuboDag(client).put({named_by(raw): raw})
    assert len(asked) == 2
    async with daemon(None) as (client, asked):
        with pytest.raises(Unavailable, match="BLOBS_DOWN"):
            await KuboDag(client).put({named_by(raw): raw})
    assert len(asked) == 2


@pytest.mark.parametrize("said", [b"[]", b"{}", b"no JSON"])
async def test_a_daemon_that_does_not_say_whether_it_is_private(said: bytes):
    """It is given nothing."""
    async with daemon(says(said)) as (client, _):
        with pytest.raises(Unavailable, match="BLOBS_DOWN"):
            await check_private(client)


NOBODY, NONE = says(b'{"Peers": []}'), says(b'{"Routing": {"Type": "none"}}')
PUBLIC = says(b'{"Routing": {"Type": "autoclient"}}')


async def test_security_a_daemon_that_becomes_public_gets_nothing_more():
    """It said that it was private; started again it is not. That is seen after a moment, before it is given
    or asked for anything, and until it says otherwise; its own blocks are still read.
    """
    now = [0.0]
    raw = b"one block"
    kept = says(b'{"Stats": {"BlockCount": 1}}')
    answers = (
        NOBODY,
        NONE,
        kept,
        kept,
        NOBODY,
        PUBLIC,
        NOBODY,
        PUBLIC,
        NOBODY,
        PUBLIC,
        says(raw),
        NOBODY,
        NONE,
        kept,
    )
    async with daemon(*answers) as (client, asked):
        dag = KuboDag(client, Privacy(client, lambda: now[0]).sure)
        await dag.put({named_by(raw): raw})
        now[0] = 9.9
        await dag.put({named_by(raw): raw})
        now[0] = 10.0
        for call in (dag.put({named_by(raw): raw}), dag.pin(CID), dag.get(CID, patience_s=1)):
            with pytest.raises(Unavailable, match="BLOBS_DOWN"):
                await call
        assert await dag.get(named_by(raw)) == raw
        await dag.put({named_by(raw): raw})
    assert len(asked) == len(answers)


async def test_what_it_is():
    """Its version and its lines; without a word of them it is down."""
    async with daemon(says(b'{"Version": "0.38.2"}'), says(b'{"Peers": null}')) as (client, _):
        assert await software(client) == Software("0.38.2", 0)
    async with daemon(says(b"[]")) as (client, _):
        with pytest.raises(Unavailable, match="BLOBS_DOWN"):
            await software(client)


@pytest.mark.parametrize("url", ["http://192.0.2.7:5001", "ftp://127.0.0.1", "http://localhost.example:5001"])
def test_a_token_travels_in_the_clear_on_loopback_alone(url: str):
    """Other places are reached by TLS."""
    with pytest.raises(Rejected, match="BAD_CONFIG"):
        KuboClient(Daemon(url))
    assert "t0ken" not in repr(Daemon("https://192.0.2.7", "t0ken"))
    KuboClient(Daemon("https://192.0.2.7"))


def named_by(raw: bytes) -> Cid:
    """The name of a block of bytes."""
    return Cid(Codec.RAW, blake3(raw).digest())
