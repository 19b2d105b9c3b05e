"""What things are called: by themselves, by who tells of them, and by strangers."""

from tests.journey.bread import net
from tests.journey.network import EVERYONE, FARM, MILL, Network, begun, said, seen
from tracehold.api.page import words
from tracehold.core.record import Audience, Kind
from tracehold.journey.passage import Passage, passage

__all__ = ["net"]

BREAD = "urn:x:bread"


async def way(net: Network, *own: bytes, stranger: tuple[bytes, ...]) -> Passage:
    """The way of a bread that the farm tells; then a stranger says something at a node of its own."""
    here, there = await net.join(), await net.join()
    await here.say(begun(BREAD, 5), audience=Audience.PUBLIC)
    await here.say(*own, audience=Audience.PUBLIC, kind=Kind.MASTERDATA)
    await here.finish()
    await there.say(*stranger, party=MILL, audience=Audience.PUBLIC, kind=Kind.MASTERDATA)
    await there.finish()
    return await passage(here.knowledge, EVERYONE, BREAD)


async def test_attack_a_stranger_names_a_party_and_its_goods(net: Network):
    """What the farm calls itself and its bread stays, however new the stranger's words are."""
    own = said(FARM, "Farm Ltd"), said(BREAD, "Bread")
    found = await way(net, *own, stranger=(said(FARM, "Never Buy Inc"), said(BREAD, "Poison")))
    assert {id: name.text for id, name in found.names.items()} == {FARM: "Farm Ltd", BREAD: "Bread"}
    assert words.goods(found, BREAD) == "Bread"
    assert words.speaks(found, found.steps[0].said.speaker).startswith("Farm Ltd, signed by ")


async def test_attack_a_stranger_names_what_nobody_else_named(net: Network):
    """Its word is shown as its word, after the number."""
    found = await way(net, stranger=(said(FARM, "Never Buy Inc"), said(BREAD, "Poison")))
    assert words.goods(found, BREAD) == f"{BREAD} (called “Poison” by {words.number(MILL)})"
    assert words.speaks(found, found.steps[0].said.speaker).startswith(f"{words.number(FARM)} (called ")


async def test_attack_a_stranger_looks_at_goods_and_names_them(net: Network):
    """An event about it does not make it theirs to name, at whatever time it is said to be."""
    here, there = await net.join(), await net.join()
    await here.say(begun(BREAD, 5), audience=Audience.PUBLIC)
    await here.finish()
    await there.say(seen(BREAD, 1), party=MILL, audience=Audience.PUBLIC)
    await there.say(said(BREAD, "Poison"), party=MILL, audience=Audience.PUBLIC, kind=Kind.MASTERDATA)
    await there.finish()
    found = await passage(here.knowledge, EVERYONE, BREAD)
    assert words.goods(found, BREAD) == f"{BREAD} (called “Poison” by {words.number(MILL)})"


async def test_a_party_has_its_name_however_records_spell_it(net: Network):
    """Master data is found by the canonical name."""
    spelled = "urn:epc:id:pgln:9521000.00001"
    here = await net.join()
    await here.say(begun(BREAD, 5), party=spelled, audience=Audience.PUBLIC)
    await here.say(said(spelled, "Farm Ltd"), party=spelled, audience=Audience.PUBLIC, kind=Kind.MASTERDATA)
    await here.finish()
    found = await passage(here.knowledge, EVERYONE, BREAD)
    assert words.speaks(found, found.steps[0].said.speaker).startswith("Farm Ltd, signed by ")
