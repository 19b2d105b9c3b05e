"""What the chain says of the own log, before anything is anchored: membership, forks."""

from dataclasses import replace

import pytest

from tests.journey.chain_scene import POLICY, Anchored, anchored, anchorer, member
from tests.journey.scene import start, statement
from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.core.ids import LogId, Root
from tracehold.journey.anchor import Anchorer
from tracehold.journey.holders import call_roll
from tracehold.journey.ports import AnchorState, Role

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


def _ended(it: Anchored, *, active: bool = True) -> Anchorer:
    """The follower of a start after the log ended on the chain: this node is a holder, or revoked."""
    roles = frozenset({Role.HOLDER} if active else set[Role]())
    it.chain.members[:] = [replace(member(it.log), roles=roles, active=active)]
    link = replace(it.anchorer.link, retired=lambda: True)
    return Anchorer(link, POLICY, now=it.creator.clock.now, sleep=it.creator.clock.sleep)


@pytest.mark.parametrize("active", [True, False])
async def test_a_log_that_ended_is_well(active: bool) -> None:
    """After a restart it is compared as ever, what was mined becomes final, and nothing is held up."""
    async with anchored() as it:
        it.creator.clock.time += 100
        await it.step()
        it.chain.mine()
        follower = _ended(it, active=active)
        await follower.check()
        await follower.step()
        assert [task.state for task in await it.tasks()] == [MINED]
        for _ in range(4):
            it.chain.mine()
        await follower.step()
        assert [task.state for task in await it.tasks()] == [FINAL]
        assert follower.ended


async def test_a_log_that_ended_takes_over_what_the_chain_has() -> None:
    """The reply to its last anchor was lost with the disk."""
    async with anchored() as it:
        await it.finish()
        it.forget()
        follower = _ended(it)
        await follower.step()
        assert [task.size for task in await it.tasks()] == [3]


async def test_what_a_log_that_ended_lacks_on_the_chain_is_told() -> None:
    """It was revoked too early: nobody will ever anchor the rest."""
    async with anchored() as it:
        await it.finish()
        await it.creator.upload(statement(1))
        follower = _ended(it)
        await follower.check()
        for _ in range(2):
            with pytest.raises(Rejected, match="3 of 4 entries are anchored"):
                await follower.step()


async def test_a_log_that_ended_and_lost_entries_forks_nothing() -> None:
    """It waits, and what is left is answered for."""
    async with anchored() as it:
        await it.creator.upload(*[statement(at) for at in range(6)])
        await it.finish()
        older = await start(type(it.creator.store)(), it.creator.clock)
        follower = _ended(it)
        it.chain.members[:] = [replace(it.chain.members[0], log=older.sealer.own.log)]
        link = replace(follower.link, store=older.store, log=older.sealer.own.log)
        with pytest.raises(Unavailable, match="STARTING"):
            await Anchorer(link, POLICY, now=it.creator.clock.now, sleep=it.creator.clock.sleep).check()
        await older.crash()


async def test_only_the_own_disk_says_that_a_log_is_retired() -> None:
    """A creator that is suspended waits, and says so."""
    async with anchored() as it:
        _ended(it)
        with pytest.raises(Rejected, match="NOT_A_MEMBER"):
            await it.anchorer.check()


async def test_holders_are_asked_for_a_log_that_ended() -> None:
    """An older copy of it gets back what it lost."""
    async with anchored() as it:
        _ended(it)
        with pytest.raises(Rejected, match="NOT_A_MEMBER"):
            await call_roll(it.ledger, it.log)
        assert (await call_roll(it.ledger, it.log, retired=True)).creator.number == 1
        _ended(it, active=False)
        with pytest.raises(Rejected, match="NOT_A_MEMBER"):
            await call_roll(it.ledger, it.log, retired=True)
