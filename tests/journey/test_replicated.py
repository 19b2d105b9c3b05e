"""REPLICATED: who waits for it, who watches it, and when it is taken back."""

import asyncio
from dataclasses import dataclass, field

from tests.journey.replicate_scene import World, world
from tests.journey.scene import statement
from tracehold.core.ids import Fingerprint
from tracehold.journey.holders import CopyCount
from tracehold.journey.states import State, States, reaches
from tracehold.journey.watch import News, Watching


@dataclass
class Ear:
    """A watcher and what it was told."""

    heard: list[tuple[State, int, int]] = field(default_factory=list)

    async def tell(self, news: News) -> None:
        """Take it down."""
        if news.change is not None:
            self.heard.append((news.change.state, news.change.first, news.change.stop))


async def watching(it: World) -> tuple[Ear, "asyncio.Task[None]"]:
    """Somebody who listens from now on."""
    watch = Watching(it.store, it.log, it.creator.sealer.bell, it.creator.clock.sleep, it.holders)
    ear, told = Ear(), await watch.begin("", from_now=True)
    task = asyncio.ensure_future(watch.watch(told, ear.tell))
    await it.quiet()
    return ear, task


async def test_watchers_hear_all_four_states_in_order() -> None:
    """Sealed, replicated, anchored, final, each range once."""
    async with world() as it:
        await it.start()
        await it.pass_by(20)
        ear, task = await watching(it)
        size = it.creator.sealer.own.size
        await it.upload(2)
        await it.pass_by(20)
        task.cancel()
        states = [State.SEALED, State.REPLICATED, State.ANCHORED, State.FINAL]
        assert ear.heard == [(state, size, size + 2) for state in states]


async def test_a_quorum_that_is_raised_takes_it_back_until_more_have_acknowledged() -> None:
    """One of two holders had it; the contract asks for both now: SEALED again, and REPLICATED when both
    have.
    """
    async with world() as it:
        await it.start()
        await it.pass_by(20)
        it.peers[3].down = True
        ear, task = await watching(it)
        size = it.creator.sealer.own.size
        await it.creator.upload(statement(1))
        await it.quiet()
        it.chain.quorum = 2
        await it.pass_by(20)
        assert [state for state, *_ in ear.heard] == [State.SEALED, State.REPLICATED, State.SEALED]
        it.peers[3].down = False
        await it.pass_by(60)
        task.cancel()
        assert ear.heard[3:] == [
            (state, size, size + 1) for state in (State.REPLICATED, State.ANCHORED, State.FINAL)
        ]


async def test_an_upload_waits_for_it() -> None:
    """Answered when the quorum acknowledged, before any anchor, with the copies that there are."""
    async with world() as it:
        await it.start()
        waiting = asyncio.ensure_future(it.creator.upload(statement(1), wait_for=State.REPLICATED))
        await it.quiet()
        (outcome,) = waiting.result()
        assert (outcome.state, outcome.error, outcome.copies) == (State.REPLICATED, None, CopyCount(3, 3))
        states = States(it.store, holders=it.holders)
        (known,) = (await states.of([outcome.fingerprint or Fingerprint(b"")])).values()
        assert (known.state, known.copies) == (State.REPLICATED, CopyCount(3, 3))


async def test_an_upload_waits_in_vain_where_nobody_can_acknowledge() -> None:
    """Both holders are down: after its patience it is answered as it stands, with DEADLINE."""
    async with world() as it:
        for peer in it.peers.values():
            peer.down = True
        await it.start()
        waiting = asyncio.ensure_future(
            it.creator.upload(statement(1), wait_for=State.REPLICATED, patience=5.0)
        )
        await it.pass_by(6)
        (outcome,) = waiting.result()
        assert outcome.error is not None
        assert (outcome.error.code, outcome.state) == ("DEADLINE", State.SEALED)
        assert outcome.copies == CopyCount(1, 3)


async def test_where_nobody_is_asked_for_copies_an_upload_goes_on_at_its_anchor() -> None:
    """Quorum 0: never REPLICATED; answered at ANCHORED or further, with one copy."""
    async with world(0, quorum=0) as it:
        await it.start()
        waiting = asyncio.ensure_future(it.creator.upload(statement(1), wait_for=State.REPLICATED))
        await it.pass_by(12)
        (outcome,) = waiting.result()
        assert outcome.state in {State.ANCHORED, State.FINAL}
        assert (outcome.error, outcome.copies) == (None, CopyCount(1, 3))


async def test_copies_of_other_logs_are_not_counted_here() -> None:
    """Only their creators know what was acknowledged."""
    async with world() as it:
        await it.start()
        await it.upload()
        holder = it.keepers[2]
        (other, *_) = [log for log in await holder.store.logs() if log != it.log]
        assert States(it.store, holders=it.holders).copies(other, 0) is None
        assert States(it.store).copies(it.log, 0) is None


def test_anchored_is_further_than_replicated() -> None:
    """In the order in which states are reached."""
    assert reaches(State.ANCHORED, State.REPLICATED)
    assert not reaches(State.SEALED, State.REPLICATED)
    assert not reaches(State.REPLICATED, State.ANCHORED)
