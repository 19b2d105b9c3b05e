"""Where a record was kept back, nothing is said of what it does not say: at one node, at two, in a file."""

import pytest

from tests.journey.bread import net, trace
from tests.journey.network import EVERYONE, MILL, Network, begun, made
from tracehold.core.dossier import Kind, Question, read_dossier
from tracehold.core.lineage import GapReason
from tracehold.core.record import Audience
from tracehold.journey.dossier import dossier

__all__ = ["net"]

BREAD, WATER = "urn:x:bread", "urn:x:water"


@pytest.mark.parametrize("apart", [False, True], ids=["one node", "two nodes"])
async def test_an_item_whose_beginning_is_hidden_did_begin(net: Network, apart: bool):
    """The commissioning record is one that the asker may not read: that is the gap, and no other."""
    here, there = await net.join(), await net.join()
    await here.say(made([WATER], [BREAD], 30))
    await (there if apart else here).say(begun(WATER, 5), audience=Audience.AUTHORITY, party=MILL)
    await there.finish()
    await here.finish()
    hidden = (WATER, GapReason.ACCESS_REFUSED)
    assert [(gap.item, gap.reason) for gap in (await trace(here)).gaps] == [hidden]
    parts = [part async for part in dossier(here.knowledge, EVERYONE, Question(Kind.TRACE, BREAD))]
    found = read_dossier(b"".join(parts))
    assert [(gap.item, gap.reason) for gap in found.said.gaps] == [hidden]
    assert found.answer["gaps"] == []


async def test_an_item_that_nobody_began_is_a_gap(net: Network):
    """Also where another item's beginning is hidden."""
    here, there = await net.join(), await net.join()
    await here.say(made([WATER, "urn:x:salt"], [BREAD], 30))
    await there.say(begun(WATER, 5), audience=Audience.AUTHORITY, party=MILL)
    await there.finish()
    await here.finish()
    assert {(gap.item, gap.reason) for gap in (await trace(here)).gaps} == {
        (WATER, GapReason.ACCESS_REFUSED),
        ("urn:x:salt", GapReason.NEVER_COMMISSIONED),
    }
