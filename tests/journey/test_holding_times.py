"""The times of checkpoints that a holder takes: each between those around it, and none from the future."""

from tests.journey.holding_scene import scene
from tests.journey.scene import Clock, statement


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
