"""The way of a package: one question for all of it, and the newest of what happened."""

import pytest

from tests.journey.network import MILL, Node, begun, made, network, said, seen
from tracehold.core.access import ANONYMOUS
from tracehold.core.lineage import GapReason
from tracehold.core.record import Audience, Kind
from tracehold.journey.passage import MAX_STEPS, passage

BREAD = "urn:x:bread"


async def baked(node: Node, ingredients: int) -> None:
    """Bread of so many grains, each from a farm of its own."""
    grains = [f"urn:x:g{number}" for number in range(ingredients)]
    for at, grain in enumerate(grains):
        await node.say(begun(grain, at, bizLocation={"id": f"{grain}/farm"}), audience=Audience.PUBLIC)
    await node.say(made(grains, [BREAD], 50), audience=Audience.PUBLIC)
    await node.say(
        *(said(grain, f"Grain {at}") for at, grain in enumerate(grains)),
        kind=Kind.MASTERDATA,
        audience=Audience.PUBLIC,
    )
    await node.finish()


@pytest.mark.parametrize("ingredients", [1, 30])
async def test_attack_one_page_costs_each_member_a_few_questions(ingredients: int):
    """However much the package was made from, and however much of it has a name."""
    async with network() as net:
        here, there = await net.join(), await net.join()
        await baked(there, ingredients)
        found = await passage(here.knowledge, ANONYMOUS, BREAD)
        assert len(found.sources) == ingredients
        assert found.names["urn:x:g0"].text == "Grain 0"
        assert len(there.peer.asked) <= 5


async def test_a_member_that_is_silent_is_waited_for_once():
    """One that hangs costs its time-out, and not one for each of the page's questions."""
    async with network() as net:
        here, there = await net.join(), await net.join()
        await baked(here, 3)
        there.peer.down = True
        found = await passage(here.knowledge, ANONYMOUS, BREAD)
        assert len(there.peer.asked) == 1
        assert [gap.reason for gap in found.gaps] == [GapReason.HOLDER_DOWN]
        assert found.names["urn:x:g0"].text == "Grain 0"


async def test_the_newest_of_a_long_way_is_told():
    """What was recalled or destroyed yesterday must not be what is cut."""
    async with network() as net:
        node = await net.join()
        for minute in range(MAX_STEPS + 10):
            await node.say(seen("urn:x:box", minute), audience=Audience.PUBLIC)
        await node.finish()
        found = await passage(node.knowledge, ANONYMOUS, "urn:x:box")
        minutes = [step.said.instant // 60_000_000 for step in found.steps]
        assert minutes == list(range(minutes[-1] - MAX_STEPS + 1, minutes[-1] + 1))
        assert minutes[-1] % (24 * 60) == MAX_STEPS + 9
        assert (found.left, found.cut) == (10, True)


async def test_a_busy_ingredient_does_not_hide_the_package():
    """What else was made of the flour since is the first to be cut."""
    async with network() as net:
        node = await net.join()
        await node.say(begun("urn:x:flour", 0), made(["urn:x:flour"], [BREAD], 1), audience=Audience.PUBLIC)
        for minute in range(2, MAX_STEPS + 10):
            await node.say(made(["urn:x:flour"], [f"urn:x:b{minute}"], minute), audience=Audience.PUBLIC)
        await node.finish()
        found = await passage(node.knowledge, ANONYMOUS, BREAD)
        assert [step.said.role for step in found.steps if step.item == BREAD] == ["output"]
        assert (len(found.steps), found.left) == (MAX_STEPS, 10)


async def test_an_event_of_several_histories_is_told_once_and_of_the_package():
    """The baking is a step of the bread; that it used up the grain is the same."""
    async with network() as net:
        node = await net.join()
        await baked(node, 2)
        found = await passage(node.knowledge, ANONYMOUS, BREAD)
        assert [step.item for step in found.steps] == ["urn:x:g0", "urn:x:g1", BREAD]
        assert [step.said.role for step in found.steps] == ["subject", "subject", "output"]


async def test_who_speaks_has_a_name_before_what_it_was_made_from():
    """Among more names than an answer may hold."""
    async with network() as net:
        node = await net.join()
        await node.say(
            *(begun(f"urn:x:g{number}", 0) for number in range(60)), audience=Audience.PUBLIC, party=MILL
        )
        await node.say(
            made([f"urn:x:g{number}" for number in range(60)], [BREAD], 1),
            audience=Audience.PUBLIC,
            party=MILL,
        )
        await node.say(said(MILL, "Mill Ltd"), kind=Kind.MASTERDATA, audience=Audience.PUBLIC, party=MILL)
        await node.finish()
        assert (await passage(node.knowledge, ANONYMOUS, BREAD)).names[MILL].text == "Mill Ltd"
