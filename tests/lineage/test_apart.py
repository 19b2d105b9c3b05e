"""Stories about other things: as true as before, and no two about one thing."""

import re

import pytest

from tests.lineage.apart import apart, prefix
from tests.lineage.goods import PREFIX, lot, pallet, piece, place, tote
from tests.lineage.ruled import Rules
from tests.lineage.test_stories import CASES
from tracehold.core.gs1 import Level, canonical, level

THINGS = (piece("a"), lot("b"), pallet(7), tote("c"), place(3))


@pytest.mark.parametrize("number", [0, 1, 155, 9999])
def test_keys_of_another_prefix_are_sound(number: int):
    """Their check digits are right, so they are canonical as they stand, and of the same level."""
    for thing in THINGS:
        other = thing.replace(PREFIX, prefix(number))
        assert canonical(other) == other
        assert level(other) is level(thing) is not Level.OPAQUE


def test_no_two_prefixes_are_one():
    """Each number has its own."""
    assert len({prefix(number) for number in range(10_000)}) == 10_000


async def test_every_story_is_true_of_other_things_too():
    """By the rules, with not one name of the story as it was."""
    for number, (name, case) in enumerate(CASES):
        telling, other = Rules(), apart(case, number)
        await telling.tell(other)
        for ask in other.asks:
            assert await telling.answer(ask) == ask.expected, name
        for batch in other.batches:
            for event in batch:
                assert PREFIX.encode() not in event.payload
                assert not re.search(rb"urn:x:(?!\d+:)", event.payload)
