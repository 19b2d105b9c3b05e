"""What every record log promises, on every back-end."""

import asyncio

import pytest

from tests.journey.scene import FARM_KEY, NETWORK, NODE_KEY, OPERATOR, SALTS, START, statement
from tests.ports.batches import A, B, Writer, entry, fill, size_of, stored
from tracehold.core.errors import Rejected
from tracehold.core.record import parse
from tracehold.core.tiles import Coord
from tracehold.journey.own_log import Identity, OwnLog, new_entry, open_log
from tracehold.journey.ports import (
    RecordLog,
)


async def test_an_empty_store_knows_nothing(store: RecordLog) -> None:
    """Every question to an empty store has an empty answer."""
    assert list(await store.logs()) == []
    assert await store.size(A) == 0
    assert list(await store.read(A, 0, 10)) == []
    assert await store.find([entry(1).fingerprint]) == {}
    assert await store.entry(entry(1).fingerprint) is None
    assert await store.entries([entry(1).fingerprint]) == {}
    assert await store.checkpoint(A) is None
    assert await store.checkpoint_covering(A, 0) is None
    assert await store.checkpoint_within(A, 0, 100, 100) is None
    assert await store.anchor_covering(A, 0) is None
    assert await store.bookmark("index") == 0


async def test_a_batch_is_read_as_it_was_appended(store: RecordLog) -> None:
    """Bytes, order, kinds, running totals."""
    await fill(store, A, 3, 2)
    entries = await store.read(A, 0, 100)
    assert [e.index for e in entries] == [0, 1, 2, 3, 4]
    assert [e.raw for e in entries] == [entry(at).raw for at in range(5)]
    assert [e.bytes_total for e in entries] == [10, 20, 30, 40, 50]
    assert entries[0].kind == "text/plain"
    assert await store.size(A) == 5


async def test_many_records_are_read_at_once(store: RecordLog) -> None:
    """Those that are kept, each from the first log that has it; the rest is left out."""
    await fill(store, A, 3)
    await fill(store, B, 5)
    names = [entry(at).fingerprint for at in range(7)]
    found = await store.entries(names)
    assert {name: (e.log, e.index, e.raw) for name, e in found.items()} == {
        names[at]: (A if at < 3 else B, at, entry(at).raw) for at in range(5)
    }
    assert await store.entries([]) == {}


async def test_reading_is_bounded_in_bytes_but_makes_progress(store: RecordLog) -> None:
    """A byte limit cuts the answer after at least one entry."""
    await fill(store, A, 10)
    assert [e.index for e in await store.read(A, 2, 8, max_bytes=25)] == [2, 3]
    assert [e.index for e in await store.read(A, 2, 8, max_bytes=1)] == [2]
    assert [e.index for e in await store.read(A, 2, 4)] == [2, 3]


async def test_the_swap_fails_where_the_log_has_another_size(store: RecordLog) -> None:
    """Appending twice, or with a gap, is HEAD_MOVED and writes nothing."""
    writer = await fill(store, A, 2)
    again = Writer.of(A).batch([entry(0), entry(1)])
    with pytest.raises(Rejected, match="HEAD_MOVED"):
        await store.append(again)
    writer.batch([entry(2)])
    with pytest.raises(Rejected, match="HEAD_MOVED"):
        await store.append(writer.batch([entry(3)]))
    assert await store.size(A) == 2
    assert size_of(await store.checkpoint(A)) == 2


async def test_a_fingerprint_stands_once_in_a_log(store: RecordLog) -> None:
    """A record that is in the log already is CONFLICT, and nothing of its batch is kept."""
    writer = await fill(store, A, 2)
    with pytest.raises(Rejected, match="CONFLICT"):
        await store.append(writer.batch([entry(7), entry(1)]))
    assert await store.size(A) == 2
    assert await store.find([entry(7).fingerprint]) == {}
    assert size_of(await store.checkpoint(A)) == 2


