"""The ledger over HTTP, against addresses that fail in the ways real ones do."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.devchain.node import BOB
from tests.ports.faulty_rpc import Answer, FaultyRpc, framed
from tests.ports.ledgers import OnDevchain, anchor
from tracehold.adapters.ethereum.contract import FIRST_PAGE, AnchorsContract
from tracehold.adapters.ethereum.ledger import EthereumLedger, Settings
from tracehold.core.errors import Unavailable
from tracehold.core.ids import Root

ROOT = Root(b"\x01" * 32)


@pytest.fixture
async def pair(chain: OnDevchain) -> AsyncIterator[tuple[FaultyRpc, FaultyRpc, EthereumLedger]]:
    """Two addresses of one chain, and a ledger over both with the first one preferred."""
    async with AsyncExitStack() as stack:
        first, second = [
            await stack.enter_async_context(FaultyRpc(lambda: chain.node).serving()) for _ in range(2)
        ]
        settings = Settings(
            rpc=first.url,
            fallback_rpcs=(second.url,),
            contract=chain.contract,
            secret=bytes(BOB.key),
            finality="depth:3",
            timeout_s=0.5,
        )
        ledger = EthereumLedger(settings)
        stack.push_async_callback(ledger.close)
        yield first, second, ledger


@pytest.mark.parametrize(
    "answer",
    [
        framed(500, b"{}"),
        framed(200, b"<html>"),
        framed(429, b"too many requests"),
        {"error": {"code": -32005, "message": "rate limit exceeded"}},
    ],
    ids=["500", "html", "429", "rate limit"],
)
async def test_an_answer_that_is_none(pair: tuple[FaultyRpc, FaultyRpc, EthereumLedger], answer: Answer):
    """The next address is asked within the same question; a survey goes back once the first one is well."""
    first, second, ledger = pair
    assert await ledger.height() > 0
    assert not second.asked
    first.faults["eth_blockNumber"] = lambda: answer
    assert await ledger.height() > 0
    assert [each.in_use for each in ledger.outlook.endpoints()] == [False, True]
    first.faults.clear()
    assert [each.in_use for each in await ledger.outlook.survey()] == [True, False]


async def test_addresses_that_hang_or_hang_up(pair: tuple[FaultyRpc, FaultyRpc, EthereumLedger]):
    """One that takes the question and never answers costs its timeout. Both: down."""
    first, second, ledger = pair
    first.stalls = True
    assert await ledger.height() > 0
    second.deaf = True
    with pytest.raises(Unavailable) as down:
        await ledger.height()
    assert down.value.code == "CHAIN_DOWN"


async def test_a_receipt_that_one_address_lacks(
    chain: OnDevchain, pair: tuple[FaultyRpc, FaultyRpc, EthereumLedger]
):
    """null is no proof of absence where another address knows better: not found would send it all again."""
    first, _, ledger = pair
    await ledger.outlook.survey()
    transaction = await ledger.prepare_anchor(0, 3, ROOT, [])
    await ledger.send(transaction)
    assert await ledger.find(transaction) is None
    chain.mine()
    first.faults["eth_getTransactionReceipt"] = lambda _: {"result": None}
    found = await ledger.find(transaction)
    assert found is not None
    assert found.succeeded
    assert not await ledger.spent(transaction)


async def test_pages_grow_again(chain: OnDevchain):
    """After a refusal that was none of length, as a busy address gives: queries grow."""
    await anchor(chain, 0, 3)
    chain.mine(20)
    contract = AnchorsContract(chain.client, chain.contract)
    refusals = [{"error": {"code": -32000, "message": "try later"}}] * 2
    chain.wire.answers["eth_getLogs"] = lambda _: refusals.pop() if refusals else None
    height = await chain.client.height()
    assert len(await contract.logs(["Anchored"], 0, height)) == 1
    assert not refusals
    assert (height + 1) // 4 < contract.page < FIRST_PAGE
    before = contract.page
    assert [log async for log in contract.following(1, 0, height)] != []
    assert contract.page > before
