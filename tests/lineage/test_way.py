"""The way of an item is its trace upstream and the histories of what stands first in it, in one walk."""

import pytest

from tests.lineage.ruled import facts
from tests.lineage.story import Case
from tests.lineage.test_stories import CASES
from tests.unit.lineage_facts import born, drive, lot, told, turn, up
from tracehold.core.lineage import Fact
from tracehold.core.lineage.way import WayResult, way


def walked(known: list[Fact], item: str) -> WayResult:
    """The way of an item with all that may stand in it."""
    found: WayResult = drive(way(item, max_sources=1_000, max_told=8), known)
    return found


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES])
def test_a_way_is_what_trace_and_history_say(case: Case):
    """For every item that a story asks about."""
    known = facts(case)
    for item in {ask.about for ask in case.asks if isinstance(ask.about, str)}:
        found, traced = walked(known, item), up(known, item)
        assert found.sources == tuple(each.item for each in traced.items)
        assert found.gaps == traced.gaps
        assert [about for about, _ in found.told] == [item, *found.sources[:8]]
        assert [events for _, events in found.told] == [told(known, about).events for about, _ in found.told]


def test_a_way_asks_no_more_for_many_ingredients():
    """As many steps for eight ingredients as for one."""
    assert steps(8) == steps(1)


def steps(ingredients: int) -> int:
    """How often the way of a lot made of so many others asks."""
    lots = [lot(f"G{n}") for n in range(ingredients)]
    known = [*(born(1, each, place=f"{each}/at") for each in lots), turn(2, lots, [lot("B")])]
    walk, asked = way(lot("B"), max_sources=100, max_told=8), 0
    while not walk.done:
        asked += bool(walk.wanted())
        walk.feed(known)
    return asked