async def test_a_record_may_stand_in_several_logs_and_the_first_log_is_found(store: RecordLog) -> None:
    """Found in the log that came first, whichever got the record first."""
    own = await fill(store, A, 1)
    await fill(store, B, 2, first=50)
    await store.append(own.batch([entry(51)]))
    place = (await store.find([entry(51).fingerprint]))[entry(51).fingerprint]
    assert (place.log, place.index) == (A, 1)
    assert list(await store.logs()) == [A, B]
    assert (await stored(store, 51)).log == A
    assert await store.size(B) == 2


async def test_find_leaves_out_what_is_not_kept(store: RecordLog) -> None:
    """More fingerprints than one statement of SQL takes, half of them unknown."""
    await fill(store, A, 700)
    found = await store.find([entry(at).fingerprint for at in range(1400)])
    assert len(found) == 700
    assert found[entry(699).fingerprint].index == 699


async def test_received_keys_lead_to_the_first_record(store: RecordLog) -> None:
    """The idempotency key is stored with its record."""
    writer = Writer.of(A)
    await store.append(writer.batch([entry(0), entry(1, received=b"k" * 32)]))
    assert await store.received([b"k" * 32, b"x" * 32]) == {b"k" * 32: entry(1).fingerprint}
    with pytest.raises(Rejected, match="CONFLICT"):
        await store.append(writer.batch([entry(2, received=b"k" * 32)]))


async def test_controls_are_the_control_records_in_order(store: RecordLog) -> None:
    """Only the kinds that say who may speak, of one log, from an index on."""
    enrol = "application/vnd.tracehold.enrol+cbor"
    header = "application/vnd.tracehold.log-header+cbor"
    for log, offset in ((A, 0), (B, 100)):
        entries = [entry(offset, kind=header), entry(offset + 1), entry(offset + 2, kind=enrol)]
        await store.append(Writer.of(log).batch(entries))
    assert [(e.log, e.index) for e in await store.controls(A)] == [(A, 0), (A, 2)]
    assert [e.index for e in await store.controls(B, start=1)] == [2]


async def test_tiles_stand_at_the_present_size(store: RecordLog) -> None:
    """Partial tiles grow; full ones have 256 hashes and a parent."""
    writer = await fill(store, A, 255, 10)
    tiles = await store.tiles(A, [Coord(0, 0), Coord(0, 1), Coord(1, 0), Coord(0, 2)])
    assert {at: len(hashes) // 32 for at, hashes in tiles.items()} == {
        Coord(0, 0): 256,
        Coord(0, 1): 9,
        Coord(1, 0): 1,
    }
    assert tiles == {at: writer.tiles[at] for at in tiles}


async def test_bookmarks_are_kept_by_name(store: RecordLog) -> None:
    """Each follower has its own, and a repeat is harmless."""
    await store.save_bookmark("index", 3)
    await store.save_bookmark("index", 5)
    await store.save_bookmark("index", 5)
    assert (await store.bookmark("index"), await store.bookmark("other")) == (5, 0)
    await store.probe()


async def test_reads_run_beside_a_writer(store: RecordLog) -> None:
    """Readers see whole batches only: a size always has its checkpoint and its entries."""
    writer = Writer.of(A)
    batches = [writer.batch([entry(at)], time_ms=at + 1) for at in range(40)]

    async def write() -> None:
        for batch in batches:
            await store.append(batch)

    async def look() -> None:
        for _ in range(40):
            size = await store.size(A)
            if size:
                assert size_of(await store.checkpoint(A, size)) == size
                assert len(await store.read(A, 0, size)) == size

    await asyncio.gather(write(), look(), look())
    assert await store.size(A) == 40


async def test_a_log_of_several_hundred_entries_is_opened_and_extended(store: RecordLog) -> None:
    """The own log over this back-end: reopening gives the log as it was."""
    identity = Identity(OPERATOR, NODE_KEY, NETWORK)
    own = await open_log(store, identity, lambda: START, SALTS)
    for _ in range(3):
        entries = [new_entry(parse(statement(at, key=FARM_KEY).raw)) for at in range(130)]
        batch, own = own.extend(entries, own.roster, int(START * 1000))
        await store.append(batch)
    again: OwnLog = await open_log(store, identity, lambda: START, SALTS)
    assert (again.log, again.size, again.checkpoint) == (own.log, 392, own.checkpoint)
    assert again.edge == own.edge
    assert again.range.root() == own.range.root()
