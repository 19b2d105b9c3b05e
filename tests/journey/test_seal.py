"""The sealer: one writer, group commit, positions judged where they are final."""

import asyncio
from contextlib import nullcontext

import pytest

from tests.journey.scene import FARM_KEY, MILL, MILL_KEY, control, creator, event, settle, statement
from tracehold.adapters.memory.log import MemoryLog
from tracehold.core.control import Enrol, Revoke
from tracehold.core.errors import Broken, TraceholdError, Unavailable
from tracehold.core.record import parse
from tracehold.journey import seal
from tracehold.journey import waiting as module
from tracehold.journey.batch import Candidate, Place
from tracehold.journey.delegate import Delegated
from tracehold.journey.fsck import check_log
from tracehold.journey.own_log import new_entry
from tracehold.journey.ports import Batch, NewEntry
from tracehold.journey.upload import Item, Statement


def candidate(item: Statement) -> Candidate:
    """The item as the checks pass it on."""
    return Candidate(parse(item.raw))


async def test_all_that_waits_is_sealed_in_one_transaction() -> None:
    """Fifty uploads at once, one append, one checkpoint; each gets its own answers."""
    async with creator() as made:
        assert isinstance(made.store, MemoryLog)
        made.pause()
        uploads = [asyncio.ensure_future(made.upload(statement(at), statement(100 + at))) for at in range(50)]
        await settle()
        before = made.store.appends
        made.resume()
        answers = await asyncio.gather(*uploads)
        assert made.store.appends == before + 1
        assert [outcome.index for outcomes in answers for outcome in outcomes] == list(range(3, 103))
        assert made.sealer.waiting == 0


async def test_a_batch_is_bounded_in_records_and_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit waits for the next; an upload is never cut."""
    async with creator() as made:
        assert isinstance(made.store, MemoryLog)
        monkeypatch.setattr(module, "MAX_SEAL_RECORDS", 4)
        made.pause()
        uploads = [
            asyncio.ensure_future(made.upload(*[statement(3 * at + n) for n in range(3)])) for at in range(3)
        ]
        await settle()
        before = made.store.appends
        made.resume()
        await asyncio.gather(*uploads)
        assert made.store.appends == before + 3
        monkeypatch.setattr(module, "MAX_SEAL_BYTES", 1)
        await asyncio.gather(*[made.upload(statement(50 + at)) for at in range(2)])
        assert made.store.appends == before + 5


async def test_a_backlog_over_the_limit_is_refused_as_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """BUSY with nothing taken; what waits is still sealed; a single upload is never too much."""
    monkeypatch.setattr(module, "MAX_WAITING_RECORDS", 3)
    async with creator() as made:
        made.pause()
        big = asyncio.ensure_future(made.upload(*[statement(at) for at in range(5)]))
        await settle()
        with pytest.raises(Unavailable, match="BUSY"):
            await made.upload(statement(9))
        made.resume()
        assert all(outcome.error is None for outcome in await big)
        assert (await made.upload(statement(9)))[0].index == 8


async def test_all_or_nothing_is_judged_where_positions_are_final() -> None:
    """The key is revoked between check and seal: the whole upload is refused, and others in the batch are
    not.
    """
    async with creator() as made:
        made.pause()
        first = asyncio.ensure_future(made.upload(control(Revoke(FARM_KEY.public.kid))))
        await settle()
        items: list[Item] = [Delegated(MILL, event(1)), statement(1), Delegated(MILL, event(2))]
        second = asyncio.ensure_future(made.upload(*items, all_or_nothing=True))
        third = asyncio.ensure_future(made.upload(Delegated(MILL, event(1))))
        await settle()
        made.resume()
        assert (await first)[0].index == 3
        codes = [outcome.error.code if outcome.error else "" for outcome in await second]
        assert codes == ["BATCH_REFUSED", "KEY_REVOKED", "BATCH_REFUSED"]
        (alone,) = await third
        assert (alone.index, alone.duplicate) == (4, False)
        assert (await check_log(made.store, made.sealer.own.log)).entries == 5


async def test_a_refused_upload_takes_its_enrolments_back_with_it() -> None:
    """All or nothing also for who may speak: a key enrolled by a refused upload signs nothing."""
    async with creator() as made:
        made.pause()
        revoke = asyncio.ensure_future(made.upload(control(Revoke(FARM_KEY.public.kid))))
        await settle()
        enrol = control(Enrol(MILL, MILL_KEY.public))
        refused = asyncio.ensure_future(made.upload(enrol, statement(1), all_or_nothing=True))
        await settle()
        late = made.sealer.seal([candidate(statement(2, key=MILL_KEY, party=MILL))])
        waiting = asyncio.ensure_future(late)
        await settle()
        made.resume()
        await asyncio.gather(revoke, refused)
        (answer,) = await waiting
        assert isinstance(answer, TraceholdError)
        assert answer.code == "UNKNOWN_PARTY"


async def test_checkpoint_time_never_decreases() -> None:
    """A clock that was set back: the log's time stands still until the clock has caught up."""
    async with creator() as made:
        await made.upload(statement(1))
        newest = made.sealer.own.checkpoint
        made.clock.time -= 3600
        await made.upload(statement(2))
        later = made.sealer.own.checkpoint
        assert newest is not None
        assert later is not None
        assert later.time_ms == newest.time_ms
        await check_log(made.store, made.sealer.own.log)


