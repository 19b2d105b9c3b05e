"""The node key of a log is replaced while it is kept: each checkpoint counts under the key in force there."""

from dataclasses import replace

import pytest

from tests.journey.holding_scene import Scene, scene
from tests.journey.scene import NODE_KEY, control, statement
from tracehold.core.checkpoint import sign_checkpoint
from tracehold.core.control import Rotate
from tracehold.core.keys import Ed25519Key

NEW = Ed25519Key.from_seed(b"next" * 8)


async def rotated() -> Scene:
    """Entry 4 replaces the node key: the checkpoints of sizes 3 and 4 are signed with the first, those of 5
    and
    6 with the second.
    """
    made = await scene()
    branch = made.branch
    branch.seal(statement(1).raw)
    branch.own = replace(branch.own, identity=replace(branch.own.identity, following=NEW))
    branch.seal(control(Rotate(NEW.public)).raw)
    branch.seal(statement(2).raw)
    kids = [branch.checkpoints[size].head.kid for size in (3, 4, 5, 6)]
    assert kids == [NODE_KEY.public.kid] * 2 + [NEW.public.kid] * 2
    return made


@pytest.mark.parametrize("cuts", [[6], [3, 6], [4, 5, 6], [3, 4, 5, 6]])
async def test_a_rotation_is_followed_wherever_shipments_are_cut(cuts: list[int]) -> None:
    """Also by a holder that comes later and begins with entry 0, and after a restart."""
    made = await rotated()
    start = 0
    for size in cuts:
        kept = await made.holder.take(made.branch, made.branch.shipment(start, size))
        await made.holder.check(made.branch, kept, size)
        made.holder.restart()
        start = size
    assert await made.holder.codes(made.branch.log) == {}
    for size in (3, 4, 5):
        await made.holder.check(
            made.branch, await made.holder.take(made.branch, made.branch.shipment(6, size)), size
        )


@pytest.mark.parametrize(("size", "key"), [(6, NODE_KEY), (4, NEW)])
async def test_a_checkpoint_under_a_key_out_of_force_is_refused(size: int, key: Ed25519Key) -> None:
    """Attack: whoever has the old key signs on, or signs anew what was before the rotation."""
    made = await rotated()
    await made.holder.take(made.branch, made.branch.shipment(0, 5))
    true = made.branch.checkpoints[size]
    times = (true.time_ms, true.time_ms)
    forged = sign_checkpoint(true.log, size, true.root, *times, operator=true.head.operator, key=key)
    shipment = replace(made.branch.shipment(5, size), checkpoint=forged)
    assert (await made.holder.take(made.branch, shipment)).refused == "PROOF_INVALID"
    assert await made.holder.store.size(made.branch.log) == 5
