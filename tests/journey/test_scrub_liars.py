"""Scrub: other nodes that lie, lack or trickle."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.journey.kept_scene import short_segments
from tests.journey.scene import statement
from tests.journey.scrub_scene import (
    Disk,
    another,
    asking,
    both,
    bytes_,
    disk,
    fingerprint_,
    raw_of,
    tile_of,
    whole,
)
from tracehold.adapters.memory.peers import MemoryLine
from tracehold.core.errors import Broken
from tracehold.core.ids import LogId
from tracehold.core.tiles import Coord
from tracehold.journey import mending
from tracehold.journey.ports import Entries, Peer, Sent
from tracehold.journey.scrub import Hearers, Scrubber, Speed


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


@dataclass(frozen=True)
class Liar(MemoryLine):
    """Hands over other bytes: those of another sound record."""

    async def entries(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Entries:
        """See `ports.Peer.entries`."""
        found = await super().entries(log, start, stop, max_bytes)
        other = statement(77).raw
        return replace(found, entries=[Sent(other, each.fingerprint) for each in found.entries])


async def test_a_holder_that_hands_over_other_bytes_is_named_and_not_believed(node: Disk) -> None:
    """The next one is asked."""
    bytes_(node, node.own, 5)
    liar, honest = Liar(node.others[0]), MemoryLine(node.others[1])
    assert await whole(asking(node, liar, honest)) == (0, 1)
    assert [fault.code for fault in node.faults] == ["PROOF_INVALID"]
    assert "node 2 hands over other bytes as entry 5" in str(node.faults[0])
    await node.sound()


async def test_nothing_of_a_liar_is_stored(node: Disk) -> None:
    """Where nobody else has it, the damage is told and stays as it is."""
    bytes_(node, node.foreign, 5)
    before = raw_of(node, node.foreign, 5)
    assert await whole(asking(node, Liar(node.others[0]))) == (1, 0)
    assert raw_of(node, node.foreign, 5) == before
    told = node.faults[-1]
    assert (told.code, isinstance(told, Broken)) == ("CORRUPT", True)
    assert f"entry 5 of log {node.foreign.hex()} is damaged" in told.message
    assert "tracehold scrub" in told.remedy


async def test_a_liar_cannot_have_a_tile_put_in_another_ones_place(node: Disk) -> None:
    """Leaves that do not fold to the tile above are no leaves of this log."""
    both(bytes_, fingerprint_, tile_of(0))(node, node.own, 5)
    before = await node.store.tiles(node.own, [Coord(0, 0)])
    assert await whole(asking(node, Liar(node.others[0]))) == (1, 0)
    assert await node.store.tiles(node.own, [Coord(0, 0)]) == before
    assert str(node.damages[0]).startswith("tile 0/0 of log")


async def test_an_erased_record_of_a_holder_is_no_copy(node: Disk) -> None:
    """Only here it was not redacted: nothing is erased by what others lack."""
    bytes_(node, node.own, 5)
    other = await another(4)
    await other.log.erase(node.own, 5)
    before = raw_of(node, node.own, 5)
    assert await whole(asking(node, MemoryLine(other))) == (1, 0)
    assert raw_of(node, node.own, 5) == before


async def test_a_holder_that_trickles_is_left(node: Disk) -> None:
    """Attack: one entry an answer, for ever; the next one is asked."""
    both(bytes_, fingerprint_, tile_of(0))(node, node.own, 5)
    asked = 0

    class Trickling(MemoryLine):
        async def entries(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Entries:
            nonlocal asked
            asked += 1
            return await super().entries(log, start, start + 1, max_bytes)

    assert (await whole(asking(node, Trickling(node.others[0]), MemoryLine(node.others[1]))))[0] == 0
    assert asked < 50
    await node.sound()


async def test_reading_what_nobody_has_again_and_again_asks_nobody(node: Disk) -> None:
    """A reader of a record that is lost everywhere makes no traffic."""
    bytes_(node, node.own, 5)
    (entry,) = await node.store.read(node.own, 5, 6)
    asked = 0

    async def sources(log: LogId, index: int) -> Sequence[Peer]:
        nonlocal asked
        asked += 1
        return ()

    copies, pace = mending.Copies(sources, node.faults.append), Speed(0, node.clock.sleep, node.clock.now)
    scrubber = Scrubber(node.store, copies, pace, Hearers(node.faults.append))
    for _ in range(3):
        scrubber.damaged(entry.fingerprint)
        await scrubber.once()
    assert (asked, scrubber.standing.bad) == (1, 1)