async def test_a_batch_over_a_segments_end_gets_a_checkpoint_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that an anchor can end where the segment ends."""
    monkeypatch.setattr(seal, "SEGMENT_ENTRIES", 4)
    async with creator() as made:
        await made.upload(*[statement(at) for at in range(7)])
        log = made.sealer.own.log
        sizes = [size for size in range(1, 11) if await made.store.checkpoint(log, size)]
        assert sizes == [2, 3, 4, 8, 10]


async def test_stopping_refuses_new_records_and_seals_what_waits() -> None:
    """First phase of a stop; the second may come once nothing waits."""
    async with creator() as made:
        made.pause()
        waiting = asyncio.ensure_future(made.upload(statement(1)))
        await settle()
        made.sealer.stop()
        with pytest.raises(Unavailable, match="STOPPING"):
            await made.upload(statement(2))
        assert made.sealer.waiting == 1
        made.resume()
        assert (await waiting)[0].index == 3
        assert made.sealer.waiting == 0


async def test_a_sealer_that_is_cancelled_answers_everyone() -> None:
    """Nobody waits for ever; nothing was promised."""

    class Slow(MemoryLog):
        gate = asyncio.Event()

        async def append(self, batch: Batch) -> None:
            if batch.first:
                await self.gate.wait()
            await super().append(batch)

    async with creator(Slow(), enrolled=False) as made:
        waiting = asyncio.ensure_future(made.upload(Delegated(MILL, event(1))))
        await settle()
        made.sealing.cancel()
        with pytest.raises(Unavailable, match="STOPPING"):
            await waiting
        with pytest.raises(Unavailable, match="STOPPING"):
            await made.upload(Delegated(MILL, event(2)))


async def test_another_writer_in_the_own_log_stops_the_node() -> None:
    """Two processes over one store: the compare-and-swap tells, and nothing is overwritten."""
    async with creator() as made:
        batch, _ = made.sealer.own.extend(
            [candidate_entry(statement(1))], made.sealer.own.roster, int(made.clock.time * 1000)
        )
        await made.store.append(batch)
        with pytest.raises(Broken, match="CORRUPT"):
            await made.upload(statement(2))
        with pytest.raises(Broken, match="CORRUPT"):
            await made.sealing


def candidate_entry(item: Statement) -> NewEntry:
    """The item as the store takes it."""
    return new_entry(parse(item.raw))


async def test_the_bell_rings_after_every_append() -> None:
    """Followers hear of new entries; a refused upload rings nothing."""
    async with creator() as made:
        ring = made.sealer.bell.next()
        await made.upload(statement(1, key=MILL_KEY))
        assert not ring.is_set()
        await made.upload(statement(2))
        assert ring.is_set()
        assert not made.sealer.bell.next().is_set()


async def test_stages_are_timed_where_the_work_is_done() -> None:
    """Parse, signature, check, seal, reply: the benchmark's stages, each at least once."""
    seen: list[str] = []

    def stage(name: str) -> nullcontext[None]:
        seen.append(name)
        return nullcontext()

    async with creator() as made:
        made.sealer._stage = stage
        made.uploads._receipts._stage = stage
        object.__setattr__(made.uploads._intake.checks, "stage", stage)
        await made.upload(statement(1))
        assert {"parse", "check", "signature", "seal", "reply"} <= set(seen)


async def test_places_of_one_batch_follow_the_order_of_arrival() -> None:
    """Answers name the place that the log holds."""
    async with creator() as made:
        records = [statement(at) for at in range(20)]
        answers = await made.sealer.seal([candidate(record) for record in records])
        for record, answer in zip(records, answers, strict=True):
            assert isinstance(answer, Place)
            (entry,) = await made.store.read(made.sealer.own.log, answer.index, answer.index + 1)
            assert entry.raw == record.raw
