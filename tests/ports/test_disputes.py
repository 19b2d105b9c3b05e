"""What every record log promises about entries that are disputed or erased, on every back-end."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from tests.ports.batches import A, B, Writer, base, entry, fill, segment, size_of, stored
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.core.record import Kind
from tracehold.journey.ports import Batch, Dispute, Entry, Position, RecordLog

C = LogId(b"\xcc" * 32)

Ask = Callable[[RecordLog], Awaitable[Entry]]


def disputed(batch: Batch, *indices: int) -> Batch:
    """The batch, with these of its entries found wrong."""
    return replace(batch, disputes=[Dispute(at, "UNKNOWN_PARTY", 1) for at in indices])


async def test_disputes_are_kept_with_their_batch(store: RecordLog) -> None:
    """By index, of one log, within a range."""
    await fill(store, A, 1, first=90)
    writer = Writer.of(B)
    await store.append(disputed(writer.batch([entry(at) for at in range(4)]), 3, 1))
    await store.append(replace(writer.batch([entry(4)]), disputes=[Dispute(4, "BAD_SIGNATURE", 2)]))
    said = await store.disputes(B, 0, 9)
    assert said == [
        Dispute(1, "UNKNOWN_PARTY", 1),
        Dispute(3, "UNKNOWN_PARTY", 1),
        Dispute(4, "BAD_SIGNATURE", 2),
    ]
    assert [each.index for each in await store.disputes(B, 2, 4)] == [3]
    assert list(await store.disputes(A, 0, 9)) == []
    assert list(await store.disputes(C, 0, 9)) == []
    assert (await stored(store, 1)).raw == entry(1).raw


async def test_a_failed_append_leaves_no_dispute(store: RecordLog) -> None:
    """One transaction: HEAD_MOVED and CONFLICT keep nothing of the batch."""
    await fill(store, A, 1, first=90)
    writer = await fill(store, B, 2)
    with pytest.raises(Rejected, match="CONFLICT"):
        await store.append(disputed(writer.batch([entry(2), entry(1)]), 2))
    with pytest.raises(Rejected, match="HEAD_MOVED"):
        await store.append(disputed(writer.batch([entry(5)]), 4))
    assert list(await store.disputes(B, 0, 99)) == []
    assert list(await store.spans(B)) == [(0, 2)]


async def test_an_erased_record_keeps_its_place_and_nothing_else(store: RecordLog) -> None:
    """Empty bytes wherever it is read; its neighbours, totals, tiles and checkpoint as before."""
    writer = await fill(store, A, 5)
    await store.erase(A, 2)
    await store.erase(A, 2)
    kept = await store.read(A, 0, 9)
    assert [e.erased for e in kept] == [False, False, True, False, False]
    assert [e.bytes_total for e in kept] == [10, 20, 30, 40, 50]
    assert kept[2].fingerprint == entry(2).fingerprint
    assert kept[2].kind == "text/plain"
    assert await stored(store, 2) == kept[2]
    assert (await store.entries([entry(2).fingerprint]))[entry(2).fingerprint] == kept[2]
    assert (await store.find([entry(2).fingerprint]))[entry(2).fingerprint].index == 2
    assert await store.tiles(A, writer.tiles) == writer.tiles
    assert size_of(await store.checkpoint(A)) == 5
    with pytest.raises(Rejected, match="CONFLICT"):
        await store.append(writer.batch([entry(2)]))


async def test_an_erased_control_record_stays_one(store: RecordLog) -> None:
    """Its kind is kept, in a span and in a base."""
    await store.append(Writer.of(A).batch([entry(90, kind=Kind.LOG_HEADER), entry(91, kind=Kind.ENROL)]))
    await store.erase(A, 1)
    assert [(e.index, e.erased) for e in await store.controls(A)] == [(0, False), (1, True)]
    writer, entries = segment()
    await store.begin(base(writer, entries))
    await store.erase(B, 300)
    await store.begin(base(writer, entries))
    assert [(e.index, e.erased) for e in await store.controls(B, 1)] == [(1, False), (300, True)]
    await store.append(Writer.of(B).batch(entries[:400]))
    assert [(e.index, e.erased) for e in await store.controls(B, 1)] == [(1, False), (300, True)]


async def test_erasing_what_is_not_kept_does_nothing(store: RecordLog) -> None:
    """An unknown log, a place past the end or in a hole."""
    await fill(store, A, 2)
    await store.erase(B, 0)
    await store.erase(A, 2)
    assert [e.erased for e in await store.read(A, 0, 9)] == [False, False]
    assert list(await store.logs()) == [A]


async def test_the_key_of_an_erased_record_is_kept(store: RecordLog) -> None:
    """The same delegated event is not sealed a second time."""
    await store.append(Writer.of(A).batch([entry(0), entry(1, received=b"k" * 32)]))
    await store.erase(A, 1)
    assert await store.received([b"k" * 32]) == {b"k" * 32: entry(1).fingerprint}


async def test_a_record_that_was_redacted_before_is_kept_without_bytes(store: RecordLog) -> None:
    """It comes as a fingerprint, takes its place, and counts no bytes."""
    await fill(store, A, 1, first=90)
    gone = replace(entry(1), raw=b"", kind="")
    await store.append(Writer.of(B).batch([entry(0), gone, entry(2)]))
    kept = await store.read(B, 0, 9)
    assert [(e.raw, e.bytes_total) for e in kept] == [(entry(0).raw, 10), (b"", 10), (entry(2).raw, 20)]
    assert (await stored(store, 1)).erased
    await store.erase(B, 1)
    assert (await store.read(B, 1, 2, max_bytes=1))[0] == kept[1]


async def test_a_copy_with_bytes_is_read_before_an_erased_one(store: RecordLog) -> None:
    """Whichever log came first; yet it is found in the own log, so that it is not sealed there again."""
    for log in (A, B, C):
        await fill(store, log, 3)
    name = entry(1).fingerprint
    for log in (A, B, C):
        assert await store.find([name], within=log) == {name: Position(log, 1)}
    assert await store.find([name], within=LogId(bytes(32))) == {}
    await store.erase(A, 1)
    assert ((await stored(store, 1)).log, (await store.entries([name]))[name].log) == (B, B)
    assert (await store.find([name]))[name].log == A
    await store.erase(B, 1)
    assert ((await stored(store, 1)).log, (await stored(store, 1)).raw) == (C, entry(1).raw)
    await store.erase(C, 1)
    assert ((await stored(store, 1)).log, (await stored(store, 1)).erased) == (A, True)
    assert (await stored(store, 2)).log == A


async def test_among_foreign_logs_the_copy_with_bytes_is_found(store: RecordLog) -> None:
    """Where the own log does not have it, `find` and `entry` name one place."""
    await fill(store, A, 1, first=90)
    for log in (B, C):
        await fill(store, log, 3)
    name = entry(1).fingerprint
    assert (await store.find([name]))[name].log == B
    await store.erase(B, 1)
    assert ((await store.find([name]))[name].log, (await stored(store, 1)).log) == (C, C)


async def test_security_a_record_is_not_blemished_by_holding_it_too(store: RecordLog) -> None:
    """A creator that puts another's record into its own log, where it is disputed, hides nothing: the log in
    which nothing is wrong with it is named, though it came later.
    """
    await fill(store, A, 1, first=90)
    await store.append(disputed(Writer.of(B).batch([entry(0), entry(1)]), 1))
    name = entry(1).fingerprint
    assert (await store.find([name]))[name].log == B
    await fill(store, C, 2)
    assert ((await store.find([name]))[name].log, (await stored(store, 1)).log) == (C, C)
    assert (await store.entries([name]))[name].log == C
    assert (await store.find([entry(0).fingerprint]))[entry(0).fingerprint].log == B
