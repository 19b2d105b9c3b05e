"""A retired log ends on the chain, after all that was sealed."""

from dataclasses import dataclass, field, replace

import pytest

from tests.journey.chain_scene import ACCOUNT, Anchored, anchored, anchorer, member
from tests.journey.scene import statement
from tracehold.adapters.memory.chain import MemoryChain
from tracehold.adapters.memory.ledger import MemoryLedger
from tracehold.core.errors import Rejected, TraceholdError, Unavailable
from tracehold.journey.ending import Ending
from tracehold.journey.ports import AnchorState, Role


@dataclass
class Scene:
    """A log that may be retired, and what the contract was told."""

    it: Anchored
    retired: bool = True
    grows: bool = True
    waits: bool = False
    lost: bool = False
    refused: TraceholdError | None = None
    told: list[int] = field(default_factory=list)

    async def step(self) -> bool:
        """One look."""
        link, turn = self.it.anchorer.link, self.it.anchorer.turn
        asked = (lambda: self.retired, lambda: self.grows, lambda: self.lost)
        return await Ending(link, turn, *asked, self._retire, self._waiting).step()

    async def _waiting(self) -> bool:
        return self.waits

    async def _retire(self, size: int) -> None:
        if self.refused is not None:
            raise self.refused
        self.told.append(size)
        members = self.it.chain.members
        members[0] = replace(members[0], roles=frozenset({Role.HOLDER}))


async def test_all_that_is_sealed_is_final_first():
    """Neither while an anchor is on its way nor while something waits for one; then once."""
    async with anchored() as it:
        await it.creator.upload(statement(1))
        scene = Scene(it)
        assert not await scene.step()
        it.creator.clock.time += 100
        await it.step()
        assert not await scene.step()
        it.chain.mine()
        await it.step()
        assert [task.state for task in await it.tasks()] == [AnchorState.MINED]
        assert not await scene.step()
        await it.finish()
        assert scene.told == []
        assert await scene.step()
        assert await scene.step()
        assert scene.told == [it.creator.sealer.own.size]


async def test_a_log_that_is_not_retired_goes_on():
    """Nothing is told."""
    async with anchored() as it:
        await it.finish()
        scene = Scene(it, retired=False)
        assert not await scene.step()
        assert scene.told == []


async def test_a_log_that_lost_entries_ends_where_it_was_anchored():
    """What was sealed behind can never be anchored."""
    async with anchored() as it:
        await it.finish()
        size = it.creator.sealer.own.size
        await it.creator.upload(statement(1))
        scene = Scene(it, grows=False, lost=True)
        assert await scene.step()
        assert scene.told == [size]


async def test_nothing_is_sent_behind_what_waits():
    """It may be what an earlier process sent, and would only use up another nonce. That it waits is told."""
    async with anchored() as it:
        await it.finish()
        scene = Scene(it, waits=True)
        for _ in range(2):
            with pytest.raises(Unavailable, match="in no block yet"):
                await scene.step()
        assert scene.told == []
        scene.waits = False
        assert await scene.step()


async def test_a_start_that_still_compares_ends_nothing():
    """What was sealed before the restart is anchored first: the anchorer waits for the comparison, too."""
    async with anchored() as it:
        await it.finish()
        await it.creator.upload(statement(1))
        scene = Scene(it, grows=False)
        assert not await scene.step()
        assert scene.told == []
        scene.grows = True
        assert not await scene.step()
        await it.finish()
        assert await scene.step()
        assert scene.told == [it.creator.sealer.own.size]


async def test_a_revocation_that_comes_first_is_no_fault():
    """The contract refuses the call; the next look finds a node that has nothing to end."""
    async with anchored() as it:
        await it.finish()
        scene = Scene(it, refused=Rejected("LEDGER_REFUSED", "the transaction reverted in its block"))
        with pytest.raises(Rejected, match="LEDGER_REFUSED"):
            await scene.step()
        it.chain.members[0] = replace(it.chain.members[0], active=False, roles=frozenset())
        assert await scene.step()
        assert scene.told == []


async def test_a_block_that_is_replaced_takes_the_end_back():
    """It is told again."""
    async with anchored() as it:
        await it.finish()
        scene, before = Scene(it), list(it.chain.members)
        assert await scene.step()
        it.chain.members[:] = before
        assert await scene.step()
        assert scene.told == [it.creator.sealer.own.size] * 2


async def test_who_is_no_creator_has_nothing_to_end():
    """Never enrolled."""
    async with anchored(joined=False) as it:
        scene = Scene(it)
        assert await scene.step()
        assert scene.told == []


async def test_a_retired_log_is_not_begun_on_a_successor():
    """The contract that took over has its node without the role, and nothing of the log: what is final on the
    one before is all that there is, and nothing is tried.
    """
    async with anchored() as it:
        await it.creator.store.in_force(it.chain.contract)
        await it.creator.upload(statement(1))
        await it.finish()
        roles = frozenset({Role.HOLDER})
        it.chain = MemoryChain(it.creator.clock.now, it.chain.network_id, contract=b"\xc1" * 20)
        it.chain.members.append(replace(member(it.log), roles=roles))
        it.ledger = MemoryLedger(it.chain, ACCOUNT)
        await it.creator.store.in_force(it.chain.contract)
        it.anchorer = anchorer(it.creator, it.ledger)
        it.anchorer._link = replace(it.anchorer.link, retired=lambda: True)
        it.creator.clock.time += 100
        await it.step(3)
        assert it.anchorer.ended
        assert await it.tasks() == []
