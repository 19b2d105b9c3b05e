"""A log that is kept by two holders of several members, and is looked at."""

from tests.journey.replicate_scene import World
from tracehold.journey.health import Limits
from tracehold.journey.holders import CopyCount

LIMITS = Limits(suspect_s=60, replace_s=300, look_s=10)


async def begun(it: World, uploads: int = 1) -> list[int]:
    """The log is anchored and kept by two of the members; their numbers, the nearest first."""
    it.limits = LIMITS
    await it.start()
    for number in range(uploads):
        await it.upload(start=6 * number)
        await it.pass_by(12)
    assert it.count(0) == CopyCount(3, 3)
    return [copy.node for copy in it.holders.of(0)]


async def idle(it: World, seconds: float) -> None:
    """Time in which nothing is uploaded."""
    await it.creator.clock.pass_by(seconds)
    await it.quiet()


def holders(it: World) -> set[int]:
    """Of the first segment, as this disk knows them."""
    return {copy.node for copy in it.holders.of(0)}
