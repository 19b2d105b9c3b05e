"""The times of checkpoints that a holder takes: each between those around it, and none from the future."""

from tests.journey.holding_scene import scene
from tests.journey.scene import Clock, statement
from tests.journey.segments_scene import START, Long, long
from tracehold.core.checkpoint import sign_checkpoint
from tracehold.core.merkle import CompactRange, leaf_hash
from tracehold.journey.ports import Shipment

YEAR_MS = 365 * 86_400_000


def dated(made: Long, size: int, later_ms: int) -> Shipment:
    """All entries up to a size that the branch has no checkpoint of, under one of another time."""
    tree, own, last = CompactRange(), made.branch.own, made.branch.checkpoints[START + 4]
    for entry in made.branch.entries[:size]:
        tree.append(leaf_hash(entry.fingerprint))
    time = last.time_ms + later_ms
    operator, key = own.identity.operator, own.identity.key
    checkpoint = sign_checkpoint(own.log, size, tree.root(), time, time, operator=operator, key=key)
    return Shipment(own.log, size, (), checkpoint, START if size > START else 0)


async def begun() -> Long:
    """A copy of the second segment only, with two checkpoints: at START + 2, and at START + 4."""
    made = await long(statement(1).raw)
    await made.holder.take(made.branch, await made.first())
    made.branch.seal(statement(2).raw, statement(3).raw)
    await made.holder.take(made.branch, made.branch.shipment(START + 2, prev_size=START))
    return made


async def test_a_state_in_a_later_segment_is_dated_between_those_around_it() -> None:
    """A copy that begins there has no checkpoint from the start on, and compares all the same."""
    made = await begun()
    for wrong in (-YEAR_MS, 1):
        lie = dated(made, START + 3, wrong)
        assert (await made.holder.take(made.branch, lie)).refused == "CLOCK_JUMPED"
    assert (await made.holder.take(made.branch, dated(made, START + 3, 0))).acknowledgement


async def test_what_fills_a_hole_is_not_dated_after_what_follows() -> None:
    """Attack: the past before a segment that is kept, under a time after it."""
    made = await begun()
    for at, size in ((0, 2), (2, 3)):
        await made.holder.take(made.branch, made.branch.shipment(at, size))
    lie = dated(made, 5, 1)
    sent = made.branch.shipment(3, 302).entries[:2]
    late = Shipment(lie.log, 3, sent, lie.checkpoint, 0)
    assert (await made.holder.take(made.branch, late)).refused == "CLOCK_JUMPED"
    assert list(await made.holder.store.spans(made.branch.log)) == [(0, 3), (START, START + 4)]


async def test_a_slow_clock_here_refuses_no_creator_that_anchored_long_ago() -> None:
    """The chain's newest block tells the time, whoever anchored in it; not the creator's last anchor."""
    made = await scene()
    await made.holder.take(made.branch, made.branch.shipment(0))
    await made.anchor(made.branch, 3)
    made.clock.time += 3_600
    made.chain.mine()
    slow = Clock()
    slow.time = made.clock.time - 3_600
    made.holder.clock = slow
    made.holder.restart()
    made.branch.seal(statement(1).raw)
    kept = await made.holder.take(made.branch, made.branch.shipment(3, prev_size=3))
    await made.holder.check(made.branch, kept, 4, 3)
