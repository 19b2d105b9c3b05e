"""Snapshots: entry 0 of every later segment and one a day when the log grew, made by the sealer alone."""

import asyncio

import pytest

from tests.journey.scene import (
    FARM,
    MILL,
    MILL_KEY,
    Creator,
    codes,
    control,
    creator,
    damaged,
    settle,
    start,
    statement,
    whole,
)
from tracehold.core.control import Enrol, Mandate, Snapshot, decode_control
from tracehold.core.errors import TraceholdError
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.record import CONTROL_KINDS, Kind, fingerprint, parse
from tracehold.core.snapshot import RULES_VERSION, Listed
from tracehold.journey import seal, snapshots
from tracehold.journey.batch import Candidate
from tracehold.journey.ports import NewEntry

DAY_S = 86_400


async def kinds(made: Creator) -> list[str]:
    """The kinds of the own log's entries, in words."""
    entries = await made.store.read(made.sealer.own.log, 0, 1 << 40)
    words = [entry.kind.removeprefix("application/vnd.tracehold.") for entry in entries]
    return [word.split("+")[0] for word in words]


async def said(made: Creator, index: int) -> Snapshot:
    """What the snapshot at an index says."""
    (entry,) = await made.store.read(made.sealer.own.log, index, index + 1)
    says = decode_control(entry.kind, parse(entry.raw).payload)
    assert isinstance(says, Snapshot)
    return says


async def listed(made: Creator, before: int) -> Snapshot:
    """What a snapshot at `before` must say, by what stands in the store."""
    found = Listed()
    for entry in await made.store.controls(made.sealer.own.log):
        if entry.index < before:
            found.add(entry.index, entry.fingerprint)
    return found.snapshot()


async def test_a_day_later_the_log_grows_by_a_snapshot_first() -> None:
    """It stands before the first record of the day, and lists the control records before it, older snapshots
    among them; more of the same day follow without one.
    """
    async with creator() as made:
        await made.upload(statement(1))
        made.clock.time += DAY_S
        (outcome,) = await made.upload(statement(2))
        await made.upload(statement(3))
        assert outcome.index == 5
        made.clock.time += DAY_S
        await made.upload(statement(4))
        assert await kinds(made) == [
            *("log-header", "enrol", "enrol", "event"),
            *("snapshot", "event", "event"),
            *("snapshot", "event"),
        ]
        assert await said(made, 4) == Snapshot(3, (await listed(made, 4)).root, RULES_VERSION)
        assert await said(made, 7) == Snapshot(4, (await listed(made, 7)).root, RULES_VERSION)
        assert await whole(made) == 9


async def test_a_log_that_does_not_grow_gets_no_snapshot() -> None:
    """Days without uploads, and uploads that are refused or came before, leave it as it is."""
    async with creator() as made:
        await made.upload(first := statement(1))
        size = made.sealer.own.size
        made.clock.time += 10 * DAY_S
        assert codes(await made.upload(damaged(statement(2)))) == ["BAD_SIGNATURE"]
        assert codes(await made.upload(control(Mandate(MILL), key=MILL_KEY, party=MILL))) != [""]
        assert codes(await made.upload(first)) == [""]
        assert made.sealer.own.size == size


async def test_the_day_is_counted_over_restarts() -> None:
    """From the last snapshot's time as it stands in the log."""
    async with creator() as made:
        made.clock.time += DAY_S
        await made.upload(statement(1))
        made.clock.time += DAY_S / 2
        await made.crash()
        again = await start(made.store, made.clock)
        await again.upload(statement(2))
        assert (await kinds(again)).count("snapshot") == 1
        made.clock.time += DAY_S / 2
        await again.upload(statement(3))
        assert (await kinds(again)).count("snapshot") == 2
        assert await whole(again) == 8
        await again.crash()


async def test_control_records_of_the_same_seal_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those before the snapshot in its batch, and none behind it."""
    for module in (seal, snapshots):
        monkeypatch.setattr(module, "SEGMENT_ENTRIES", 4)
    async with creator() as made:
        enrol = control(Enrol(MILL, MILL_KEY.public))
        outcomes = await made.upload(enrol, statement(1, key=MILL_KEY, party=MILL), statement(2))
        assert [outcome.index for outcome in outcomes] == [3, 5, 6]
        assert await said(made, 4) == await listed(made, 4)
        assert (await said(made, 4)).controls == 4
        assert (await made.store.checkpoint(made.sealer.own.log, 4)) is not None


async def test_an_upload_that_is_refused_as_a_whole_takes_its_snapshot_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also one that a single refused record was about to begin the segment with."""
    for module in (seal, snapshots):
        monkeypatch.setattr(module, "SEGMENT_ENTRIES", 4)
    async with creator() as made:
        await made.upload(statement(1))
        made.pause()
        strange = control(Enrol(FARM, MILL_KEY.public), key=MILL_KEY, party=MILL)
        alone = asyncio.ensure_future(made.sealer.seal([Candidate(parse(strange.raw))]))
        uploads = [
            [Candidate(parse(item.raw)) for item in items] for items in ((statement(2), strange), (strange,))
        ]
        waiting = [asyncio.ensure_future(made.sealer.seal(upload, together=True)) for upload in uploads]
        await settle()
        made.resume()
        for answers in await asyncio.gather(alone, *waiting):
            assert all(isinstance(answer, TraceholdError) for answer in answers)
        assert made.sealer.own.size == 4
        (outcome,) = await made.upload(statement(3))
        assert outcome.index == 5
        assert await kinds(made) == ["log-header", "enrol", "enrol", "event", "snapshot", "event"]


async def test_nobody_uploads_a_snapshot() -> None:
    """Not even with the node key: a sealed one that lists other records would break the log for its
    holders.
    """
    async with creator() as made:
        item = control(Listed().snapshot())
        assert codes(await made.upload(item)) == ["BAD_CONTROL"]


async def test_a_real_segment_ends_and_the_next_begins_with_its_snapshot() -> None:
    """65,536 entries, the last two of which are sealed with the first of the next segment."""
    async with creator() as made:
        await made.crash()
        own = made.sealer.own
        raws = [b"entry %d" % at for at in range(own.size, SEGMENT_ENTRIES - 2)]
        batch, _ = own.extend([NewEntry(fingerprint(raw), raw, "") for raw in raws], own.roster, 0)
        await made.store.append(batch)
        again = await start(made.store, made.clock)
        outcomes = await again.upload(*(statement(at) for at in range(4)))
        await again.crash()
        assert [outcome.index for outcome in outcomes] == [65_534, 65_535, 65_537, 65_538]
        controls = await again.store.controls(own.log)
        assert [entry.index for entry in controls] == [0, 1, 2, SEGMENT_ENTRIES]
        assert controls[-1].kind == Kind.SNAPSHOT
        assert Kind.SNAPSHOT in CONTROL_KINDS
        assert await said(again, SEGMENT_ENTRIES) == await listed(again, SEGMENT_ENTRIES)
        ends = [
            await again.store.checkpoint(own.log, size) for size in (SEGMENT_ENTRIES, SEGMENT_ENTRIES + 3)
        ]
        assert all(ends)


async def test_the_salt_of_a_snapshot_is_its_own() -> None:
    """Other positions have other salts, so that equal snapshots are different records."""
    async with creator() as made:
        own = made.sealer.own
        made_twice = [own.snapshots.make(own.identity, own.log, index, 1_000) for index in (7, 8, 7)]
        salts = [record.header.salt for record in made_twice]
        assert salts[0] == salts[2] != salts[1]
        assert len(salts[0]) == 16
