"""Scrub: what the disk damages is found and put right, whatever it is and wherever it stands."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.journey.kept_scene import short_segments
from tests.journey.scrub_scene import (
    CUT_CONTROL,
    CUT_ENTRY,
    Disk,
    Harm,
    both,
    bytes_,
    disk,
    fingerprint_,
    kind,
    lost,
    no_tile,
    short_tile,
    tile_of,
)
from tracehold.journey import mending


@pytest.fixture(autouse=True)
def segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short ones."""
    short_segments(monkeypatch)
    monkeypatch.setattr(mending, "SEGMENT_ENTRIES", 256)


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Disk]:
    """A sound disk."""
    made = await disk(tmp_path)
    try:
        yield made
    finally:
        made.store.close()


PLACES = {
    "own": ("own", 5),
    "own control": ("own", 300),
    "own header": ("own", 0),
    "own, last": ("own", 699),
    "foreign": ("foreign", 400),
    "foreign control": ("foreign", 300),
    "foreign header": ("foreign", 0),
    "foreign, last": ("foreign", 699),
    "base": ("cut", CUT_CONTROL),
    "base header": ("cut", 0),
    "behind a base": ("cut", CUT_ENTRY),
    "snapshot behind a base": ("cut", 256),
}
HARMS: list[Harm] = [
    bytes_,
    lost,
    fingerprint_,
    kind,
    tile_of(0),
    no_tile,
    short_tile,
    both(bytes_, fingerprint_),
    both(bytes_, tile_of(0)),
    both(lost, tile_of(0)),
    both(fingerprint_, tile_of(0)),
    both(bytes_, fingerprint_, kind, tile_of(0)),
]


async def test_a_sound_disk_is_left_alone(node: Disk) -> None:
    """Everything is read, and nothing is told."""
    scrubber = await node.scrub()
    told = scrubber.standing
    assert (told.done_entries, told.entries, told.bad, told.mended) == (1410, 1410, 0, 0)
    assert (told.pass_started_at, told.last_whole_pass_at) == (0.0, node.clock.now())
    assert (node.damages, node.faults, node.rung) == ([], [], 0)


@pytest.mark.parametrize("place", PLACES)
async def test_a_damaged_record_is_mended_wherever_it_stands(node: Disk, place: str) -> None:
    """And everything else is left as it is."""
    name, index = PLACES[place]
    bytes_(node, getattr(node, name), index)
    assert (await node.scrub()).standing.bad == 0
    assert [(each.index, each.mended, each.tile) for each in node.damages] == [(index, True, None)]
    await node.sound()


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
async def test_damage_is_found_and_mended(node: Disk, harm: Harm) -> None:
    """Of each kind, in each log and of control records at once; afterwards every entry of the disk is sound,
    and the next pass finds nothing.
    """
    for name, index in PLACES.values():
        harm(node, getattr(node, name), index)
    scrubber = await node.scrub()
    assert scrubber.standing.bad == 0, node.damages
    assert scrubber.standing.mended > 0
    assert (node.rung > 0, node.faults) == (True, [])
    await node.sound()
    again = await node.scrub()
    assert (again.standing.mended, again.standing.bad) == (0, 0)
