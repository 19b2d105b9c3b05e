"""What a node thinks of the others when it stands still itself, again and again."""

from tests.journey.test_liveness import LIMITS, place
from tracehold.journey.liveness import STALL_S, Health


async def test_who_is_gone_is_lost_though_this_process_stands_still_again_and_again() -> None:
    """A snapshot of the machine each few minutes, or whoever makes it busy: that time does not count, the
    silence before it does, and what others said they keep is known as before.
    """
    async with place(2, 3, 4, 5) as it:
        await it.round(2)
        said = {node: it.liveness.kept(node) for node in (2, 3, 4, 5)}
        it.down(3)
        silent = 0.0
        while silent < LIMITS.replace_s + 3 * LIMITS.look_s:
            await it.round(4)
            silent += 4 * LIMITS.look_s + 8
            it.asleep += 2 * STALL_S
            await it.clock.pass_by(8)
            assert not it.liveness.calm
            assert it.liveness.silent_s(3) <= silent + 3 * LIMITS.look_s
        await it.round(2)
        assert it.health() == {2: Health.UP, 3: Health.LOST, 4: Health.UP, 5: Health.UP}
        assert {node: it.liveness.kept(node) for node in said} == said
        assert it.liveness.calm
