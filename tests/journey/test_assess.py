"""What is kept in haste is judged afterwards: the same findings, and nothing is shown before."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.journey.assess_scene import ENROL, WRONG, judged, keep, odd
from tests.journey.holding_scene import Holder, scene
from tests.journey.scene import (
    FARM,
    FARM_KEY,
    MILL,
    MILL_KEY,
    control,
    damaged,
    settle,
    statement,
)
from tracehold.adapters.memory.log import MemoryLog
from tracehold.core.control import Revoke
from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.core.ids import LogId
from tracehold.journey import assess
from tracehold.journey import judge as judging
from tracehold.journey.assess import Assessor
from tracehold.journey.check import Pair, verify_inline
from tracehold.journey.follow import Bell
from tracehold.journey.judge import Judge


async def test_everything_is_kept_and_only_control_records_are_judged_at_once() -> None:
    """Bytes, tiles, checkpoint as otherwise; who may speak is known already."""
    made = await odd()
    await keep(made)
    store, log = made.holder.store, made.branch.log
    assert await made.holder.root(log) == made.branch.checkpoints[15].root
    assert await store.unjudged(log) == ((0, 15),)
    assert await made.holder.codes(log) == {7: "BAD_CONTROL", 13: "BAD_SIGNATURE"}
    kinds = [entry.kind for entry in await store.read(log, 0, 15)]
    assert kinds == [entry.kind for entry in made.branch.entries]


async def test_what_is_wrong_is_found_afterwards() -> None:
    """By position: the mill's key counts from its enrolment to its revocation, whatever came later."""
    made = await odd()
    await keep(made)
    assert await judged(made.holder) == 15
    assert await made.holder.codes(made.branch.log) == WRONG
    assert await made.holder.store.unjudged(made.branch.log) == ()
    assert await judged(made.holder) == 0


async def test_deferred_and_inline_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """However the log is cut, and however small the steps are."""
    made = await odd()
    await made.other.take(made.branch, made.branch.shipment(0))
    for step, sizes in ((1, [9, 15]), (4, [15]), (7, [2, 3, 9, 15])):
        monkeypatch.setattr(assess, "STEP", step)
        holder = await Holder.started(made.clock, made.chain, 3)
        await keep(made, *sizes, holder=holder)
        await judged(holder)
        assert await holder.store.disputes(made.branch.log, 0, 99) == await made.other.store.disputes(
            made.branch.log, 0, 99
        )


KINDS = st.lists(
    st.sampled_from(["good", "bad", "junk", "mill", "enrol", "revoke", "false", "odd"]), max_size=9
)


def raw(kind: str, number: int) -> bytes:
    """A record of a kind that the test draws."""
    match kind:
        case "good":
            return statement(number).raw
        case "bad":
            return damaged(statement(number)).raw
        case "junk":
            return b"junk %d" % number
        case "mill":
            return statement(number, key=MILL_KEY, party=MILL).raw
        case "enrol":
            return control(ENROL).raw
        case "revoke":
            return control(Revoke(MILL_KEY.public.kid)).raw
        case "false":
            return control(ENROL, key=FARM_KEY, party=FARM).raw
        case _:
            return statement(number, payload=b"[]").raw


@settings(max_examples=25)
@given(st.lists(st.tuples(KINDS, st.booleans(), st.booleans()), min_size=1, max_size=4), st.integers(1, 6))
def test_any_log_is_judged_the_same_in_haste_or_not(
    batches: Sequence[tuple[Sequence[str], bool, bool]], step: int
) -> None:
    """Any records in any batches, each kept in haste or not, judged in between or only at the end."""

    async def play() -> None:
        made = await scene()
        hasty, inline = made.holder, made.other
        start = 0
        for kinds, in_haste, at_once in batches:
            if kinds:
                made.branch.seal(*[raw(kind, made.branch.size + at) for at, kind in enumerate(kinds)])
            if made.branch.size == start:
                continue
            shipment = made.branch.shipment(start)
            await hasty.holding.keep(made.branch.neighbour(), shipment, anchored=in_haste)
            await inline.holding.keep(made.branch.neighbour(), shipment)
            start = made.branch.size
            if at_once:
                await judged(hasty)
        await judged(hasty)
        log = made.branch.log
        assert await hasty.store.disputes(log, 0, 99) == await inline.store.disputes(log, 0, 99)
        assert await hasty.store.unjudged(log) == ()

    before, assess.STEP = assess.STEP, step
    try:
        asyncio.run(play())
    finally:
        assess.STEP = before


class Dying(MemoryLog):
    """The process ends at its next judgement."""

    async def judged(self, *_: object) -> None:
        """SIGKILL before anything is written."""
        raise asyncio.CancelledError


