"""The contracts that one took over from, looked at through it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.ports.ledgers import NETWORK, OnDevchain, anchor
from tracehold.core.errors import Rejected
from tracehold.journey.ledger_view import LedgerView


@pytest.fixture
async def chain(tmp_path: Path) -> AsyncIterator[OnDevchain]:
    """The first contract, with one node and one anchor, five entries."""
    made = OnDevchain(tmp_path)
    await made.start()
    await anchor(made, 0, 5)
    yield made
    made.close()


async def succeeded(chain: OnDevchain, before: bytes) -> bytes:
    """A contract that takes over."""
    return await chain.admin.deploy(NETWORK, 0, predecessor=before)


async def test_anchors_of_each_contract_before_are_found(chain: OnDevchain) -> None:
    """Two took over since: the first one's anchor is what it was, with the members that it had then."""
    found = await chain.ledger.find_anchor(1, 5)
    assert found is not None
    second = await succeeded(chain, chain.contract)
    newest = chain.open(contract=await succeeded(chain, second))
    assert await newest.find_anchor(1, 5) is None
    before = await newest.earlier.ledger(chain.contract)
    assert before is not None
    assert await before.find_anchor(1, 5) == found
    chain.mine(3)
    view = await LedgerView(newest, None, newest.earlier).of(found)
    assert (view.contract, view.block_hash, view.node_log) == (chain.contract, found.block_hash, found.log)
    assert view.final_number >= found.block_number
    between = await newest.earlier.ledger(second)
    assert between is not None
    assert await between.find_anchor(1, 5) is None


async def test_a_contract_that_is_none_of_them_is_not_looked_at(chain: OnDevchain) -> None:
    """A receipt may name any: one that took over from ours, a copy of it, the one in use itself."""
    later = await succeeded(chain, chain.contract)
    ours = chain.open()
    for other in (later, await chain.admin.deploy(NETWORK, 0), chain.contract, b"\x11" * 20):
        assert await ours.earlier.ledger(other) is None


async def test_nothing_is_sent_to_a_contract_before(chain: OnDevchain) -> None:
    """It is seen without an account."""
    newest = chain.open(contract=await succeeded(chain, chain.contract))
    before = await newest.earlier.ledger(chain.contract)
    assert before is not None
    with pytest.raises(Rejected, match="NOT_A_MEMBER"):
        await before.prepare_anchor(5, 6, (await before.head(1)).root, [])
