"""Replication where holders are honest: all up, some down, back again."""

from tests.journey.replicate_scene import PATIENCE, World, world
from tests.journey.scene import statement
from tracehold.core.placement import Candidate, nearest
from tracehold.journey.fsck import check_log
from tracehold.journey.holders import CopyCount
from tracehold.journey.ports import AnchorState, Role
from tracehold.journey.states import State, frontier


async def test_all_holders_keep_and_acknowledge_and_the_anchor_names_them() -> None:
    """Three operators, target 3: both others hold, copies 3 of 3, final without waiting for patience."""
    async with world() as it:
        await it.start()
        await it.upload()
        await it.pass_by(6)
        assert await it.final() == 9
        assert it.count() == CopyCount(3, 3)
        assert it.ackers() == [(2, 3)]
        for keeper in it.keepers.values():
            assert await keeper.store.size(it.log) == 9
            await check_log(keeper.store, it.log)
        assert it.faults == []


async def test_one_holder_down_costs_the_patience_and_one_copy() -> None:
    """The anchor waits for all, then goes with the quorum: FINAL with copies 2 of 3."""
    async with world() as it:
        it.peers[3].down = True
        await it.start()
        await it.upload()
        await it.pass_by(PATIENCE - 2)
        assert it.ackers() == []
        await it.pass_by(8)
        assert await it.final() == 9
        assert it.count() == CopyCount(2, 3)
        assert it.ackers() == [(2,)]
        (segment,) = await it.replicator.standing()
        assert segment.copies == CopyCount(2, 3)
        assert {(h.node, h.up, h.behind) for h in segment.holders} == {(2, True, 0), (3, False, 9)}


async def test_a_holder_that_comes_back_catches_up_without_new_uploads() -> None:
    """Nothing is sealed meanwhile; it gets what it missed, checkpoints of the anchored sizes among it."""
    async with world() as it:
        it.peers[3].down = True
        await it.start()
        await it.upload()
        await it.pass_by(20)
        await it.upload(start=6)
        await it.pass_by(20)
        assert (await it.final(), it.count(14)) == (15, CopyCount(2, 3))
        it.peers[3].down = False
        await it.pass_by(40)
        assert it.count(14) == CopyCount(3, 3)
        for size in (9, 15):
            assert await it.keepers[3].store.checkpoint(it.log, size) is not None
        (segment,) = await it.replicator.standing()
        assert all(holder.up and holder.behind == 0 for holder in segment.holders)


async def test_records_are_replicated_before_they_are_anchored() -> None:
    """As soon as the quorum acknowledged, whatever the chain does."""
    async with world() as it:
        await it.start()
        await it.creator.upload(statement(1))
        await it.quiet()
        front = await frontier(it.store, it.log, it.holders)
        assert (front.state(3), front.replicated, front.anchored) == (State.REPLICATED, 4, 0)


async def test_the_next_nearest_holds_where_the_chosen_one_is_silent() -> None:
    """Target 2 of five operators: one holder is chosen. It is down: after the patience another is."""
    async with world(4, target=2) as it:
        await it.start()
        (first,) = it.holders.of(0)
        it.peers[first.node].down = True
        await it.upload()
        await it.pass_by(2 * PATIENCE + 6)
        assert await it.final() == 9
        chosen = [copy.node for copy in it.holders.of(0)]
        assert chosen[0] == first.node
        assert len(chosen) == 2
        assert it.ackers() == [(chosen[1],)]
        assert it.count(8) == CopyCount(2, 2)


async def test_a_quorum_of_two_is_met_by_two_operators() -> None:
    """Target 2 asks for fewer than the contract: then as many hold as the contract wants."""
    async with world(4, target=2, quorum=2) as it:
        await it.start()
        await it.upload()
        await it.pass_by(6)
        assert [len(ackers) for ackers in it.ackers()] == [2]
        assert it.count() == CopyCount(3, 3)


async def test_with_five_operators_and_quorum_two_a_silent_holder_is_made_up_for() -> None:
    """The contract asks for two, one of the two holders is down: a third holds too, and copies are 3
    again.
    """
    async with world(4, quorum=2) as it:
        await it.start()
        gone = it.holders.of(0)[0].node
        it.peers[gone].down = True
        await it.upload()
        await it.pass_by(2 * PATIENCE + 6)
        assert await it.final() == 9
        assert gone not in it.ackers()[0]
        assert it.count(8) == CopyCount(3, 3)
        assert len(it.holders.of(0)) == 3


async def test_without_a_quorum_nothing_is_anchored_and_the_rest_goes_on() -> None:
    """Both holders down: uploads are sealed, the trouble has a name, and all is well when one returns."""
    async with world() as it:
        for peer in it.peers.values():
            peer.down = True
        await it.start()
        await it.upload()
        await it.pass_by(3 * PATIENCE)
        assert it.ackers() == []
        assert "TOO_FEW_COPIES" in it.troubles
        await it.upload(start=6)
        it.peers[2].down = False
        await it.pass_by(60)
        assert await it.final() == 15
        assert it.troubles[-1] in {"", "PEER_DOWN"}


