"""What every `Shelf` promises, shown on the one in memory and on SQLite."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ports.directories import NOW, key, log, provider
from tracehold.adapters.memory.directory import MemoryShelf
from tracehold.adapters.sqlite_directory import DirectoryFile, SqliteShelf
from tracehold.core.errors import Broken, Unavailable
from tracehold.journey.ports.directory import Shelf, ShelfLimits

Made = Callable[..., Shelf]


@pytest.fixture(params=["memory", "sqlite"])
def made(request, tmp_path: Path) -> Iterator[Made]:
    """Makes an empty shelf of each kind, with these limits."""
    if request.param == "memory":
        yield lambda **limits: MemoryShelf(ShelfLimits(**limits))
        return
    file = DirectoryFile(tmp_path / "directory.sqlite")
    yield lambda **limits: SqliteShelf(file, ShelfLimits(**limits))
    file.close()


async def holders(shelf: Shelf, of: str, now_ms: int = NOW) -> set[bytes]:
    """Who is kept under a key."""
    return {each.holder for each in (await shelf.get(key(of), now_ms)).providers}


async def test_an_empty_shelf(made):
    """Nothing, and not full."""
    shelf = made()
    assert list((await shelf.get(key("flour"), NOW)).providers) == []
    assert (await shelf.get(key("flour"), NOW)).full is False
    assert await shelf.size() == 0


async def test_many_holders_of_a_key_come_back_as_they_were_put(made):
    """Byte for byte, by holder, and under no other key."""
    shelf = made()
    put = [provider("flour", "mill", count=7), provider("flour", "farm"), provider("rye", "farm")]
    assert not await shelf.put(put, NOW)
    found = (await shelf.get(key("flour"), NOW)).providers
    assert [each.raw for each in found] == [
        each.raw for each in sorted(put[:2], key=lambda each: each.holder)
    ]
    assert await shelf.size() == 3


async def test_the_newest_of_a_holder_counts_whatever_comes_last(made):
    """Attack: replay an older record. It changes nothing."""
    shelf = made()
    old, new = provider("flour", "mill", NOW - 1, count=1), provider("flour", "mill", NOW, count=2)
    for record in (old, new, old):
        assert not await shelf.put([record], NOW)
    assert [each.count for each in (await shelf.get(key("flour"), NOW)).providers] == [2]
    assert await shelf.size() == 1


async def test_two_of_one_holder_in_a_message(made):
    """The newest counts, in either order; one is counted."""
    shelf = made()
    await shelf.put([provider("flour", "mill", NOW), provider("flour", "mill", NOW - 5)], NOW)
    await shelf.put([provider("rye", "mill", NOW - 5), provider("rye", "mill", NOW)], NOW)
    for of in ("flour", "rye"):
        assert [each.issued_ms for each in (await shelf.get(key(of), NOW)).providers] == [NOW]
    assert await shelf.size() == 2


async def test_what_has_expired_is_not_given(made):
    """At its end, and not a millisecond before."""
    shelf = made()
    await shelf.put([provider("flour", "mill", life_ms=1_000)], NOW)
    assert await holders(shelf, "flour", NOW + 999) == {log("mill")}
    assert await holders(shelf, "flour", NOW + 1_000) == set()


async def test_expiring_is_done_in_slices(made):
    """So many at a time, the rest the next time; others stay."""
    shelf = made()
    await shelf.put([provider(f"item {n}", "mill", life_ms=1_000 + n) for n in range(5)], NOW)
    await shelf.put([provider("flour", "mill")], NOW)
    later = NOW + 10_000
    assert [await shelf.expire(later, 3) for _ in range(3)] == [3, 2, 0]
    assert await shelf.size() == 1
    assert await holders(shelf, "flour", later) == {log("mill")}


async def test_a_renewed_record_outlives_its_first_end(made):
    """Expiry goes by the record that is kept."""
    shelf = made()
    await shelf.put([provider("flour", "mill", NOW, 1_000)], NOW)
    await shelf.put([provider("flour", "mill", NOW + 500, 5_000)], NOW + 500)
    assert await shelf.expire(NOW + 2_000, 10) == 0
    assert await holders(shelf, "flour", NOW + 2_000) == {log("mill")}
    assert await shelf.expire(NOW + 5_500, 10) == 1
    assert await shelf.size() == 0


async def test_a_full_key_takes_no_more_holders_and_says_so(made):
    """Those that are there may renew; another key is not full."""
    shelf = made(of_key=2)
    assert list(await shelf.put([provider("flour", name) for name in ("a", "b", "c")], NOW)) == [2]
    assert (await shelf.get(key("flour"), NOW)).full
    assert await holders(shelf, "flour") == {log("a"), log("b")}
    assert not await shelf.put([provider("flour", "a", NOW + 1), provider("rye", "c")], NOW)
    assert not (await shelf.get(key("rye"), NOW)).full


async def test_a_full_key_has_room_again_once_a_record_expired(made):
    """Without waiting for the next pass."""
    shelf = made(of_key=1)
    await shelf.put([provider("flour", "a", life_ms=1_000)], NOW)
    assert not await shelf.put([provider("flour", "b", NOW + 2_000)], NOW + 2_000)
    assert await holders(shelf, "flour", NOW + 2_000) == {log("b")}
    assert await shelf.size() == 1


async def test_a_flood_of_one_member_ends_at_its_limit(made):
    """Attack: fill the disk with records about everything. Others still find room."""
    shelf = made(of_holder=3)
    flood = [provider(f"item {n}", "flooder") for n in range(5)]
    assert list(await shelf.put(flood, NOW)) == [3, 4]
    assert not await shelf.put([provider("flour", "mill")], NOW)
    assert await shelf.size() == 4


async def test_the_total_is_bounded(made):
    """Whoever they are from; what expires makes room."""
    shelf = made(total=2)
    await shelf.put([provider("flour", "a", life_ms=1_000), provider("flour", "b")], NOW)
    assert list(await shelf.put([provider("rye", "c")], NOW)) == [0]
    assert await shelf.expire(NOW + 1_000, 10) == 1
    assert not await shelf.put([provider("rye", "c")], NOW + 1_000)


async def test_a_file_keeps_what_was_put(tmp_path: Path):
    """Closed and opened again: records, counts and limits go on."""
    file = DirectoryFile(tmp_path / "directory.sqlite")
    await SqliteShelf(file).put([provider("flour", "mill")], NOW)
    file.close()
    file = DirectoryFile(tmp_path / "directory.sqlite")
    shelf = SqliteShelf(file, ShelfLimits(of_holder=1))
    assert await holders(shelf, "flour") == {log("mill")}
    assert list(await shelf.put([provider("rye", "mill")], NOW)) == [0]
    file.close()


def test_a_file_of_a_newer_release_is_refused(tmp_path: Path):
    """And left as it is."""
    file = DirectoryFile(tmp_path / "directory.sqlite")
    file._connection.execute("PRAGMA user_version=99")
    file.close()
    for _ in range(2):
        with pytest.raises(Broken, match="SCHEMA_NEWER"):
            DirectoryFile(tmp_path / "directory.sqlite")


def test_what_is_no_database_is_busy(tmp_path: Path):
    """The node starts again when it can be read."""
    (tmp_path / "directory.sqlite").write_bytes(b"something else" * 1_000)
    with pytest.raises(Unavailable, match="STORE_BUSY"):
        DirectoryFile(tmp_path / "directory.sqlite")
