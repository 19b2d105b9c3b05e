"""What every record log promises about entries that are kept before they are judged, on every back-end."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.ports.batches import A, B, Writer, base, entry, fill, segment
from tracehold.adapters.memory.log import MemoryLog
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.record import Kind
from tracehold.journey.ports import Dispute, RecordLog

C = LogId(b"\xcc" * 32)


def dispute(index: int) -> Dispute:
    """Something that was found wrong."""
    return Dispute(index, "UNKNOWN_PARTY", 1)


async def haste(store: RecordLog, log: LogId, *sizes: int) -> Writer:
    """Append batches of so many entries, all unjudged, behind an own log."""
    await fill(store, A, 1, first=900)
    writer = Writer.of(log)
    for size in sizes:
        first = writer.tree.end
        batch = writer.batch([entry(at) for at in range(first, first + size)])
        await store.append(replace(batch, unjudged=True))
    return writer


async def judge(store: RecordLog, *pieces: tuple[int, int, Sequence[int]]) -> None:
    """Judge pieces of B, with disputes about these entries."""
    for start, stop, wrong in pieces:
        await store.judged(B, start, stop, [dispute(at) for at in wrong])


async def test_nothing_is_unjudged_at_first(store: RecordLog) -> None:
    """Nor by batches that were judged as they came, nor of a log that is unknown."""
    await fill(store, A, 2)
    await fill(store, B, 3)
    assert [await store.unjudged(log) for log in (A, B, C)] == [(), (), ()]


async def test_batches_that_follow_each_other_are_one_run(store: RecordLog) -> None:
    """With a judged batch between them they are two; another log has its own."""
    writer = await haste(store, B, 2, 3)
    assert await store.unjudged(B) == ((0, 5),)
    await store.append(writer.batch([entry(5)]))
    await store.append(replace(writer.batch([entry(6)]), unjudged=True))
    assert await store.unjudged(B) == ((0, 5), (6, 7))
    await store.append(replace(Writer.of(C).batch([entry(0)]), unjudged=True))
    assert (await store.unjudged(A), await store.unjudged(C)) == ((), ((0, 1),))


async def test_what_was_judged_is_taken_out_of_the_runs(store: RecordLog) -> None:
    """From the front, the end, the middle; over more than a run; its disputes stay with it."""
    await haste(store, B, 10)
    await judge(store, (0, 2, [1]), (9, 10, []), (4, 6, [5, 4]))
    assert await store.unjudged(B) == ((2, 4), (6, 9))
    assert list(await store.disputes(B, 0, 99)) == [dispute(1), dispute(4), dispute(5)]
    await judge(store, (3, 8, []))
    assert await store.unjudged(B) == ((2, 3), (8, 9))
    await judge(store, (0, 10, []))
    assert await store.unjudged(B) == ()


async def test_judging_again_changes_nothing(store: RecordLog) -> None:
    """Harmless to repeat; what is known of an entry stays."""
    await haste(store, B, 4)
    for _ in range(2):
        await judge(store, (0, 3, [1]))
    await store.judged(B, 0, 3, [Dispute(1, "BAD_SIGNATURE", 2)])
    assert list(await store.disputes(B, 0, 9)) == [dispute(1)]
    assert await store.unjudged(B) == ((3, 4),)


async def test_the_disputes_of_control_records_come_with_the_batch(store: RecordLog) -> None:
    """They are judged as they come, and stay when the rest is judged."""
    await fill(store, A, 1, first=900)
    batch = Writer.of(B).batch([entry(0), entry(1, kind=Kind.ENROL), entry(2)])
    await store.append(replace(batch, unjudged=True, disputes=[dispute(1)]))
    assert list(await store.disputes(B, 0, 9)) == [dispute(1)]
    await judge(store, (0, 3, [2]))
    assert list(await store.disputes(B, 0, 9)) == [dispute(1), dispute(2)]


async def test_security_an_unjudged_record_is_not_found_by_its_fingerprint(store: RecordLog) -> None:
    """`find`, `entry`, `entries` leave it out until it is judged; by its place it is read."""
    await haste(store, B, 4)
    names = [entry(at).fingerprint for at in range(4)]
    assert [await store.find(names), await store.entries(names), await store.entry(names[0])] == [
        {},
        {},
        None,
    ]
    assert [kept.raw for kept in await store.read(B, 0, 9)] == [entry(at).raw for at in range(4)]
    await judge(store, (1, 3, [2]))
    assert {place.index for place in (await store.find(names)).values()} == {1, 2}
    assert {kept.index for kept in (await store.entries(names)).values()} == {1, 2}
    assert (await store.entry(names[3]), (await store.find(names[3:]))) == (None, {})


async def test_security_a_judged_copy_is_shown_before_an_unjudged_one(store: RecordLog) -> None:
    """Whichever log came first, and even where something was found wrong with it."""
    await haste(store, B, 2)
    batch = Writer.of(C).batch([entry(0), entry(1)])
    await store.append(replace(batch, disputes=[dispute(1)]))
    name = entry(1).fingerprint
    assert (await store.find([name]))[name].log == C
    await judge(store, (0, 2, []))
    assert (await store.find([name]))[name].log == B


async def test_a_record_is_once_in_a_log_judged_or_not(store: RecordLog) -> None:
    """CONFLICT, and the runs stay as they were."""
    writer = await haste(store, B, 2)
    with pytest.raises(Rejected, match="CONFLICT"):
        await store.append(replace(writer.batch([entry(1)]), unjudged=True))
    assert await store.unjudged(B) == ((0, 2),)


async def test_an_unjudged_record_can_be_erased(store: RecordLog) -> None:
    """It stays to be judged, without its bytes."""
    await haste(store, B, 3)
    await store.erase(B, 1)
    assert await store.unjudged(B) == ((0, 3),)
    assert [kept.erased for kept in await store.read(B, 0, 3)] == [False, True, False]


async def test_runs_stand_behind_a_base_and_join_where_a_hole_is_filled(store: RecordLog) -> None:
    """The base is proved and judged; what meets is one run."""
    await fill(store, A, 1, first=99_999)
    writer, entries = segment()
    await store.begin(base(writer, entries))
    assert await store.unjudged(B) == ()
    await store.append(replace(writer.batch([entry(SEGMENT_ENTRIES)]), unjudged=True))
    assert await store.unjudged(B) == ((SEGMENT_ENTRIES, SEGMENT_ENTRIES + 1),)
    await store.append(replace(Writer.of(B).batch(entries), unjudged=True))
    assert await store.unjudged(B) == ((0, SEGMENT_ENTRIES + 1),)


async def test_unjudged_runs_survive_the_process(tmp_path: Path) -> None:
    """They are as durable as the entries: nothing passes as judged after a crash."""
    async with SqliteLog.open(tmp_path) as store:
        await haste(store, B, 5)
        await judge(store, (0, 2, [1]))
    async with SqliteLog.open(tmp_path) as store:
        assert await store.unjudged(B) == ((2, 5),)
        assert list(await store.disputes(B, 0, 9)) == [dispute(1)]


async def test_the_memory_log_stops_a_holder_that_judges_what_it_must_not() -> None:
    """The own log; a dispute about what is still to be judged; what is not kept; what was not judged."""
    store = MemoryLog()
    own = await fill(store, A, 1, first=900)
    batch = replace(Writer.of(B).batch([entry(0), entry(1)]), unjudged=True)
    wrong = [
        replace(own.batch([entry(2)]), unjudged=True),
        replace(batch, disputes=[dispute(1)]),
    ]
    for each in wrong:
        with pytest.raises(AssertionError):
            await store.append(each)
    await store.append(batch)
    for start, stop, disputes in ((0, 3, []), (0, 1, [dispute(1)]), (0, 2, [dispute(1)] * 2)):
        with pytest.raises(AssertionError):
            await store.judged(B, start, stop, disputes)
