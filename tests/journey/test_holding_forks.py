"""Forks: a log in two states is kept as evidence and acknowledged no more, and nothing conflicting is
signed.
"""

import itertools
from copy import deepcopy

import pytest

from tests.journey.holding_scene import scene
from tests.journey.scene import statement
from tracehold.adapters.memory.copies import MemoryCopies
from tracehold.core.checkpoint import check_note, parse_note
from tracehold.core.errors import Broken
from tracehold.core.tiles import Coord
from tracehold.journey.ports import Kept, Witness


async def test_two_forks_offered_to_two_holders() -> None:
    """Attack: each holder sees one branch only, keeps and acknowledges it; shown the other, it has evidence
    that anybody can check with the creator's key, and signs nothing more.
    """
    made = await scene()
    fork = made.branch.fork()
    made.branch.seal(statement(1).raw, statement(2).raw)
    fork.seal(statement(3).raw, statement(4).raw)
    for holder, branch in ((made.holder, made.branch), (made.other, fork)):
        await holder.check(branch, await holder.take(branch, branch.shipment(0)), 5)
    for holder, own, other in ((made.holder, made.branch, fork), (made.other, fork, made.branch)):
        assert await holder.take(other, other.shipment(5, 5)) == Kept(5, refused="FORK_SEEN")
        (found,) = await holder.copies.forks(own.log)
        kept, shown = parse_note(found.kept), parse_note(found.shown)
        key = own.own.identity.key.public
        check_note(kept, key)
        check_note(shown, key)
        assert (kept.size, kept.root) == (5, own.checkpoints[5].root)
        assert (shown.size, shown.root) == (5, other.checkpoints[5].root)
        assert [error.code for error in holder.faults] == ["FORK_SEEN"]
        assert await holder.root(own.log) == own.checkpoints[5].root
        own.seal(statement(5).raw)
        assert (await holder.take(own, own.shipment(5))).refused == "FORK_SEEN"


async def test_two_roots_of_one_size_refuse_the_log_for_ever() -> None:
    """Attack: the creator signs two states of one size. The refusal outlives the process, and is not told
    again as a fault.
    """
    made = await scene()
    fork = made.branch.fork()
    made.branch.seal(statement(1).raw)
    fork.seal(statement(2).raw)
    await made.holder.take(made.branch, made.branch.shipment(0))
    assert (await made.holder.take(fork, fork.shipment(3))).refused == "FORK_SEEN"
    made.holder.restart()
    made.branch.seal(statement(3).raw)
    for branch in (made.branch, fork):
        kept = await made.holder.take(branch, branch.shipment(4))
        assert (kept.refused, kept.acknowledgement) == ("FORK_SEEN", b"")
    assert len(made.holder.faults) == 1
    assert await made.holder.store.size(made.branch.log) == 4


async def test_evidence_of_a_smaller_size_than_any_checkpoint_here() -> None:
    """A fork inside what came in one shipment is shown by the checkpoint that covers it."""
    made = await scene()
    fork = made.branch.fork()
    made.branch.seal(statement(1).raw)
    made.branch.seal(statement(2).raw)
    fork.seal(statement(3).raw)
    await made.holder.take(made.branch, made.branch.shipment(0))
    assert (await made.holder.take(fork, fork.shipment(4))).refused == "FORK_SEEN"
    (found,) = await made.holder.copies.forks(made.branch.log)
    assert (found.size, parse_note(found.kept).size, parse_note(found.shown).size) == (4, 5, 4)


async def test_a_branch_that_does_not_continue_the_copy_is_not_kept() -> None:
    """Entries that follow another past do not meet their checkpoint here: nothing is stored, and it is no
    evidence either, since anything may have been lost on the way.
    """
    made = await scene()
    fork = made.branch.fork()
    made.branch.seal(statement(1).raw)
    fork.seal(statement(2).raw)
    fork.seal(statement(3).raw)
    await made.holder.take(made.branch, made.branch.shipment(0))
    assert (await made.holder.take(fork, fork.shipment(4))).refused == "ROOT_MISMATCH"
    assert await made.holder.copies.forks() == []
    assert await made.holder.store.size(made.branch.log) == 4


