"""A pointer that something holds up: the gate, the fee's cap, a contract that was left."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.journey.chain_scene import anchored
from tests.journey.pointing_scene import asked
from tracehold.core.errors import Rejected, Unavailable
from tracehold.journey.intake import Item
from tracehold.journey.pointing import Stage
from tracehold.journey.ports import Mined, SignedTransaction
from tracehold.journey.upload import Outcome


async def test_a_gate_that_has_not_looked_again_fails_nothing():
    """What it says may be older than what the contract says now."""
    async with anchored() as it:
        scene = await asked(it)
        submit = scene.pointing._submit

        async def shut(items: Sequence[Item]) -> Sequence[Outcome]:
            raise Rejected("NOT_A_MEMBER", "the contract knows no node of this key")

        scene.pointing._submit = shut
        with pytest.raises(Unavailable, match="STARTING"):
            await scene.step()
        assert scene.saved == []
        scene.pointing._submit = submit
        assert await scene.finish() is Stage.FINAL


async def test_where_no_higher_fee_is_allowed_the_same_bytes_are_sent_at_every_look(
    monkeypatch: pytest.MonkeyPatch,
):
    """A pool that lost them has them again; the cap is told."""
    async with anchored() as it:
        scene = await asked(it)
        await scene.step()
        await it.finish()
        await scene.step()
        prepare, sent = it.ledger.prepare_supersede, it.ledger.sent

        async def capped(*given: Any) -> SignedTransaction:
            raise Unavailable("FEE_CAP", "the chain asks too much")

        monkeypatch.setattr(it.ledger, "prepare_supersede", capped)
        told = 0
        for _ in range(6):
            try:
                await scene.step()
            except Unavailable as error:
                told += error.code == "FEE_CAP"
        assert (it.ledger.sent - sent, told) == (6, 3)
        monkeypatch.setattr(it.ledger, "prepare_supersede", prepare)
        assert await scene.finish() is Stage.FINAL


async def test_what_was_mined_on_another_contract_is_signed_anew(monkeypatch: pytest.MonkeyPatch):
    """The network moved to a successor in between: the old one took it, and this one says nothing of it."""
    async with anchored() as it:
        scene = await asked(it)
        await scene.step()
        await it.finish()
        await scene.step()
        old, find = scene.pointer.transaction, it.ledger.find

        async def found(transaction: SignedTransaction) -> Mined | None:
            return Mined(1, bytes(32), True, 1, None) if transaction == old else await find(transaction)

        monkeypatch.setattr(it.ledger, "find", found)
        await scene.step(2)
        assert scene.pointer.transaction != old
        monkeypatch.undo()
        assert await scene.finish() is Stage.FINAL


async def test_a_look_that_changes_nothing_writes_nothing():
    """Finality takes minutes, and each write is two calls of fsync."""
    async with anchored() as it:
        scene = await asked(it)
        await scene.step()
        saved = len(scene.saved)
        await scene.step(5)
        assert len(scene.saved) == saved
