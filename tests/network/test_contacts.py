"""How a node comes into the ring, and finds back."""

import asyncio

from tests.network.asking import ask
from tests.network.member import Member
from tests.network.ring import announced, joined, key_of
from tests.network.virtual import run
from tracehold.adapters.memory.directory import MemoryShelf
from tracehold.core.dht.keys import Key
from tracehold.core.placement import dht_id
from tracehold.journey.directory import NEAR

KEYS = [key_of(f"item {number}") for number in range(30)]


def start(*members: Member) -> list[asyncio.Task]:
    """Let their contacts run."""
    return [asyncio.ensure_future(member.contacts.run()) for member in members]


async def stop(tasks: list[asyncio.Task]) -> None:
    """End them, and let what went wrong be seen."""
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        assert isinstance(result, asyncio.CancelledError)


def test_a_newcomer_with_one_seed_knows_its_surroundings_and_is_known():
    """Its twenty nearest exactly, and they know it."""

    async def scene() -> None:
        ring = await joined(40)
        (new,) = ring.enrol(1)
        new.seeds = [ring.up()[7].log]
        assert await new.contacts.join()
        own = Key(dht_id(new.log))
        near = [each.log for each in ring.nearest(own, NEAR + 1) if each is not new][:NEAR]
        assert list(new.seat.table.nearest(own, NEAR)) == near
        assert all(new.log in ring.members[log].seat.table.contacts() for log in near[:8])

    run(scene())


def test_a_newcomer_finds_what_it_never_saw():
    """All holders of all keys."""

    async def scene() -> None:
        ring = await joined(40)
        truth = await announced(ring, KEYS)
        (new,) = ring.enrol(1)
        new.seeds = [ring.up()[7].log]
        await new.contacts.join()
        for key in KEYS:
            assert await new.held_by(key) == truth[key]

    run(scene())


def test_seeds_that_come_up_late_are_found_within_a_minute():
    """They are tried again and again."""

    async def scene() -> None:
        ring = await joined(10)
        (new,) = ring.enrol(1)
        new.seeds = [member.log for member in ring.up()[:2]]
        ring.down = set(new.seeds)
        tasks = start(new)
        await asyncio.sleep(3_600)
        assert not new.seat.table.contacts()
        ring.down = set()
        await asyncio.sleep(60)
        assert len(new.seat.table.contacts()) == 10
        await stop(tasks)

    run(scene())


def test_the_whole_network_restarts_from_seeds():
    """Nothing that was kept for others is left; all keys are found again after each holder announced once."""

    async def scene() -> None:
        ring = await joined(20)
        truth = await announced(ring, KEYS)
        for member in ring.up():
            member.shelf = MemoryShelf()
            member.start()
            member.seeds = [ring.up()[0].log]
        tasks = start(*ring.up())
        await asyncio.sleep(60)
        for member in ring.up():
            await member.offers.announced([key for key in KEYS if member.log in truth[key]], 0)
            await member.announce()
        outcome = await ask(ring, truth, 100)
        assert outcome.every == outcome.total
        await stop(tasks)

    run(scene())


def test_contacts_are_kept_for_the_next_start():
    """A node whose seeds are gone for good comes back by those it knew."""

    async def scene() -> None:
        ring = await joined(10)
        member = ring.up()[3]
        tasks = start(member)
        await asyncio.sleep(120)
        await stop(tasks)
        ring.down = set(member.seeds)
        member.start()
        assert await member.contacts.join()
        assert len(member.seat.table.contacts()) >= 8

    run(scene())


def test_two_halves_find_each_other_again():
    """Two hours apart, each forgets the other; five minutes after, all is found from everywhere."""

    async def scene() -> None:
        ring = await joined(20)
        members = ring.up()
        ring.parts = {member.log: at % 2 for at, member in enumerate(members)}
        tasks = start(*members)
        await asyncio.sleep(2 * 3_600)
        truth = await announced(ring, KEYS[:5])
        ring.parts = {}
        await asyncio.sleep(5 * 60)
        for member in members:
            await member.offers.announced([key for key in truth if member.log in truth[key]], 0)
            await member.announce()
        for member in members:
            member.lookups._remembered = type(member.lookups._remembered)()
        outcome = await ask(ring, truth, 50)
        await stop(tasks)
        assert outcome.every == outcome.total

    run(scene())


def test_a_newcomer_costs_no_more_where_much_is_kept():
    """Nothing is handed over on contact: the shelf is not looked at."""

    async def scene() -> None:
        ring = await joined(10)
        host = ring.up()[0]
        shelf, looked = host.seat.shelf, []
        for name in ("get", "put", "expire", "size"):
            setattr(shelf, name, lambda *_, name=name: looked.append(name))
        (new,) = ring.enrol(1)
        new.seeds = [host.log]
        assert await new.contacts.join()
        assert new.log in host.seat.table.contacts()
        assert looked == []

    run(scene())
