"""What every record log promises about foreign logs of which it keeps a part, on every back-end."""

from dataclasses import replace

import pytest

from tests.ports.batches import CONTROLS, A, B, Writer, base, entry, fill, segment, size_of
from tracehold.core.errors import Rejected
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.record import Kind
from tracehold.core.tiles import Coord
from tracehold.journey.ports import Base, RecordLog

START = SEGMENT_ENTRIES
ALL = 1 << 20


async def begun(store: RecordLog) -> Writer:
    """The own log, and B's second segment begun; what goes on there."""
    await fill(store, A, 1, first=90_000)
    writer, entries = segment()
    await store.begin(base(writer, entries))
    return writer


async def test_an_own_log_is_one_span(store: RecordLog) -> None:
    """From entry 0 to its end; an unknown log has none."""
    await fill(store, A, 3, 2)
    assert list(await store.spans(A)) == [(0, 5)]
    assert list(await store.spans(B)) == []


async def test_a_span_begins_behind_its_base(store: RecordLog) -> None:
    """It is empty at first, counts its bytes from its start, and is read by itself."""
    writer = await begun(store)
    assert (list(await store.spans(B)), await store.size(B)) == ([], 0)
    assert list(await store.logs()) == [A, B]
    await store.append(writer.batch([entry(START), entry(START + 1)]))
    await store.append(writer.batch([entry(START + 2)]))
    assert (list(await store.spans(B)), await store.size(B)) == ([(START, START + 3)], START + 3)
    kept = await store.read(B, START, ALL)
    assert [(e.index, e.bytes_total) for e in kept] == [(START, 10), (START + 1, 20), (START + 2, 30)]
    assert size_of(await store.checkpoint(B)) == START + 3
    assert size_of(await store.checkpoint_covering(B, START)) == START + 2


async def test_the_control_records_of_a_base_are_found_and_not_read(store: RecordLog) -> None:
    """By `controls`, `find`, `entry` and `entries`; they stand in no span."""
    writer = await begun(store)
    await store.append(writer.batch([entry(START, kind=Kind.SNAPSHOT), entry(START + 1)]))
    assert [e.index for e in await store.controls(B)] == [*CONTROLS, START]
    assert [e.index for e in await store.controls(B, 2)] == [300, START]
    first, second, *_ = await store.controls(B)
    assert await store.controls(B, 0, 0) == [first], "one at least, so that whoever pages comes on"
    assert await store.controls(B, 0, len(first.raw)) == [first, second]
    names = [entry(at).fingerprint for at in CONTROLS]
    assert [place.index for place in (await store.find(names)).values()] == list(CONTROLS)
    one = await store.entry(names[2])
    assert one is not None
    assert (one.log, one.index, one.raw, one.bytes_total) == (B, 300, entry(300).raw, 0)
    assert (await store.entries(names))[names[2]] == one
    for start in (0, 1, 300, START - 1):
        assert list(await store.read(B, start, ALL)) == []


async def test_the_tiles_of_a_base_are_kept_and_grow(store: RecordLog) -> None:
    """So that what stands before the span can be proved."""
    writer = await begun(store)
    await store.append(writer.batch([entry(START + at) for at in range(256)]))
    wanted = [Coord(0, 0), Coord(0, 1), Coord(1, 0), Coord(1, 1), Coord(2, 0), Coord(0, 256)]
    assert await store.tiles(B, wanted) == {at: writer.tiles[at] for at in wanted}
    assert await store.tiles(B, [Coord(0, 2)]) == {}


async def test_a_base_comes_in_parts_and_again(store: RecordLog) -> None:
    """In any number of calls, and once more when the span has grown: nothing is lost or doubled."""
    await fill(store, A, 1, first=90_000)
    writer, entries = segment()
    whole = base(writer, entries)
    parts = [Base(B, START, [tile], ()) for tile in whole.tiles]
    parts += [Base(B, START, (), [control]) for control in whole.controls]
    for part in (*parts, *parts, whole):
        await store.begin(part)
    await store.append(writer.batch([entry(START + at) for at in range(START)]))
    for part in (*parts, whole):
        await store.begin(part)
    assert [e.index for e in await store.controls(B)] == list(CONTROLS)
    assert list(await store.spans(B)) == [(START, 2 * START)]
    assert await store.tiles(B, [Coord(2, 0)]) == {Coord(2, 0): writer.tiles[Coord(2, 0)]}
    assert len(writer.tiles[Coord(2, 0)]) == 64
    await store.append(writer.batch([entry(2 * START)]))
    assert list(await store.spans(B)) == [(START, 2 * START + 1)]


async def test_a_copy_may_begin_before_a_later_one_whose_base_has_its_first_entry(store: RecordLog) -> None:
    """A segment's first entry is a snapshot, which every later base brings: that is no span yet."""
    await fill(store, A, 1, first=90_000)
    writer, entries = segment()
    first = entry(START, kind=Kind.SNAPSHOT)
    await store.begin(Base(B, 2 * START, (), [(START, first)]))
    await store.begin(base(writer, entries))
    await store.append(writer.batch([first, entry(START + 1)]))
    assert list(await store.spans(B)) == [(START, START + 2)]
    assert [e.index for e in await store.controls(B)] == [*CONTROLS, START]


