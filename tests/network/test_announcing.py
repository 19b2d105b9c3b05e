"""Announcing goes around the ring region by region, ends up at the right members, and comes again in time."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.network.asking import placed
from tests.network.member import Member
from tests.network.ring import Ring, announced, joined, key_of
from tests.network.virtual import run
from tracehold.core.dht.keys import Key
from tracehold.core.dht.provider import sign_provider
from tracehold.core.keys import Ed25519Key
from tracehold.journey.announce import REPLICAS, Announcer
from tracehold.journey.follow import Bell
from tracehold.journey.tidying import tidy
from tracehold.node.directory import Ring as NodeRing

HOUR = 3_600
LAST = Key(b"\xff" * 20)
KEYS = [key_of(f"item {number}") for number in range(40)]


def lookups_of(member: Member) -> list[Key]:
    """The keys that this member looks up from now on."""
    asked: list[Key] = []
    nearest = member.lookups.nearest

    async def counted(key: Key, *args, **kwargs):
        asked.append(key)
        return await nearest(key, *args, **kwargs)

    member.lookups.nearest = counted  # type: ignore[method-assign]
    return asked


async def due(member: Member) -> int:
    """How many keys are due now."""
    return len(await member.offers.due(member.seat.now_ms, None, LAST, 1_000_000))


async def follow(member: Member, work: Callable[[], Awaitable[object]]) -> None:
    """Do `work` while the member's announcer runs."""
    task = asyncio.ensure_future(member.announcer.run(Bell(), asyncio.sleep))
    await work()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    ("size", "count"), [(20, 300), (60, 300), pytest.param(100, 10_000, marks=pytest.mark.slow)]
)
def test_a_sweep_takes_few_lookups_and_ends_up_right(size, count):
    """At most two lookups for as many members as keep a record; all records where they should be."""

    async def scene() -> None:
        ring = await joined(size)
        holder, keys = ring.up()[0], [key_of(f"key {number}") for number in range(count)]
        asked = lookups_of(holder)
        await holder.offer(keys)
        assert await holder.announce() == count
        assert len(asked) <= max(1, 2 * size / REPLICAS)
        assert await placed(ring, {key: {holder.log} for key in keys}) >= 0.99
        assert await due(holder) == 0

    run(scene())


def test_a_sweep_goes_on_after_a_restart_where_it_was():
    """Each key is announced once, although the node was killed after every step."""

    async def scene() -> None:
        ring = await joined(60)
        holder, keys = ring.up()[0], [key_of(f"key {number}") for number in range(200)]
        await holder.offer(keys)
        done = 0
        while step := await holder.announcer.once():
            done += step
            parts = holder.seat, holder.key, holder.lookups, holder.dialogue, holder.offers
            holder.announcer = Announcer(*parts, ring.random.randbytes)
        assert done == 200
        assert await placed(ring, {key: {holder.log} for key in keys}) >= 0.99

    run(scene())


def test_keys_come_again_after_18_to_22_hours():
    """Not before, and all of them well before their records expire."""

    async def scene() -> None:
        ring = await joined(20)
        holder = ring.up()[0]
        await holder.offer(KEYS)
        await holder.announce()
        await asyncio.sleep(18 * HOUR - 60)
        assert await due(holder) == 0
        await asyncio.sleep(4 * HOUR + 120)
        assert await due(holder) == len(KEYS)

    run(scene())


@pytest.mark.parametrize("page", [3, 5_000])
def test_after_a_change_of_its_key_a_holder_announces_all_anew(page, monkeypatch):
    """What it signed with the former one counts no more, also where this node keeps it; what is announced
    anew does, at once.
    """
    monkeypatch.setattr("tracehold.node.directory._PAGE", page)

    async def scene() -> None:
        ring = await joined(10)
        holder, asker, other = ring.up()[:3]
        await holder.offer(KEYS)
        await holder.announce()
        assert await asker.held_by(KEYS[0]) == {holder.log}
        holder.key = holder.announcer._signer = Ed25519Key.from_seed(b"anew" * 8)
        assert await other.held_by(KEYS[0]) == set()
        assert await due(holder) == 0
        await asyncio.sleep(60)  # a record of the same millisecond would not count as newer
        parts = holder.seat, holder.offers, holder.directory, holder.lookups
        await NodeRing(*parts, None, {}).announce_anew()  # type: ignore[arg-type]
        assert await due(holder) == len(KEYS)
        assert await holder.announce() == len(KEYS)
        for key in KEYS:
            assert await other.held_by(key) == {holder.log}

    run(scene())


def test_a_holder_that_stays_is_found_for_days():
    """Its announcer runs; records of 48 hours are renewed in time."""

    async def scene() -> None:
        ring = await joined(10)
        holder, asker = ring.up()[:2]
        await holder.offer(KEYS[:3])
        await follow(holder, lambda: asyncio.sleep(100 * HOUR))
        assert await asker.held_by(KEYS[0]) == {holder.log}

    run(scene())


