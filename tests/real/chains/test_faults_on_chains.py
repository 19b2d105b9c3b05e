"""Every kind of chain behind an address that fails as real ones do: an anchor comes through once, by the next
address or by the next try.
"""

import json
import urllib.request
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.ports.faulty_rpc import Answer, FaultyRpc, framed
from tests.real.chains.site import Creator, Site, until
from tests.real.chains.test_ledger_on_chains import ROOTS, anchored, in_block, prepared
from tracehold.core.errors import Unavailable

pytestmark = pytest.mark.real

SILENT: Answer = b""
METHODS = (
    "eth_blockNumber",
    "eth_sendRawTransaction",
    "eth_getTransactionReceipt",
    "eth_call",
    "eth_getLogs",
)


@dataclass
class Behind:
    """The chain that answers, for `FaultyRpc`."""

    url: str

    def raw(self, request: Any) -> Any:
        """The whole answer to a request. Raises OSError."""
        headers = {"Content-Type": "application/json"}
        asked = urllib.request.Request(self.url, json.dumps(request).encode(), headers)
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return json.load(answer)


@dataclass
class Pair:
    """Two addresses of the chain, which a creator's ledger asks; the first one is preferred."""

    site: Site
    first: FaultyRpc
    second: FaultyRpc

    async def creator(self, name: str) -> Creator:
        """With a patience of two seconds for each address."""
        rest: dict[str, Any] = {"fallback_rpcs": (self.second.url,), "timeout_s": 2.0}
        return await self.site.creator(name, url=self.first.url, **rest)


@pytest.fixture
async def pair(site: Site) -> AsyncIterator[Pair]:
    """In front of each chain."""
    async with AsyncExitStack() as stack:
        both = [FaultyRpc(lambda: Behind(site.chain.url)) for _ in range(2)]
        first, second = [await stack.enter_async_context(each.serving()) for each in both]
        yield Pair(site, first, second)


async def _sizes(by: Creator, *sizes: int) -> bool:
    """Whether these and no others are anchored. A block may be replaced, the anchor come again."""
    return [each.size for each in await by.ledger.anchors(by.number, 0)] == list(sizes)


@pytest.mark.parametrize(
    "answer",
    [
        framed(500, b"{}"),
        framed(200, b"<html>"),
        {"error": {"code": -32005, "message": "rate limit exceeded"}},
        SILENT,
    ],
    ids=["500", "html", "rate limit", "silent"],
)
async def test_an_anchor_comes_through_by_the_next_address(pair: Pair, answer: Answer) -> None:
    """Whatever is wrong with the first one; with both it is down, and goes on afterwards."""
    by = await pair.creator(f"next address {answer!r}")
    await by.ledger.outlook.survey()
    pair.first.faults = dict.fromkeys(METHODS, lambda *_: answer)
    anchor = await anchored(pair.site, by, 0, 2)
    assert (anchor.node, anchor.size, anchor.root) == (by.number, 2, ROOTS[2])
    pair.second.deaf = True
    with pytest.raises(Unavailable) as down:
        await by.ledger.head(by.number)
    assert down.value.code == "CHAIN_DOWN"
    pair.first.faults.clear()
    await by.ledger.outlook.survey()
    await until(lambda: _sizes(by, 2))


async def test_a_lost_reply_to_a_transaction_makes_no_second_anchor(pair: Pair) -> None:
    """The chain took it, both addresses kept silent about it: the same bytes are sent again, and are one."""
    by = await pair.creator("lost reply")
    behind = Behind(pair.site.chain.url)

    def taken_in_silence(raw: str) -> Answer:
        behind.raw({"jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransaction", "params": [raw]})
        return SILENT

    sent = await prepared(pair.site, by, 0, 2)
    for each in (pair.first, pair.second):
        each.faults["eth_sendRawTransaction"] = taken_in_silence
    with pytest.raises(Unavailable):
        await by.ledger.send(sent)
    for each in (pair.first, pair.second):
        each.faults.clear()
    await by.ledger.send(sent)
    found = (await in_block(by, sent)).anchor
    assert found is not None
    await until(lambda: _sizes(by, 2))
    await by.ledger.send(sent)
    assert not await by.ledger.spent(sent)


async def test_ranges_of_logs_are_limited(pair: Pair) -> None:
    """Ten blocks a query: all anchors are found, in more queries."""
    by = await pair.creator("limited ranges")
    for step in [(0, 2), (2, 5)]:
        await anchored(pair.site, by, *step)
    await pair.site.blocks(25 if pair.site.chain.mines else 3)

    def limited(wanted: dict[str, Any]) -> Answer:
        span = int(wanted["toBlock"], 16) - int(wanted["fromBlock"], 16)
        return (
            {"error": {"code": -32005, "message": "query exceeds max block range 10"}} if span > 10 else None
        )

    for each in (pair.first, pair.second):
        each.faults["eth_getLogs"] = limited
    await until(lambda: _sizes(by, 2, 5))
    assert pair.first.asked.count("eth_getLogs") > 1


async def test_receipts_that_one_address_threw_away(pair: Pair) -> None:
    """A pruned address is no proof that there was no transaction: the other one has it."""
    by = await pair.creator("pruned receipts")
    sent = await prepared(pair.site, by, 0, 2)
    await by.ledger.send(sent)
    await in_block(by, sent)
    for gone in ({"error": {"code": 4444, "message": "pruned history unavailable"}}, {"result": None}):
        pair.first.faults["eth_getTransactionReceipt"] = lambda _, gone=gone: gone
        found = await by.ledger.find(sent)
        assert found is not None
        assert found.succeeded
