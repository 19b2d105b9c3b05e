"""Lookups find all holders: in a healthy network, with members down or hung, over slow and lossy lines.

The numbers are those of the acceptance list; they are counts and times of a simulation, the same on each run.
"""

import asyncio

import pytest

from tests.network.asking import ask, placed
from tests.network.ring import Ring, Weather, announced, joined, key_of
from tests.network.virtual import run
from tracehold.journey.announce import REPLICAS

KEYS = [key_of(f"item {number}") for number in range(60)]
FAR = Weather(delay_s=0.0425, loss=0.01)
"""Round trips of 85 ms, and a message in a hundred lost."""

SIZES = [5, 20, pytest.param(100, marks=pytest.mark.slow), pytest.param(300, marks=pytest.mark.slow)]
SHARES = [
    pytest.param(40, 0.5),
    *(pytest.param(100, share, marks=pytest.mark.slow) for share in (0.1, 0.3, 0.5)),
]


def some_of(ring: Ring, share: float) -> set:
    """That share of the members, by chance."""
    return {member.log for member in ring.random.sample(ring.up(), int(share * len(ring.members)))}


@pytest.mark.parametrize("size", SIZES)
def test_all_holders_are_found_in_a_healthy_network(size):
    """Every lookup, from anywhere; and the records are where they should be."""

    async def scene() -> None:
        ring = await joined(size)
        truth = await announced(ring, KEYS)
        assert await placed(ring, truth, min(REPLICAS, size)) >= 0.99
        outcome = await ask(ring, truth, 1_000 if size > 20 else 200)
        assert outcome.every == outcome.total

    run(scene())


@pytest.mark.parametrize(("size", "share"), SHARES)
@pytest.mark.parametrize("how", ["down", "hung"])
def test_holders_are_found_although_many_members_are_gone(size, share, how):
    """At once, and before anybody noticed. A member that refuses and one that is silent for ever."""

    async def scene() -> None:
        ring = await joined(size)
        truth = await announced(ring, KEYS)
        setattr(ring, how, some_of(ring, share))
        outcome = await ask(ring, truth, 600)
        assert outcome.some >= 0.999 * outcome.total
        assert outcome.every >= 0.99 * outcome.total
        assert outcome.quantile(0.99) < 1.0
        assert max(outcome.times) <= 8.0

    run(scene())


def test_a_lookup_takes_a_round_trip_or_two():
    """Round trips of 85 ms, one message in a hundred lost."""

    async def scene() -> None:
        ring = await joined(40, weather=FAR)
        truth = await announced(ring, KEYS)
        outcome = await ask(ring, truth, 400)
        assert outcome.every >= 0.99 * outcome.total
        assert outcome.quantile(0.5) <= 0.17
        assert outcome.quantile(0.99) <= 0.5

    run(scene())


def test_a_message_in_five_is_lost():
    """The lines are slow then, and the answers are right."""

    async def scene() -> None:
        ring = await joined(40, weather=Weather(delay_s=0.0425, loss=0.2))
        truth = await announced(ring, KEYS)
        outcome = await ask(ring, truth, 400)
        assert outcome.every >= 0.99 * outcome.total
        assert max(outcome.times) <= 8.0

    run(scene())


def test_slow_members_all_around_are_waited_for():
    """Where every round trip is longer than the patience for one, answers come all the same."""

    async def scene() -> None:
        ring = await joined(20, weather=Weather(delay_s=0.2))
        truth = await announced(ring, KEYS[:20])
        outcome = await ask(ring, truth, 100)
        assert outcome.every == outcome.total

    run(scene())


def test_nobody_answers():
    """A lookup ends by itself, with nothing, says so, and is not remembered."""

    async def scene() -> None:
        ring = await joined(10)
        asker = ring.up()[0]
        ring.hung = {member.log for member in ring.up()[1:]}
        found = await asker.lookups.holders(KEYS[0])
        assert (list(found.providers), found.ended) == ([], False)
        ring.hung = set()
        assert (await asker.lookups.holders(KEYS[0])).ended

    run(scene())


def test_what_is_not_there_is_not_found():
    """And costs no more than the members near it."""

    async def scene() -> None:
        ring = await joined(40)
        before = ring.calls
        assert await ring.up()[0].held_by(key_of("nothing")) == set()
        assert ring.calls - before <= 40

    run(scene())


def test_one_lookup_serves_all_who_wait_for_it():
    """Asked a hundred times at once, and again: one lookup's calls."""

    async def scene() -> None:
        ring = await joined(20)
        truth = await announced(ring, KEYS[:1])
        asker = ring.up()[0]
        before = ring.calls
        answers = await asyncio.gather(*(asker.held_by(KEYS[0]) for _ in range(100)))
        answers.append(await asker.held_by(KEYS[0]))
        assert all(answer == truth[KEYS[0]] for answer in answers)
        assert ring.calls - before <= 8

    run(scene())


def test_a_caller_that_gives_up_does_not_end_the_lookup_of_others():
    """One of two is cancelled; the other has its answer."""

    async def scene() -> None:
        ring = await joined(20)
        truth = await announced(ring, KEYS[:1])
        asker = ring.up()[0]
        one, other = (asyncio.ensure_future(asker.held_by(KEYS[0])) for _ in range(2))
        await asyncio.sleep(0)
        one.cancel()
        assert await other == truth[KEYS[0]]

    run(scene())


def test_answers_are_remembered_for_a_minute_and_misses_for_a_quarter():
    """Then it is asked again."""

    async def scene() -> None:
        ring = await joined(10)
        asker, holder = ring.up()[:2]
        assert await asker.held_by(KEYS[0]) == set()
        await holder.offer(KEYS[:1])
        await holder.announce()
        assert await asker.held_by(KEYS[0]) == set()
        await asyncio.sleep(15)
        assert await asker.held_by(KEYS[0]) == {holder.log}
        before = ring.calls
        await asyncio.sleep(59)
        await asker.held_by(KEYS[0])
        assert ring.calls == before
        await asyncio.sleep(1)
        await asker.held_by(KEYS[0])
        assert ring.calls > before

    run(scene())


def test_a_route_shows_who_was_asked_and_what_came_of_it():
    """One refuses, one is silent, the others answer; the nearest that do are named."""

    async def scene() -> None:
        ring = await joined(10)
        asker, refusing, silent, *others = ring.up()
        ring.down, ring.hung = {refusing.log}, {silent.log}
        steps, found = await asker.lookups.route(KEYS[0])
        outcomes = {step.log: step.outcome for step in steps}
        assert outcomes == {refusing.log: "failed", silent.log: "silent"} | {
            each.log: "answered" for each in others
        }
        assert [step.after_s for step in steps] == sorted(step.after_s for step in steps)
        assert found.logs == [each.log for each in ring.nearest(KEYS[0], 9) if each is not asker]

    run(scene())