def test_a_holder_that_is_gone_is_forgotten_after_48_hours():
    """Nobody announces for others, so a record ends with its holder."""

    async def scene() -> None:
        ring = await joined(10)
        holder, asker, other = ring.up()[:3]
        await holder.offer(KEYS[:1])
        await holder.announce()
        ring.down = {holder.log}
        await asyncio.sleep(48 * HOUR - 60)
        assert await asker.held_by(KEYS[0]) == {holder.log}
        await asyncio.sleep(120)
        assert await other.held_by(KEYS[0]) == set()
        for member in ring.up():
            await member.seat.shelf.expire(member.seat.now_ms, 1_000)
            assert await member.seat.shelf.size() == 0

    run(scene())


def test_the_pace_is_kept():
    """Ten keys a second: a hundred in no less than nine seconds, in their regions."""

    async def scene() -> None:
        ring = await joined(60)
        holder = ring.up()[0]
        holder.announcer._per_s = 10
        await holder.offer([key_of(f"key {number}") for number in range(100)])
        start = asyncio.get_running_loop().time()

        async def done() -> None:
            while await due(holder):  # noqa: ASYNC110
                await asyncio.sleep(0.1)

        await follow(holder, done)
        assert asyncio.get_running_loop().time() - start > 7

    run(scene())


def test_what_is_new_is_announced_soon_after_it_rings():
    """Within a few seconds, without waiting for the next round."""

    async def scene() -> None:
        ring = await joined(10)
        holder, asker = ring.up()[:2]
        bell = Bell()
        task = asyncio.ensure_future(holder.announcer.run(bell, asyncio.sleep))
        await asyncio.sleep(5)
        await holder.offer(KEYS[:1])
        bell.ring()
        await asyncio.sleep(3)
        task.cancel()
        assert await asker.held_by(KEYS[0]) == {holder.log}

    run(scene())


@pytest.mark.parametrize("how", ["down", "hung"])
def test_members_that_are_gone_are_passed_over(how):
    """Half of them: each record is at the twelve nearest of those that answer."""

    async def scene() -> None:
        ring = await joined(40)
        setattr(ring, how, {member.log for member in ring.up()[20:]})
        truth = await announced(ring, KEYS[:10])
        assert await placed(ring, truth) >= 0.95

    run(scene())


def test_what_too_few_members_heard_comes_again_in_ten_minutes():
    """One fell silent between lookup and announcement, and no other was left."""

    async def scene() -> None:
        ring = await joined(6)
        holder, gone = ring.up()[:2]
        await holder.offer(KEYS[:5])
        nearest = holder.lookups.nearest

        async def then_one_is_gone(*args, **kwargs):
            found = await nearest(*args, **kwargs)
            ring.down = {gone.log}
            return found

        holder.lookups.nearest = then_one_is_gone  # type: ignore[method-assign]
        assert await holder.announce() == 5
        await asyncio.sleep(590)
        assert await due(holder) == 0
        await asyncio.sleep(20)
        assert await due(holder) == 5

    run(scene())


def test_alone_it_waits_for_others():
    """Nothing counts as announced that nobody heard."""

    async def scene() -> None:
        ring = Ring()
        (holder,) = ring.enrol(1)
        await holder.offer(KEYS[:5])
        assert await holder.announce() == 0
        assert await due(holder) == 5
        (other,) = ring.enrol(1)
        other.seeds = [holder.log]
        await other.contacts.join()
        assert await holder.announce() == 5
        assert await other.held_by(KEYS[0]) == {holder.log}

    run(scene())


def test_without_the_contract_nothing_is_signed():
    """The network's id is not known yet."""

    async def scene() -> None:
        ring = await joined(5)
        holder = ring.up()[0]
        await holder.offer(KEYS[:5])
        ring.network = lambda: None  # type: ignore[method-assign, assignment, return-value]
        assert await holder.announce() == 0
        assert await due(holder) == 5

    run(scene())


def test_a_full_key_is_answered_as_full():
    """Seventy holders of one key: sixty-four are named, and the answer says that there may be more."""

    async def scene() -> None:
        ring = await joined(72)
        for member in ring.up()[:70]:
            await member.offer(KEYS[:1])
            await member.announce()
        found = await ring.up()[71].lookups.holders(KEYS[0])
        assert found.full
        assert len(found.providers) >= 64

    run(scene())


def test_what_has_expired_is_forgotten_by_itself():
    """A thousand records and more, a slice at a time, within a minute of their end."""

    async def scene() -> None:
        ring = await joined(2)
        host, holder = ring.up()
        now, network = host.seat.now_ms, ring.network()
        keys = [key_of(f"key {number}") for number in range(1_200)]
        records = [sign_provider(key, holder.log, 1, now, network, holder.key, 60_000) for key in keys]
        await host.shelf.put(records, now)
        tidying = asyncio.ensure_future(tidy(host.seat, asyncio.sleep))
        await asyncio.sleep(59)
        assert await host.shelf.size() == 1_200
        await asyncio.sleep(62)
        assert await host.shelf.size() == 0
        tidying.cancel()

    run(scene())