async def test_rewound_log_is_not_signed() -> None:
    """Attack: the creator went back behind what was acknowledged and sealed other records. Wherever it tries
    to go on, the holder signs nothing of the other branch.
    """
    made = await scene()
    before = made.branch.fork()
    for number in range(3):
        made.branch.seal(statement(number).raw)
    await made.holder.take(made.branch, made.branch.shipment(0))
    for number in range(10, 15):
        before.seal(statement(number).raw)
    answers = [
        await made.holder.take(before, before.shipment(start, size))
        for start, size in itertools.product(range(3, 9), range(3, 9))
        if start <= size
    ]
    signed = [kept for kept in answers if kept.acknowledgement]
    assert all(kept.size == 6 for kept in signed)
    # Only the state that both have in common, before the fork was seen.
    for kept in signed:
        await made.holder.check(made.branch, kept, 3)
    assert answers[-1].refused == "FORK_SEEN"


async def test_a_holder_restored_from_a_backup_signs_no_second_branch() -> None:
    """Attack: the holder lost the end of its copy and the creator offers another one. Until the copy is as
    long as what was signed before, nothing is signed; then the conflict shows.
    """
    made = await scene()
    fork = made.branch.fork()
    await made.holder.take(made.branch, made.branch.shipment(0))
    backup = deepcopy(made.holder.store)
    made.branch.seal(statement(1).raw, statement(2).raw)
    await made.holder.take(made.branch, made.branch.shipment(3))
    made.holder.store = backup
    made.holder.restart()
    fork.seal(statement(3).raw)
    assert await made.holder.take(fork, fork.shipment(3)) == Kept(4)
    assert await made.holder.take(fork, fork.shipment(3, 3)) == Kept(4)
    fork.seal(statement(4).raw)
    fork.seal(statement(5).raw)
    assert (await made.holder.take(fork, fork.shipment(4))).refused == "FORK_SEEN"
    assert await made.holder.copies.witness(made.branch.log) == Witness(
        made.branch.log, 5, made.branch.checkpoints[5].root
    )


async def test_a_holder_restored_from_a_backup_catches_up_with_the_same_log() -> None:
    """What it signed before is sent again, and from there on it acknowledges as ever."""
    made = await scene()
    await made.holder.take(made.branch, made.branch.shipment(0))
    backup = deepcopy(made.holder.store)
    for number in range(3):
        made.branch.seal(statement(number).raw)
    await made.holder.take(made.branch, made.branch.shipment(3))
    made.holder.store = backup
    made.holder.restart()
    assert await made.holder.take(made.branch, made.branch.shipment(3, 5)) == Kept(5)
    await made.holder.check(made.branch, await made.holder.take(made.branch, made.branch.shipment(5)), 6)
    await made.holder.check(made.branch, await made.holder.take(made.branch, made.branch.shipment(6, 4)), 4)


async def test_the_pledge_is_durable_before_it_is_signed() -> None:
    """A disk that does not take the pledge leaves no signature."""
    made = await scene()
    made.holder.copies = Full()
    made.holder.restart()
    with pytest.raises(Broken):
        await made.holder.take(made.branch, made.branch.shipment(0))


class Full(MemoryCopies):
    """A disk that refuses pledges."""

    async def pledge(self, witness: Witness) -> None:
        """Fails."""
        raise Broken("STORE_FAILED", "no space")


@pytest.mark.parametrize("at", [Coord(0, 0), Coord(1, 0)])
async def test_a_damaged_disk_makes_no_evidence(at: Coord) -> None:
    """A true checkpoint that does not meet what the disk gives back is no fork of the creator's: the answer
    is that this node is broken, and nothing is kept against the log.
    """
    made = await scene()
    made.branch.seal(*(statement(number).raw for number in range(250)))
    made.branch.seal(*(statement(number).raw for number in range(250, 300)))
    await made.holder.take(made.branch, made.branch.shipment(0))
    tiles = made.holder.store._of(made.branch.log).tiles
    sound = tiles[at]
    tiles[at] = bytes(32) + sound[32:]
    for size in (3, 253):
        with pytest.raises(Broken) as broken:
            await made.holder.take(made.branch, made.branch.shipment(303, size))
        assert broken.value.code == "CORRUPT"
    assert await made.holder.copies.forks() == []
    tiles[at] = sound
    await made.holder.check(
        made.branch, await made.holder.take(made.branch, made.branch.shipment(303, 253)), 253
    )