@pytest.mark.parametrize("first", [1, 300, START - 1, START + 1, START + 3, 2 * START])
async def test_nothing_is_appended_inside_a_hole_or_a_span(store: RecordLog, first: int) -> None:
    """HEAD_MOVED where no span ends and none was begun; nothing is written."""
    writer = await begun(store)
    await store.append(writer.batch([entry(START), entry(START + 1)]))
    wrong = replace(writer.batch([entry(START + 7)]), first=first)
    with pytest.raises(Rejected, match="HEAD_MOVED"):
        await store.append(wrong)
    assert list(await store.spans(B)) == [(START, START + 2)]
    assert await store.find([entry(START + 7).fingerprint]) == {}


async def test_a_later_segment_needs_its_base(store: RecordLog) -> None:
    """HEAD_MOVED in a log that is unknown, and in one whose span ends before."""
    writer, _ = segment()
    batch = writer.batch([entry(START)])
    with pytest.raises(Rejected, match="HEAD_MOVED"):
        await store.append(batch)
    assert list(await store.logs()) == []
    await fill(store, A, 1, first=90_000)
    await fill(store, B, 3)
    with pytest.raises(Rejected, match="HEAD_MOVED"):
        await store.append(batch)


async def test_spans_that_meet_are_one(store: RecordLog) -> None:
    """The hole before a later span is filled from entry 0: bytes count from there, control records of the
    base are taken in, tiles of the later span stay.
    """
    later = await begun(store)
    await store.append(later.batch([entry(START + at) for at in range(300)], time_ms=9))
    _, entries = segment()
    early = Writer.of(B)
    await store.append(early.batch(entries[:60_000]))
    assert list(await store.spans(B)) == [(0, 60_000), (START, START + 300)]
    assert [e.index for e in await store.read(B, 59_998, ALL)] == [59_998, 59_999]
    assert size_of(await store.checkpoint_within(B, 100, ALL, ALL)) == 60_000
    await store.append(early.batch(entries[60_000:]))
    assert list(await store.spans(B)) == [(0, START + 300)]
    across = await store.read(B, START - 2, START + 2)
    assert [(e.index, e.bytes_total) for e in across] == [
        (at, 10 * (at + 1)) for at in range(START - 2, START + 2)
    ]
    assert [e.index for e in await store.controls(B)] == list(CONTROLS)
    coords = [Coord(0, 0), Coord(1, 0), Coord(1, 1), Coord(2, 0), Coord(0, 257)]
    assert await store.tiles(B, coords) == {at: later.tiles[at] for at in coords}
    assert size_of(await store.checkpoint_within(B, 60_000, ALL, 10 << 20)) == START + 300
    assert size_of(await store.checkpoint_within(B, 60_000, ALL, 56_000)) == START
    assert size_of(await store.checkpoint_within(B, START, ALL, 1)) == START + 300
    await store.append(later.batch([entry(START + 300)], time_ms=9))
    assert list(await store.spans(B)) == [(0, START + 301)]
    assert (await store.read(B, START + 300, ALL))[0].bytes_total == 10 * (START + 301)


async def test_a_batch_does_not_reach_into_a_later_span(store: RecordLog) -> None:
    """CONFLICT, and nothing of it is kept."""
    later = await begun(store)
    await store.append(later.batch([entry(START)]))
    _, entries = segment()
    await store.append(Writer.of(B).batch(entries[:10]))
    early = Writer.of(B)
    early.batch(entries[:10])
    with pytest.raises(Rejected, match="CONFLICT"):
        await store.append(early.batch([*entries[10:], entry(START + 5)]))
    assert list(await store.spans(B)) == [(0, 10), (START, START + 1)]
    assert await store.find([entry(10).fingerprint]) == {}


@pytest.mark.parametrize("wrong", [{1: 77}, {2: 300}, {1: 2, 2: 1}], ids=str)
async def test_a_control_record_of_a_base_keeps_its_place(store: RecordLog, wrong: dict[int, int]) -> None:
    """Another record at its place, or the record at another place, is CONFLICT; the base stays."""
    await begun(store)
    numbers = [wrong.get(at, at) for at in range(5)]
    with pytest.raises(Rejected, match="CONFLICT"):
        await store.append(Writer.of(B).batch([entry(number) for number in numbers]))
    assert [e.index for e in await store.controls(B)] == list(CONTROLS)
    assert list(await store.spans(B)) == []


async def test_no_base_begins_where_a_span_is(store: RecordLog) -> None:
    """A span that reaches the place goes on by itself."""
    await fill(store, A, 1, first=90_000)
    writer, entries = segment()
    early = Writer.of(B)
    await store.append(early.batch(entries))
    await store.begin(base(writer, entries))
    await store.append(writer.batch([entry(START)]))
    assert list(await store.spans(B)) == [(0, START + 1)]
    assert (await store.read(B, START, ALL))[0].bytes_total == 10 * (START + 1)


async def test_a_span_that_goes_past_a_place_where_one_was_begun_goes_on(store: RecordLog) -> None:
    """Nothing begins inside it any more."""
    writer = await begun(store)
    _, entries = segment()
    early = Writer.of(B)
    await store.append(early.batch([*entries, *[entry(START + at) for at in range(5)]]))
    assert list(await store.spans(B)) == [(0, START + 5)]
    with pytest.raises(Rejected, match="HEAD_MOVED"):
        await store.append(writer.batch([entry(START + 9)]))
    await store.append(early.batch([entry(START + 5)]))
    assert list(await store.spans(B)) == [(0, START + 6)]
    assert (await store.read(B, START + 5, ALL))[0].bytes_total == 10 * (START + 6)
