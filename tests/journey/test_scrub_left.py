"""Scrub: what cannot be mended, who is not believed, and crashes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.journey.kept_scene import short_segments
from tests.journey.scene import settle
from tests.journey.scrub_scene import (
    CUT_CONTROL,
    ENTRIES,
    Disk,
    another,
    asking,
    both,
    branch,
    bytes_,
    disk,
    fingerprint_,
    lost,
    tile_of,
    whole,
)
from tests.ports.batches import task
from tests.recovery.faults import FAILED, Fault, Faulty
from tracehold.adapters.memory.peers import MemoryLine
from tracehold.core.errors import Broken
from tracehold.journey import mending, scrub_pass
from tracehold.journey.damaged import DamagedPlaces, Place
from tracehold.journey.mending import ENTRY_BYTES
from tracehold.journey.ports import AnchorState
from tracehold.journey.scrub import AGAIN_S, DAY_S


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


async def test_where_all_holders_are_damaged_it_is_told_and_tried_again(node: Disk) -> None:
    """Nothing stops; when one of them was mended, so is this one, without another pass."""
    bytes_(node, node.own, 5)
    good, bad = await another(4), await another(5)
    for peer in (good, bad):
        kept = peer.log._of(node.own)  # type: ignore[attr-defined]
        kept.entries[5] = replace(kept.entries[5], raw=b"\x00" + kept.entries[5].raw[1:])
    scrubber = asking(node, MemoryLine(good), MemoryLine(bad))
    assert await whole(scrubber) == (1, 0)
    sound = node.others[0].log._of(node.own).entries[5]  # type: ignore[attr-defined]
    good.log._of(node.own).entries[5] = sound  # type: ignore[attr-defined]
    assert await scrubber.once() == 0
    node.clock.time += AGAIN_S
    assert await scrubber.once() > 0
    assert (scrubber.standing.bad, scrubber.standing.mended) == (0, 1)
    assert await DamagedPlaces(node.store).load() == []
    await node.sound()


async def test_what_is_left_is_known_after_a_restart(node: Disk) -> None:
    """And tried at once."""
    bytes_(node, node.own, 5)
    lost(node, node.foreign, 600)
    assert await whole(asking(node)) == (2, 0)
    again = node.scrubber()
    await again.load()
    assert again.standing.bad == 2
    while await again.once():
        pass
    assert (again.standing.bad, again.standing.mended) == (0, 2)
    await node.sound()


async def test_what_was_redacted_here_never_comes_back(node: Disk) -> None:
    """Neither its bytes, where its fingerprint is damaged, nor where its tile is."""
    await node.store.erase(node.foreign, 5)
    await node.store.erase(node.foreign, 6)
    fingerprint_(node, node.foreign, 5)
    both(fingerprint_, tile_of(0))(node, node.foreign, 6)
    assert (await node.scrub()).standing.bad == 0
    for entry in await node.store.read(node.foreign, 5, 7):
        assert entry.erased
    await node.sound()


async def test_a_tile_above_others_is_made_again_from_them(node: Disk) -> None:
    """Together with a tile of leaves, a record and a fingerprint below it."""
    tile_of(1)(node, node.own, 5)
    both(bytes_, tile_of(0))(node, node.own, 300)
    fingerprint_(node, node.own, 5)
    scrubber = await node.scrub()
    assert (scrubber.standing.bad, scrubber.standing.mended) == (0, 4)
    await node.sound()


async def test_a_tile_of_a_base_comes_from_others(node: Disk) -> None:
    """Of what stands beside the control records nothing is here but the tile."""
    tile_of(0)(node, node.cut, CUT_CONTROL - 50)
    node.others[0].down = True
    try:
        assert await whole(asking(node, *map(MemoryLine, node.others))) == (0, 1)
    finally:
        node.others[0].down = False
    await node.sound()


async def test_without_others_a_tile_is_still_mended_from_its_entries(node: Disk) -> None:
    """And a fingerprint or a kind from the bytes."""
    tile_of(0)(node, node.own, 5)
    fingerprint_(node, node.foreign, 300)
    assert await whole(asking(node)) == (0, 2)
    await node.sound()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("method", ["mend", "mend_tiles"])
async def test_a_crash_at_a_mend_is_made_good_by_the_next_pass(node: Disk, method: str, after: bool) -> None:
    """Before it nothing happened, after it the entry is whole."""
    both(bytes_, tile_of(0))(node, node.own, 5)
    faulty = Faulty(node.store)
    faulty.arm(Fault(method, FAILED, after))
    scrubber = node.scrubber(faulty)
    with pytest.raises(Broken, match="injected"):
        await scrubber.whole(lambda done, of: None)
    assert (await node.scrub()).standing.bad == 0
    await node.sound()


async def test_a_pass_goes_on_after_a_restart(node: Disk) -> None:
    """From where it was, or a little before; the next one begins a day after it began."""
    first = node.scrubber(bytes_per_s=1)
    await first.load()
    for _ in range(4):
        await first.once()
    assert first.standing.pass_started_at == node.clock.now()
    node.clock.time += 60
    second = node.scrubber(bytes_per_s=1)
    await second.load()
    assert second.standing.pass_started_at == node.clock.now() - 60
    while second.standing.pass_started_at:
        await second.once()
    assert second.standing.last_whole_pass_at == node.clock.now()
    assert await second.once() == 0
    node.clock.time += DAY_S - 61
    assert await second.once() == 0
    node.clock.time += 1
    assert await second.once() > 0
    assert second.standing.pass_started_at == node.clock.now()


async def test_a_pass_goes_on_where_it_was(node: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies behind is not read again, and what lies before is."""
    monkeypatch.setattr(scrub_pass, "SAVED_EVERY", 1)
    first = node.scrubber(bytes_per_s=1)
    await first.load()
    for _ in range(3):
        await first.once()
    bytes_(node, node.own, 5)
    bytes_(node, node.foreign, 5)
    second = node.scrubber(bytes_per_s=1)
    await second.load()
    assert second.standing.done_entries == 512
    while second.standing.pass_started_at:
        await second.once()
    assert [(each.log, each.index) for each in node.damages] == [(node.foreign, 5)]
    assert second.standing.done_entries == second.standing.entries


