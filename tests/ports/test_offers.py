"""What every `Offers` promises, shown on the one in memory and on SQLite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports.directories import NOW, key, log
from tracehold.adapters.memory.directory import MemoryOffers
from tracehold.adapters.sqlite_directory import DirectoryFile, SqliteOffers
from tracehold.core.dht.keys import Key
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.journey.ports.directory import Offer, Offered, Offers

MILL, FARM = log("mill"), log("farm")
LAST = Key(b"\xff" * 20)


@pytest.fixture(params=["memory", "sqlite"])
def offers(request, tmp_path: Path) -> Iterator[Offers]:
    """Empty offers of each kind."""
    if request.param == "memory":
        yield MemoryOffers()
        return
    file = DirectoryFile(tmp_path / "directory.sqlite")
    yield SqliteOffers(file)
    file.close()


def step(start: int, stop: int, of=MILL, **counts: int) -> Offered:
    """What these entries add."""
    return Offered(of, start, stop, {key(name): count for name, count in counts.items()})


async def due(offers: Offers, now_ms: int = NOW) -> dict[bytes, int]:
    """Counts of what is due."""
    return {offer.key: offer.count for offer in await offers.due(now_ms, None, LAST, 100)}


async def test_new_keys_are_due_at_once_and_counts_add_up(offers):
    """Over steps and logs."""
    await offers.add(step(0, 5, flour=3, rye=1))
    await offers.add(step(5, 9, flour=2))
    await offers.add(step(0, 2, FARM, flour=1))
    assert await due(offers) == {key("flour"): 6, key("rye"): 1}
    assert await offers.coverage() == {(MILL, 0): 9, (FARM, 0): 2}
    assert await offers.size() == 2


async def test_a_step_that_is_covered_counts_once(offers):
    """After a crash the follower repeats its last step."""
    for _ in range(2):
        await offers.add(step(0, 5, flour=3))
    assert await due(offers) == {key("flour"): 3}


@pytest.mark.parametrize(("start", "stop"), [(6, 9), (3, 9), (5, SEGMENT_ENTRIES + 1)])
async def test_a_step_with_a_gap_or_an_overlap_is_a_mistake(offers, start, stop):
    """Nothing is counted then."""
    await offers.add(step(0, 5, flour=3))
    with pytest.raises(ValueError, match="does not go on"):
        await offers.add(step(start, stop, flour=1))
    assert await due(offers) == {key("flour"): 3}


async def test_each_segment_is_covered_for_itself(offers):
    """A foreign log may be kept from a later segment on."""
    start = 2 * SEGMENT_ENTRIES
    await offers.add(step(start, start + 4, flour=1))
    assert await offers.coverage() == {(MILL, 2): start + 4}


async def test_a_segment_that_is_kept_no_more_takes_its_counts_with_it(offers):
    """A key of which nothing is left is announced no more."""
    await offers.add(step(0, SEGMENT_ENTRIES, flour=3, rye=1))
    await offers.add(step(SEGMENT_ENTRIES, SEGMENT_ENTRIES + 1, flour=1))
    for _ in range(2):
        await offers.drop(MILL, 0)
    assert await due(offers) == {key("flour"): 1}
    assert await offers.coverage() == {(MILL, 1): SEGMENT_ENTRIES + 1}
    await offers.add(step(0, 5, rye=2))
    assert await due(offers) == {key("flour"): 1, key("rye"): 2}


async def test_what_was_announced_is_due_again_at_its_time(offers):
    """New counts of it change nothing of that."""
    await offers.add(step(0, 5, flour=3, rye=1))
    await offers.announced([key("flour")], NOW + 1_000)
    assert await due(offers, NOW + 999) == {key("rye"): 1}
    await offers.add(step(5, 6, flour=1))
    assert await due(offers, NOW + 999) == {key("rye"): 1}
    assert await due(offers, NOW + 1_000) == {key("flour"): 4, key("rye"): 1}


async def test_how_many_keys_wait_for_their_announcement(offers):
    """Those that are due."""
    await offers.add(step(0, 5, flour=3, rye=1))
    assert (await offers.waiting(NOW), await offers.size()) == (2, 2)
    await offers.announced([key("flour")], NOW + 1_000)
    assert [await offers.waiting(now) for now in (NOW, NOW + 999, NOW + 1_000)] == [1, 1, 2]


async def test_a_key_that_is_gone_cannot_be_announced(offers):
    """A sweep may end after the segment was dropped."""
    await offers.add(step(0, 5, flour=3))
    await offers.drop(MILL, 0)
    await offers.announced([key("flour")], NOW)
    assert await offers.size() == 0


async def test_a_sweep_goes_along_the_keys(offers):
    """In order, so many at a time, behind the last."""
    names = [f"item{n}" for n in range(10)]
    await offers.add(step(0, 5, **dict.fromkeys(names, 1)))
    order = sorted(key(name) for name in names)
    first = await offers.due(NOW, None, LAST, 4)
    assert first == [Offer(each, 1) for each in order[:4]]
    rest = await offers.due(NOW, first[-1].key, LAST, 100)
    assert [offer.key for offer in rest] == order[4:]
    assert list(await offers.due(NOW, order[-1], LAST, 100)) == []
    assert [offer.key for offer in await offers.due(NOW, order[2], order[5], 100)] == order[3:6]


async def test_contacts_are_replaced(offers):
    """Those of the last time, each once."""
    assert list(await offers.contacts()) == []
    await offers.save_contacts([MILL, FARM, FARM])
    await offers.save_contacts([FARM])
    assert list(await offers.contacts()) == [FARM]


async def test_a_file_keeps_plan_and_coverage(tmp_path: Path):
    """A sweep goes on after a restart where it was."""
    file = DirectoryFile(tmp_path / "directory.sqlite")
    await SqliteOffers(file).add(step(0, 5, flour=3, rye=1))
    await SqliteOffers(file).announced([key("flour")], NOW + 1_000)
    file.close()
    file = DirectoryFile(tmp_path / "directory.sqlite")
    assert await due(SqliteOffers(file)) == {key("rye"): 1}
    assert await SqliteOffers(file).coverage() == {(MILL, 0): 5}
    file.close()


async def test_a_sweep_reads_along_the_keys_and_sorts_nothing(tmp_path: Path):
    """With a million keys a sort for each region would take longer than its calls."""
    from tracehold.adapters.sqlite_directory.offers import _DUE

    file = DirectoryFile(tmp_path / "directory.sqlite")
    plan = await file.run(lambda db: db.execute(f"EXPLAIN QUERY PLAN {_DUE}", (b"", LAST, 0, 1)).fetchall())
    file.close()
    steps = [row[3] for row in plan]
    assert steps[0].startswith("SEARCH plan USING PRIMARY KEY")
    assert not any("TEMP B-TREE" in each for each in steps)
