"""A node that handed everything over revokes itself where that was wished: once, in order with its other
transactions, and not against a change of mind.
"""

import asyncio
from dataclasses import replace

import pytest

from tests.journey.leaving_scene import Killed, change, kept, leaver, ready
from tracehold.core.errors import Rejected, Unavailable
from tracehold.journey.leaving import Stage
from tracehold.journey.ports import AnchorState


async def test_a_node_that_only_hands_over_stays_a_member() -> None:
    """It is revoked only where that was wished."""
    async with kept(4) as nodes:
        made = await ready(nodes, leave=False)
        assert (await made.steps(5)).stage is Stage.HANDED
        assert made.contract.sent == []


async def test_the_folder_may_be_deleted_when_the_revocation_is_final() -> None:
    """Not before."""
    async with kept(4) as nodes:
        made = await ready(nodes)
        await made.steps()
        assert (await made.steps(2)).stage is Stage.REVOKED
        made.contract.settle()
        assert (await made.steps(1)).stage is Stage.GONE
        assert made.leaving.closed
        assert made.contract.sent == [1]
        with pytest.raises(Unavailable, match="has left") as refused:
            made.leaving.check_uploads()
        assert "--cancel" not in refused.value.remedy


@pytest.mark.parametrize("where", ["before", "after"])
async def test_killed_while_it_leaves(where: str) -> None:
    """The next start looks anew, and sends the revocation once it was decided."""
    async with kept(4) as nodes:
        made = await ready(nodes)
        made.wishes.killed = where
        with pytest.raises(Killed):
            await made.steps()
        assert made.contract.sent == []
        made.wishes.killed = ""
        await made.start()
        assert not made.leaving.closed
        await made.steps()
        assert made.contract.sent == [1]
        made.contract.settle()
        await made.start()
        assert (await made.steps(1)).stage is Stage.GONE


async def test_a_crash_between_the_revocation_and_its_answer() -> None:
    """The transaction is in a block: nothing is sent again."""
    async with kept(4) as nodes:
        made = await ready(nodes)
        made.contract.fails = Unavailable("CHAIN_DOWN", "the reply was lost")
        with pytest.raises(Unavailable):
            await made.steps()
        assert made.wishes.wish is not None
        assert made.wishes.wish.begun
        change(nodes[0].network, 1, active=False, roles=frozenset())
        await made.start()
        assert (await made.steps(1)).stage is Stage.REVOKED
        assert made.contract.sent == [1]


@pytest.mark.parametrize("leave", [True, False])
@pytest.mark.parametrize("restart", [True, False])
async def test_revoked_by_the_admin_before_all_was_handed_over(leave: bool, restart: bool) -> None:
    """Nobody fetches from it any more: its folder is to be kept, and no start forgets that."""
    async with kept(4, copies=1) as nodes:
        made = await leaver(nodes[0])
        made.unsigned = {1, 2, 3, 4}
        made.ask(leave=leave)
        left = (await made.steps()).found.left
        change(nodes[0].network, 1, active=False, roles=frozenset())
        made.contract.settle()
        if restart:
            await made.start()
        for _ in range(2):
            with pytest.raises(Rejected, match="before all was handed over") as caught:
                await made.leaving.step()
            assert (caught.value.code, "Keep its folder" in caught.value.remedy) == ("NOT_A_MEMBER", True)
        progress = made.leaving.progress
        assert (progress is None) is restart
        if progress is not None:
            assert (progress.stage, progress.found.left) == (Stage.ASKED, left)
        assert made.leaving.closed


async def test_revoked_by_the_admin_when_all_is_handed_over() -> None:
    """As where the node could not pay for it. The folder may be deleted, after a start, too."""
    async with kept(4) as nodes:
        made = await ready(nodes, leave=False)
        assert (await made.steps()).stage is Stage.HANDED
        change(nodes[0].network, 1, active=False, roles=frozenset())
        assert (await made.steps(1)).stage is Stage.REVOKED
        made.contract.settle()
        await made.start()
        assert (await made.steps(1)).stage is Stage.GONE


async def test_what_the_contract_refuses_can_be_taken_back() -> None:
    """It is tried again while it is wished."""
    async with kept(4) as nodes:
        made = await ready(nodes)
        made.contract.fails = Rejected("LEDGER_REFUSED", "no gas")
        for _ in range(2):
            with pytest.raises(Rejected):
                await made.steps()
        assert made.wishes.wish is not None
        assert not made.wishes.wish.begun
        made.cancel()
        await made.leaving.step()
        made.leaving.check_uploads()


async def test_taken_back_in_the_last_moment() -> None:
    """The wish is read again where it would become final."""
    async with kept(4) as nodes:
        made = await ready(nodes)
        await made.steps(1)
        await made.turn.acquire()
        last = asyncio.ensure_future(made.leaving.step())
        for _ in range(20):
            await asyncio.sleep(0)
        made.cancel()
        made.turn.release()
        await last
        assert made.contract.sent == []
        await made.leaving.step()
        made.leaving.check_copies()


async def test_nothing_is_sent_beside_an_anchor_that_is_on_its_way() -> None:
    """One account, one transaction after the other."""
    async with kept(4) as nodes:
        made = await ready(nodes)
        tasks = nodes[0].store._of(nodes[0].log).anchors
        task = next(iter(tasks.values()))
        await made.steps(1)
        tasks[0] = replace(task, state=AnchorState.SIGNED)
        await made.steps(1)
        assert made.contract.sent == []
        del tasks[0]
        await made.steps(1)
        assert made.contract.sent == [1]