async def test_an_entry_whose_place_is_gone_is_told(node: Disk) -> None:
    """No store puts back a place that it does not know."""
    node.sql(("DELETE FROM entries WHERE position = ?", [node.position(node.own, 5)]))
    scrubber = await node.scrub()
    assert (scrubber.standing.bad, scrubber.standing.mended) == (1, 0)
    assert f"entry 5 of log {node.own.hex()} is damaged" in node.faults[-1].message


async def test_the_rate_is_kept(node: Disk) -> None:
    """Each tile of leaves is waited for as long as its records take, small ones as long as larger ones."""
    waits, enough = list[float](), asyncio.Event()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            enough.set()
        if len(waits) >= 3:
            await asyncio.Event().wait()

    node.clock.sleep = sleep  # type: ignore[method-assign]
    running = asyncio.ensure_future(node.scrubber(bytes_per_s=1000).run())
    await enough.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert waits == [pytest.approx(entries * ENTRY_BYTES / 1000) for entries in (256, 256, 188)]


async def test_a_record_that_somebody_found_damaged_is_mended_before_all_else(node: Disk) -> None:
    """Though no pass is due for a day."""
    await node.scrub()
    scrubber = node.scrubber(bytes_per_s=1)
    name = (await node.store.read(node.foreign, 600, 601))[0].fingerprint
    bytes_(node, node.foreign, 600)
    running = asyncio.ensure_future(scrubber.run())
    await settle()
    scrubber.damaged(name)
    await node.rings.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert [str(each) for each in node.damages] == [
        f"entry 600 of log {node.foreign.hex()} was damaged on disk and is mended"
    ]
    await node.sound()


async def test_a_damaged_checkpoint_is_told_once_and_holds_up_no_other_log(node: Disk) -> None:
    """Without it nothing of that log is proved, so nothing of it is changed; what is anchored is mended."""
    node.sql(("UPDATE checkpoints SET root = zeroblob(32) WHERE log = ?", [node.number(node.own)]))
    for index in (5, 600):
        bytes_(node, node.own, index)
    bytes_(node, node.foreign, 5)
    scrubber = await node.scrub()
    assert (scrubber.standing.bad, scrubber.standing.mended) == (1, 1)
    assert [str(fault) for fault in node.faults] == [
        f"CORRUPT: the tree or the checkpoint of size {ENTRIES} of log {node.own.hex()} is damaged on disk, "
        "and no other node hands it over"
    ]
    root = (await branch(11)).checkpoints[512].root
    await node.store.save_anchor(replace(task(node.own, 0, 512, AnchorState.FINAL), root=root))
    scrubber = await node.scrub()
    assert (scrubber.standing.bad, scrubber.standing.mended) == (1, 1)
    assert [each.index for each in node.damages if each.mended] == [5, 5]


def test_places_are_packed() -> None:
    """And are the same afterwards."""
    assert Place.of(Place(3, 1 << 39).packed()) == Place(3, 1 << 39)
