"""What the chain says of the own log, before anything is anchored: membership, forks."""

from dataclasses import replace

import pytest

from tests.journey.chain_scene import anchored, anchorer, member
from tests.journey.scene import start, statement
from tracehold.core.errors import Broken, Rejected
from tracehold.core.ids import LogId, Root
from tracehold.journey.ports import AnchorState

SIGNED, MINED, FINAL, REORGED = AnchorState.SIGNED, AnchorState.MINED, AnchorState.FINAL, AnchorState.REORGED


async def test_a_node_that_is_no_member_waits_for_its_enrolment() -> None:
    """NOT_A_MEMBER until the contract knows the node; then the backlog is anchored."""
    async with anchored(joined=False) as it:
        with pytest.raises(Rejected, match="NOT_A_MEMBER"):
            await it.step()
        it.chain.members.append(member(it.log, active=False))
        with pytest.raises(Rejected, match="NOT_A_MEMBER"):
            await it.step()
        it.chain.members[:] = [member(it.log)]
        await it.finish()
        assert [task.size for task in await it.tasks(FINAL)] == [3]


async def test_an_account_of_another_log_is_broken() -> None:
    """The contract binds account and log: a node with the wrong folder must not anchor."""
    async with anchored(joined=False) as it:
        it.chain.members.append(member(LogId(b"\x99" * 32)))
        with pytest.raises(Broken, match="WRONG_CHAIN"):
            await it.step()


async def test_a_head_beyond_the_local_log_is_a_fork() -> None:
    """A restored backup: the chain has more than this disk. It must not seal on."""
    async with anchored() as it:
        await it.creator.upload(*[statement(at) for at in range(6)])
        await it.finish()
        older = await start(type(it.creator.store)(), it.creator.clock)
        it.chain.members[:] = [replace(member(it.log), log=older.sealer.own.log)]
        with pytest.raises(Broken, match="LOG_FORKED"):
            await anchorer(older, it.ledger).check()
        await older.crash()


async def test_a_head_with_another_root_is_a_fork() -> None:
    """Same size, other entries: two folders sealed with one key."""
    async with anchored() as it:
        link = it.anchorer._link
        sent = await it.ledger.prepare_anchor(0, 2, Root(b"\x13" * 32), ())
        await it.ledger.send(sent)
        it.chain.mine()
        with pytest.raises(Broken, match="LOG_FORKED"):
            await it.step()
        assert await link.store.anchors(it.log, set(AnchorState)) == []
