"""A node that leaves hands over first: when it is done, whom it waits for, what a crash or a change of mind
means.
"""

import pytest

from tests.journey.holding_scene import scene
from tests.journey.leaving_scene import change, finish, hand_over, kept, leaver, ready, say
from tests.journey.network import begun, replicate
from tests.journey.scene import statement
from tracehold.core.errors import Rejected, Unavailable
from tracehold.journey.keeper import take
from tracehold.journey.leaving import Closing, Stage
from tracehold.journey.ports import Copy, Fork, Role


async def test_a_segment_is_left_until_enough_others_keep_it() -> None:
    """Of five nodes the first keeps three logs. Its own copy counts no more; the creator's does."""
    async with kept(5) as nodes:
        made = await leaver(nodes[0])
        made.ask()
        assert await made.left() == {1: (2, 3), 4: (2, 3), 5: (2, 3)}
        await replicate(nodes[4], nodes[2])
        await replicate(nodes[3], nodes[1])
        assert await made.left() == {1: (2, 3)}
        assert made.leaving.progress is not None
        assert made.leaving.progress.found.segments == 2
        await replicate(nodes[0], nodes[3])
        assert await made.left() == {}
        assert made.leaving.progress.stage is Stage.HANDED


async def test_where_there_are_fewer_operators_all_of_them_are_enough() -> None:
    """Three nodes, three copies: two are left to keep each log."""
    async with kept(3) as nodes:
        made = await leaver(nodes[0])
        made.ask()
        assert (await made.steps()).stage is Stage.HANDED
        await say(nodes[1], 2)
        await replicate(nodes[1], nodes[0])
        assert await made.left() == {2: (1, 2)}


async def test_a_second_node_of_an_operator_is_no_second_copy() -> None:
    """Distinct operators count, for what is wanted and for what is there."""
    async with kept(5) as nodes:
        change(nodes[0].network, 5, operator_number=4)
        made = await leaver(nodes[0])
        made.ask()
        assert (await made.left())[5] == (2, 3)
        await replicate(nodes[4], nodes[3])
        assert (await made.left())[5] == (2, 3)
        await replicate(nodes[4], nodes[2])
        assert 5 not in await made.left()


async def test_the_own_log_is_to_be_final_and_with_other_operators() -> None:
    """What is sealed goes on to be anchored; a second node of the own operator does not count for it."""
    async with kept(4) as nodes:
        made = await ready(nodes, leave=False)
        await nodes[0].say(begun("urn:x:late", 2))
        found = (await made.steps()).found
        assert (found.entries, found.nothing) == (1, False)
        await finish(nodes[0])
        await hand_over(nodes, nodes[0])
        assert (await made.steps()).stage is Stage.HANDED
        change(nodes[0].network, 2, operator_number=1)
        nodes[2].peer.down = True
        left = (await made.steps()).found.left
        assert (left[0].log, left[0].kept, left[0].wanted) == (nodes[0].log, 1, 2)
        assert {each.kept for each in left[1:]} == {2}


async def test_security_a_member_that_only_says_that_it_keeps_the_own_log() -> None:
    """Nobody asks for that log again when its creator is gone: only what was acknowledged under signature
    counts, as far as it goes; and a signature alone does not either.
    """
    async with kept(4) as nodes:
        made = await ready(nodes)
        made.unsigned = {3}
        assert await made.left() == {1: (2, 3)}
        made.unsigned = set()
        keeps = nodes[2].store._of(nodes[0].log).entries
        last = keeps.pop()
        await made.holders.choose(Copy(0, 3, 3))
        await made.holders.acknowledged(Copy(0, 3, 3, len(keeps) + 1))
        assert await made.left() == {1: (2, 3)}
        keeps.append(last)
        assert await made.left() == {}


async def test_more_holders_are_wanted_while_it_leaves() -> None:
    """Its own copy is no more counted on."""
    async with kept(4) as nodes:
        made = await leaver(nodes[0])
        await made.leaving.step()
        assert made.holders.wanted == 2
        made.ask()
        await made.steps()
        assert made.holders.wanted == 3
        made.cancel()
        await made.leaving.step()
        assert made.holders.wanted == 2