async def test_anchors_on_their_way_become_final_while_acknowledgements_are_missing() -> None:
    """What waits for holders holds up the next anchor only."""
    async with world() as it:
        await it.start()
        await it.upload()
        await it.pass_by(1)
        assert len(await it.tasks_in(AnchorState.SIGNED, AnchorState.MINED)) == 1
        for peer in it.peers.values():
            peer.down = True
        await it.upload(start=6)
        await it.pass_by(5)
        assert await it.final() == 9


async def test_one_operator_anchors_without_copies() -> None:
    """Quorum 0: nobody is asked, nothing is replicated, and that is said."""
    async with world(0, quorum=0) as it:
        await it.start()
        await it.upload()
        await it.pass_by(6)
        assert await it.final() == 9
        assert it.count() == CopyCount(1, 3)
        front = await frontier(it.store, it.log, it.holders)
        assert front.replicated == 0


async def test_two_operators_have_two_copies_and_do_not_wait_for_a_third() -> None:
    """All holders that there can be acknowledged: the anchor goes at once."""
    async with world(1) as it:
        await it.start()
        await it.upload()
        await it.pass_by(5)
        assert await it.final() == 9
        assert it.count() == CopyCount(2, 3)


async def test_a_newcomer_fills_the_free_place() -> None:
    """It joins later, gets everything, and the next anchor names it."""
    async with world(1) as it:
        await it.start()
        await it.upload()
        await it.pass_by(6)
        await it.join(3)
        await it.pass_by(20)
        assert it.count() == CopyCount(3, 3)
        await it.upload(start=6)
        await it.pass_by(6)
        assert it.ackers() == [(2,), (2, 3)]


async def test_a_newcomer_takes_nobodys_place() -> None:
    """Both places are taken: whoever joins holds nothing of this segment, however near it is."""
    async with world() as it:
        await it.start()
        await it.upload()
        await it.join(4, 5, 6)
        await it.pass_by(40)
        assert {copy.node for copy in it.holders.of(0)} == {2, 3}


async def test_a_holder_that_left_is_replaced() -> None:
    """Revoked in the contract: the next nearest takes its place, and its copy counts no more."""
    async with world() as it:
        await it.start()
        await it.upload()
        await it.pass_by(6)
        it.change(3, active=False)
        await it.pass_by(20)
        assert it.count() == CopyCount(2, 3)
        await it.join(4)
        await it.pass_by(20)
        assert it.count() == CopyCount(3, 3)
        assert {copy.node for copy in it.holders.of(0)} == {2, 4}


async def test_a_suspended_holder_that_returns_is_one_again() -> None:
    """Its copy counted no more, and counts again; nothing is shipped twice."""
    async with world() as it:
        await it.start()
        await it.upload()
        await it.pass_by(6)
        it.change(3, roles=frozenset())
        await it.pass_by(20)
        before = len(it.peers[3].shipped)
        assert it.count() == CopyCount(2, 3)
        it.change(3, roles=frozenset(Role))
        await it.pass_by(20)
        assert it.count() == CopyCount(3, 3)
        assert sum(len(each.entries) for each in it.peers[3].shipped[before:]) == 0


async def test_nodes_of_the_creators_own_operator_are_never_chosen() -> None:
    """A second node of operator 1 holds nothing, however few others there are."""
    async with world(1) as it:
        await it.join(7, operator=1)
        await it.start()
        await it.upload()
        await it.pass_by(6)
        assert it.peers[7].shipped == []
        assert it.ackers() == [(2,)]


async def test_a_nearer_node_of_a_holders_operator_is_no_second_holder() -> None:
    """It joins later, while a place is free: the operator holds already."""
    async with world(1) as it:
        await it.start()
        number = 7
        await it.join(number, operator=2)
        while nearest_of(it) == 2:
            number += 1
            await it.join(number, operator=2)
        await it.upload()
        await it.pass_by(40)
        assert [copy.node for copy in it.holders.of(0)] == [2]


def nearest_of(it: World) -> int:
    """The node that would hold the first segment, if none was chosen yet."""
    members = [Candidate(each.number, each.operator_number, each.log) for each in it.chain.members]
    return nearest(it.log, 0, members, own=1)[0].node


async def test_two_nodes_of_one_operator_are_one_copy() -> None:
    """The nearer of the two holds."""
    async with world(1) as it:
        await it.join(7, operator=2)
        await it.start()
        await it.upload()
        await it.pass_by(6)
        assert len(it.holders.of(0)) == 1
        assert it.count() == CopyCount(2, 3)
        assert await it.final() == 9