async def test_a_crash_between_keeping_and_judging_loses_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next process finds what is unjudged on disk, from where the last slice ended."""
    monkeypatch.setattr(assess, "STEP", 6)
    made = await odd()
    await keep(made)
    store = made.holder.store
    assert await Assessor(store, Judge()).once() == 6
    store.__class__ = Dying
    with pytest.raises(asyncio.CancelledError):
        await Assessor(store, Judge()).once()
    store.__class__ = MemoryLog
    assert await store.unjudged(made.branch.log) == ((6, 15),)
    made.holder.restart()
    assert await judged(made.holder) == 9
    assert await made.holder.codes(made.branch.log) == WRONG


async def test_a_step_that_failed_is_taken_again_from_the_start() -> None:
    """What the assessor remembered of the log had grown already: it is not used again."""
    made = await odd()
    await keep(made)
    store, assessor = made.holder.store, Assessor(made.holder.store, Judge())

    class Busy(MemoryLog):
        async def judged(self, *_: object) -> None:
            raise Unavailable("STORE_BUSY", "for a moment")

    store.__class__ = Busy
    with pytest.raises(Unavailable):
        await assessor.once()
    store.__class__ = MemoryLog
    assert await assessor.once() == 15
    assert await made.holder.codes(made.branch.log) == WRONG


async def test_what_the_disk_damaged_is_judged_when_it_is_mended() -> None:
    """Until then it is left out, alone: a finding would be about other bytes, and would stay."""
    made = await odd()
    await keep(made)
    store, log, assessor = made.holder.store, made.branch.log, Assessor(made.holder.store, Judge())
    for at in (3, 11):
        store.damage(log, at)
    while await assessor.once():
        pass
    assert await store.unjudged(log) == ((3, 4), (11, 15))
    right = made.branch.entries[11]
    await store.mend(log, 11, right.raw, right.fingerprint)
    while await assessor.once():
        pass
    assert await store.unjudged(log) == ((3, 4),)
    assert await made.holder.codes(log) == WRONG


async def test_bytes_that_are_lost_hold_up_nothing_else() -> None:
    """The store says CORRUPT for them; entries around are judged."""

    class Losing(MemoryLog):
        async def read(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20):
            if start <= 9 < stop and log != (await self.logs())[0]:
                raise Broken("CORRUPT", "the bytes of entry 9 are lost")
            return await super().read(log, start, stop, max_bytes)

    made = await scene()
    made.branch.seal(*[statement(at).raw for at in range(3, 15)])
    await keep(made)
    made.holder.store.__class__ = Losing
    await judged(made.holder)
    assert await made.holder.store.unjudged(made.branch.log) == ((9, 10),)


async def test_keeping_goes_before_judging() -> None:
    """While more comes there is a pause between two steps; when it stops there is none, and all is judged."""
    made = await scene()
    made.branch.seal(*[statement(at).raw for at in range(3, 9)])
    await keep(made)
    bell, pauses = Bell(), list[float]()
    assessor = Assessor(made.holder.store, Judge(), bell.ring)

    async def paused(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) < 3:
            start = made.branch.size
            made.branch.seal(statement(start).raw, statement(start + 1).raw)
            await keep(made, start=start)

    running = asyncio.ensure_future(assessor.run(bell, paused))
    while made.branch.size < 13 or await made.holder.store.unjudged(made.branch.log):
        assert not running.done()
        await settle()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert pauses == [assess.YIELD_S] * 3


async def test_between_two_shipments_judging_does_not_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """For some steps after the last growth there are pauses still, then none: the next one is on its way."""
    monkeypatch.setattr(assess, "STEP", 1)
    made = await scene()
    made.branch.seal(*[statement(at).raw for at in range(3, 3 + assess.CALM_STEPS + 10)])
    await keep(made)
    pauses = list[float]()

    async def paused(seconds: float) -> None:
        pauses.append(seconds)

    running = asyncio.ensure_future(Assessor(made.holder.store, Judge()).run(Bell(), paused))
    while await made.holder.store.unjudged(made.branch.log):
        assert not running.done()
        await settle()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert pauses == [assess.YIELD_S] * assess.CALM_STEPS


async def test_while_a_repair_runs_little_is_judged_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeping goes before judging: a step is of few bytes then, and of many once nothing comes any more."""
    monkeypatch.setattr(assess, "BULK", 1)
    monkeypatch.setattr(assess, "BULK_BYTES", 1)
    made = await scene()
    count = assess.CALM_STEPS + 10
    made.branch.seal(*[statement(at).raw for at in range(3, 3 + count)])
    await keep(made)
    assessor = Assessor(made.holder.store, Judge())
    steps = [await assessor.once() for _ in range(assess.CALM_STEPS + 3)]
    before = sum(steps[: assess.CALM_STEPS])
    assert steps[1 : assess.CALM_STEPS] == [1] * (assess.CALM_STEPS - 1)
    assert steps[assess.CALM_STEPS :] == [made.branch.size - before, 0, 0]


async def test_what_is_uploaded_meanwhile_is_judged_in_long_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """More comes, but no bulk of it: answers about what is new are not held up."""
    monkeypatch.setattr(assess, "BULK_BYTES", 1)
    made = await scene()
    made.branch.seal(*[statement(at).raw for at in range(3, 30)])
    await keep(made)
    assert await Assessor(made.holder.store, Judge()).once() == made.branch.size


async def test_long_documents_are_judged_in_short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others get a turn after so many bytes, and the findings are the same."""
    made = await odd()
    await keep(made)
    monkeypatch.setattr(judging, "SLICE_BYTES", 1_000)
    pieces: list[int] = []

    async def verify(pairs: Sequence[Pair]) -> Sequence[Rejected | None]:
        pieces.append(len(pairs))
        return await verify_inline(pairs)

    await judged(made.holder, Judge(verify))
    assert len(pieces) > 3 > max(pieces)
    assert await made.holder.codes(made.branch.log) == WRONG