async def test_whoever_is_down_is_waited_for_and_named() -> None:
    """Until it answers, or counts as lost."""
    async with kept(4) as nodes:
        made = await ready(nodes)
        nodes[2].peer.down = True
        found = (await made.steps()).found
        assert {each.silent for each in found.left} == {(3,)}
        assert {(each.kept, each.wanted) for each in found.left} == {(2, 3)}
        assert made.contract.sent == []
        made.opinion.lost = {3}
        assert (await made.steps()).stage is Stage.HANDED


async def test_nobody_leaves_while_too_many_are_silent() -> None:
    """It may be this node that is cut off; then it does not know who keeps what, nor who is lost."""
    async with kept(4) as nodes:
        made = await ready(nodes)
        made.opinion.calm, made.opinion.lost = False, {2, 3, 4}
        assert (await made.steps(3)).stage is Stage.ASKED
        assert made.contract.sent == []


async def test_security_two_that_leave_at_once_do_not_count_each_other() -> None:
    """In any order of their steps; each goes only when those that stay have everything."""
    async with kept(5) as nodes:
        first, second = await leaver(nodes[0]), await leaver(nodes[1])
        for each in (first, second):
            each.ask(leave=True)
        assert (await first.left())[1] == (1, 3)
        assert (await second.left())[2] == (2, 3)
        await replicate(nodes[0], nodes[3])
        await replicate(nodes[0], nodes[4])
        assert 1 not in await first.left()
        await hand_over(nodes, nodes[0])
        for each in (first, second):
            await each.steps()
        assert (first.contract.sent, second.contract.sent) == ([1], [2])


async def test_two_that_leave_and_would_leave_too_few_are_told_so_both() -> None:
    """Of four with a quorum of two; when one stays, the other may go."""
    async with kept(4, quorum=2) as nodes:
        first, second = await leaver(nodes[0]), await leaver(nodes[1])
        await hand_over(nodes, nodes[0])
        for each in (first, second):
            each.ask(leave=True)
        for each in (first, second):
            with pytest.raises(Rejected) as caught:
                await each.leaving.step()
            assert caught.value.code == "STILL_NEEDED"
        second.cancel()
        await second.leaving.step()
        await first.steps()
        assert first.contract.sent == [1]


@pytest.mark.parametrize(("nodes", "quorum"), [(1, 0), (2, 1), (3, 2)])
async def test_the_last_and_whom_the_quorum_needs_are_refused(nodes: int, quorum: int) -> None:
    """With a remedy; and let go when there is another member."""
    async with kept(nodes, copies=nodes, quorum=quorum) as there:
        made = await leaver(there[0])
        made.ask(leave=True)
        with pytest.raises(Rejected) as caught:
            await made.leaving.step()
        assert caught.value.code == "STILL_NEEDED"
        assert "member" in caught.value.remedy
        more = [*there, *[await there[0].network.join() for _ in range(2)]]
        await hand_over(more, there[0])
        await made.steps()
        assert made.contract.sent == [1]


async def test_uploads_end_at_once_and_foreign_entries_when_all_is_handed_over() -> None:
    """DRAINING; and everything again when it is taken back."""
    async with kept(4) as nodes:
        made = await leaver(nodes[0])
        made.leaving.check_uploads()
        made.ask()
        with pytest.raises(Unavailable, match="leave") as caught:
            made.leaving.check_uploads()
        assert caught.value.code == "DRAINING"
        await made.steps()
        made.leaving.check_copies()
        await hand_over(nodes, nodes[0])
        await made.steps(1)
        with pytest.raises(Unavailable):
            made.leaving.check_copies()
        made.cancel()
        await made.leaving.step()
        made.leaving.check_uploads()
        made.leaving.check_copies()
        assert made.leaving.progress is None


async def test_what_came_before_it_closed_is_compared_too() -> None:
    """Entries that arrive between the look that finds nothing left and the closing stay no secret of this
    node: it opens again until others have them.
    """
    async with kept(4) as nodes:
        made = await ready(nodes)
        await made.steps(1)
        assert made.leaving.closed
        await say(nodes[3], 2)
        await replicate(nodes[3], nodes[0])
        assert (await made.steps(1)).stage is Stage.ASKED
        made.leaving.check_copies()
        assert made.contract.sent == []
        await hand_over(nodes, nodes[0])
        assert (await made.steps()).stage is Stage.HANDED
        assert made.contract.sent == [1]


