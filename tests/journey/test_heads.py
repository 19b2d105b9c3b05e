"""Heads of others' logs on the chain, held against what a holder keeps and signed for."""

from dataclasses import replace

from tests.journey.holding_scene import CREATOR, Branch, Holder, Scene, scene
from tests.journey.scene import statement
from tracehold.core import cbor
from tracehold.core.anchor import Anchor, decode_anchor
from tracehold.core.ids import LogId, Root
from tracehold.core.tiles import Coord
from tracehold.journey.fork_evidence import seen_forks
from tracehold.journey.heads import Heads
from tracehold.journey.ports import Fork
from tracehold.journey.witness import Witnessing


def heads(holder: Holder) -> Heads:
    """What a start of the holder's process makes."""
    return Heads(
        Witnessing(holder.store, holder.copies, holder.ledger, holder.clock.now, holder.faults.append)
    )


async def head(made: Scene, branch: Branch, size: int) -> Anchor:
    """The creator's newest anchor, of this state of a branch."""
    await made.anchor(branch, size)
    found = made.chain.head(CREATOR)
    assert found is not None
    return found


async def test_a_head_that_extends_what_is_kept_is_none_of_a_fork() -> None:
    """Of a size that is kept, or further than that; of a log that is not kept; of the own log."""
    made = await scene()
    await made.holder.take(made.branch, made.branch.shipment(0))
    look = heads(made.holder).look
    await look(await head(made, made.branch, 3))
    await look(await head(made, made.branch, made.branch.seal(statement(1).raw)))
    own = (await made.holder.store.logs())[0]
    for log in (LogId(b"u" * 32), own):
        found = made.chain.head(CREATOR)
        assert found is not None
        await look(replace(found, log=log, size=1, root=Root(b"o" * 32)))
    assert (list(await made.holder.copies.forks()), made.holder.faults) == ([], [])


async def test_security_a_head_that_does_not_extend_what_is_kept() -> None:
    """Evidence against the creator, signed by it and shown by the chain; told once; no more is signed."""
    made = await scene()
    fork = made.branch.fork()
    made.branch.seal(statement(1).raw)
    fork.seal(statement(2).raw)
    await made.holder.take(fork, fork.shipment(0))
    found = await head(made, made.branch, 4)
    for _ in range(2):
        await heads(made.holder).look(found)
    (kept,) = await made.holder.copies.forks(fork.log)
    assert (kept.shown_by_chain, kept.size) == (True, 4)
    assert decode_anchor(cbor.decode(kept.shown)) == found
    (seen,) = await seen_forks(made.holder.store, made.holder.copies)
    assert seen.failed == ""
    assert [error.code for error in made.holder.faults] == ["FORK_SEEN"]
    fork.seal(statement(3).raw)
    assert (await made.holder.take(fork, fork.shipment(4, prev_size=4))).refused == "FORK_SEEN"


async def test_security_a_head_of_a_size_that_another_root_was_signed_for() -> None:
    """The entries are kept here no more, what was signed for them is."""
    made = await scene()
    kept = await made.holder.take(made.branch, made.branch.shipment(0))
    await made.holder.check(made.branch, kept, 3)
    signed = await made.holder.copies.witness(made.branch.log)
    assert signed is not None
    released = Holder(made.clock, made.chain)
    released.store = type(made.holder.store)()
    await released.copies.pledge(signed)
    found = await head(made, made.branch, 3)
    await heads(released).look(found)
    assert released.faults == []
    await heads(released).look(replace(found, root=Root(b"o" * 32)))
    (fork,) = await released.copies.forks()
    assert isinstance(fork, Fork)
    assert (fork.size, fork.shown_by_chain, fork.kept) == (3, True, b"")
    assert [error.code for error in released.faults] == ["FORK_SEEN"]


async def test_a_damaged_disk_accuses_nobody() -> None:
    """The tiles here are not what they were: that is told as damage of the own disk."""
    made = await scene()
    await made.holder.take(made.branch, made.branch.shipment(0))
    tiles = made.holder.store._of(made.branch.log).tiles
    tiles[Coord(0, 0)] = bytes(len(tiles[Coord(0, 0)]))
    await heads(made.holder).look(await head(made, made.branch, 3))
    assert list(await made.holder.copies.forks()) == []
    assert [error.code for error in made.holder.faults] == ["CORRUPT"]
