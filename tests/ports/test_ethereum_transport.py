"""JSON-RPC over HTTP: answers as they are, nothing left behind by a request that was given up."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator

import pytest

from tests.ports.faulty_rpc import FaultyRpc, framed
from tests.ports.ledgers import OnDevchain
from tracehold.adapters.ethereum import transport
from tracehold.adapters.ethereum.connection import Connection, RpcError
from tracehold.core.errors import Unavailable


@pytest.fixture
async def server(chain: OnDevchain) -> AsyncIterator[FaultyRpc]:
    """An address that fails as it is told."""
    async with FaultyRpc(lambda: chain.node).serving() as serving:
        yield serving


@pytest.fixture
async def line(server: FaultyRpc) -> AsyncIterator[Connection]:
    """A connection to it, with a short patience."""
    made = Connection(server.url, timeout_s=2.0)
    yield made
    await made.close()


async def test_requests_given_up_at_any_moment_hold_up_no_other(line: Connection):
    """Several at once, cancelled after each number of turns: the next one is answered, and no thread that
    waits for them keeps the process from its end.
    """
    before = set(threading.enumerate())
    for turns in range(40):
        asked = [asyncio.create_task(line.request("eth_chainId")) for _ in range(4)]
        for _ in range(turns):
            await asyncio.sleep(0)
        for each in asked:
            each.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
    assert int(await line.request("eth_chainId"), 16) > 0
    others = set(threading.enumerate()) - before
    assert {each.name.partition("_")[0] for each in others} <= {"asyncio"}


async def test_a_refusal_is_read_whatever_its_status(server: FaultyRpc, line: Connection):
    """Besu says 400, hosted nodes 429 for what geth says with 200."""
    body = b'{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing argument"}}'
    server.faults["eth_call"] = lambda *_: framed(400, body)
    with pytest.raises(RpcError) as refused:
        await line.request("eth_call", {}, "latest")
    assert refused.value.code == -32602
    server.faults["eth_call"] = lambda *_: framed(429, body.replace(b"missing argument", b"rate limit"))
    with pytest.raises(Unavailable, match="asked too often"):
        await line.request("eth_call", {}, "latest")


async def test_null_is_an_answer_and_nothing_is_none(server: FaultyRpc, line: Connection):
    """A transaction that is not there has a null result; an object without a result says nothing."""
    assert await line.request("eth_getTransactionReceipt", "0x" + "11" * 32) is None
    for body in (b"{}", b'{"jsonrpc":"2.0","id":1}', b"[]", b"null", b""):
        server.faults["eth_chainId"] = lambda body=body: framed(200, body)
        with pytest.raises(Unavailable) as down:
            await line.request("eth_chainId")
        assert down.value.code == "CHAIN_DOWN"


async def test_attack_redirect(server: FaultyRpc, line: Connection, chain: OnDevchain):
    """A chain node that sends elsewhere is not followed: the address may hold a secret."""
    async with FaultyRpc(lambda: chain.node).serving() as other:
        away = f"HTTP/1.1 307 X\r\nlocation: {other.url}\r\ncontent-length: 0\r\n\r\n".encode()
        server.faults["eth_chainId"] = lambda: away
        with pytest.raises(Unavailable):
            await line.request("eth_chainId")
        assert other.asked == []


async def test_attack_endless_answer(server: FaultyRpc, line: Connection, monkeypatch: pytest.MonkeyPatch):
    """What is over the bound is not read on."""
    monkeypatch.setattr(transport, "MAX_ANSWER_BYTES", 1 << 20)
    padded = b'{"result":"0x' + b"0" * (1 << 20) + b'1"}'
    server.faults["eth_chainId"] = lambda: framed(200, padded)
    with pytest.raises(Unavailable):
        await line.request("eth_chainId")
    server.faults["eth_chainId"] = lambda: framed(200, padded.replace(b"0" * 64, b"", 16))
    assert int(await line.request("eth_chainId"), 16) == 1


async def test_closed_it_may_be_used_again(line: Connection):
    """Closing twice is harmless."""
    await line.request("eth_chainId")
    with contextlib.suppress(Unavailable):
        await asyncio.gather(line.close(), line.close())
    assert await line.request("eth_chainId")