async def test_what_was_acknowledged_here_is_to_be_anchored_first() -> None:
    """Others have it, but a creator told its providers of copies that are counted with this one: nothing new
    is taken, and the node stays until the chain has it.
    """
    async with kept(4) as nodes:
        made = await ready(nodes)
        await nodes[3].say(begun("urn:x:tail", 2))
        await hand_over(nodes, nodes[0])
        await replicate(nodes[3], nodes[0])
        found = (await made.steps(3)).found
        assert (found.copied, found.nothing, found.open) == (True, False, [nodes[3].log])
        assert made.leaving.closed
        assert made.contract.sent == []
        await finish(nodes[3])
        assert (await made.steps(1)).stage is Stage.HANDED
        assert made.contract.sent == [1]


@pytest.mark.parametrize("gone", ["lost", "revoked"])
async def test_the_only_tail_of_a_creator_that_is_gone_is_handed_over(gone: str) -> None:
    """It told of copies on what this node acknowledged: that is owed though nobody may ever anchor it."""
    async with kept(4) as nodes:
        made = await ready(nodes)
        creator = nodes[3]
        await creator.say(begun("urn:x:tail", 2))
        await replicate(creator, nodes[0])
        creator.peer.down = True
        if gone == "lost":
            made.opinion.lost = {4}
        else:
            change(creator.network, 4, active=False, roles=frozenset())
        assert await made.left() == {4: (0, 2)}
        assert made.contract.sent == []
        await replicate(creator, nodes[1])
        await replicate(creator, nodes[2])
        assert await made.left() == {}
        assert made.contract.sent == [1]


async def test_a_member_that_creates_no_more_is_not_waited_for() -> None:
    """It keeps its log and cannot anchor the rest: others are to have it, the chain is not."""
    async with kept(4) as nodes:
        made = await ready(nodes, leave=False)
        await nodes[3].say(begun("urn:x:tail", 2))
        await hand_over(nodes, nodes[0])
        await replicate(nodes[3], nodes[0])
        assert (await made.steps(3)).found.open == [nodes[3].log]
        change(nodes[0].network, 4, roles=frozenset({Role.HOLDER}))
        assert (await made.steps(3)).stage is Stage.HANDED


async def test_the_log_of_a_member_that_was_revoked_before_its_first_anchor_is_not_owed() -> None:
    """Nobody else would begin a copy of it."""
    async with kept(4) as nodes:
        new = await nodes[0].network.join()
        made = await ready(nodes)
        await new.say(begun("urn:x:new", 2))
        await replicate(new, nodes[0])
        assert await made.left() == {5: (1, 3)}
        change(new.network, 5, active=False, roles=frozenset())
        assert await made.left() == {}


async def test_security_the_tail_of_a_log_in_two_states_is_no_reason_to_stay() -> None:
    """Nobody takes more of it than is anchored."""
    async with kept(4) as nodes:
        made = await ready(nodes)
        creator = nodes[3]
        await creator.say(begun("urn:x:tail", 2))
        await replicate(creator, nodes[0])
        creator.store._of(creator.log).entries.pop()
        assert await made.left() == {4: (0, 3)}
        size = await nodes[0].store.size(creator.log)
        await made.copies.save_fork(
            Fork(creator.log, size, b"kept", b"shown", shown_by_chain=False, seen_ms=1)
        )
        assert await made.left() == {}


async def test_what_is_kept_is_acknowledged_after_the_closing_and_nothing_new_is_taken() -> None:
    """Neither entries nor what a copy begins with; what the sender hears of it is that nobody answers."""
    made = await scene()
    holder, branch = made.holder, made.branch
    first = await holder.take(branch, branch.shipment(0))
    closed = False

    def check() -> None:
        if closed:
            raise Unavailable("DRAINING", "handed over")

    closing = Closing(holder.holding, check)
    caller, size = branch.neighbour(), branch.size
    branch.seal(statement(1).raw)
    closed = True
    assert (await closing.replicate(caller, branch.shipment(size, size))).acknowledgement == (
        first.acknowledgement
    )
    with pytest.raises(Unavailable):
        await take(closing, caller, branch.shipment(size))
    assert await closing.checkpoint(branch.log) == await holder.holding.checkpoint(branch.log)
    assert await holder.store.size(branch.log) == size
    closed = False
    assert (await closing.replicate(caller, branch.shipment(size))).acknowledgement
