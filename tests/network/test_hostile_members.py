"""Members that lie, flood, or answer what nobody can read. Honest ones find what honest ones announced."""

import asyncio
import tracemalloc
from collections.abc import Awaitable, Callable

import pytest

from tests.network.asking import ask
from tests.network.liars import KINDS, Pretender, honest, turn
from tests.network.ring import announced, joined, key_of
from tests.network.virtual import run
from tests.ports.directories import provider
from tracehold.core.dht.keys import Key
from tracehold.core.dht.provider import sign_provider
from tracehold.core.errors import Rejected, TraceholdError, Unavailable
from tracehold.core.ids import NetworkId

KEYS = [key_of(f"item {number}") for number in range(15)]


async def until_refused(call: Callable[[], Awaitable[object]]) -> int:
    """How many calls of 5,000 are answered, with success or not, before there are too many."""
    for done in range(5_000):
        try:
            await call()
        except Rejected:
            continue
        except Unavailable as refusal:
            return done if refusal.code == "TOO_MANY_CALLS" else -1
    return 5_000


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__.lower())
def test_one_liar_among_thirty_one_does_no_harm(kind):
    """Attack: whatever it answers, before and after the announcements; every holder is found, and in time."""

    async def scene() -> None:
        ring = await joined(31)
        liars = [ring.up()[13]]
        turn(kind, liars)
        honest(ring, liars)
        truth = await announced(ring, KEYS)
        outcome = await ask(ring, truth, 80)
        assert outcome.every == outcome.total
        assert max(outcome.times) < 1.0

    run(scene())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__.lower())
def test_a_fifth_of_all_members_lie_together(kind):
    """Attack: eight of forty, each naming the others. At least 95 % of the lookups find every holder."""

    async def scene() -> None:
        ring = await joined(40)
        liars = ring.random.sample(ring.up(), 8)
        turn(kind, liars)
        honest(ring, liars)
        truth = await announced(ring, KEYS)
        outcome = await ask(ring, truth, 100)
        assert outcome.every >= 0.95 * outcome.total

    run(scene())


def test_nothing_false_is_in_an_answer():
    """Attack: all kinds at once, half of the members. What is found was announced by honest holders, or is a
    liar's own word.
    """

    async def scene() -> None:
        ring = await joined(40)
        liars = ring.random.sample(ring.up(), 20)
        for at, member in enumerate(liars):
            turn(KINDS[at % len(KINDS)], [member])
        honest(ring, liars)
        truth = await announced(ring, KEYS[:10])
        own_word = {member.log for member in liars if isinstance(member.directory, Pretender)}
        for key in truth:
            assert await ring.up()[0].held_by(key) <= truth[key] | own_word

    run(scene())


def test_records_are_taken_from_their_holder_alone():
    """Attack: announce for another, or hand on what it signed."""

    async def scene() -> None:
        ring = await joined(3)
        host, holder, other = ring.up()
        record = sign_provider(KEYS[0], holder.log, 1, host.seat.now_ms, ring.network(), holder.key)
        with pytest.raises(Rejected, match="BAD_REQUEST"):
            await host.directory.add_providers(other.log, [record.raw])
        assert not await host.directory.add_providers(holder.log, [record.raw])

    run(scene())


def test_false_records_are_refused_and_nothing_of_the_message_is_kept():
    """Attack: a foreign network's, a foreign key's, a stranger's, one from the future, one that is over."""

    async def scene() -> None:
        ring = await joined(2)
        host, holder = ring.up()
        now, network = host.seat.now_ms, ring.network()
        good = sign_provider(KEYS[0], holder.log, 1, now, network, holder.key).raw
        false = [
            sign_provider(KEYS[1], holder.log, 1, now, NetworkId(bytes(32)), holder.key).raw,
            sign_provider(KEYS[1], holder.log, 1, now, network, host.key).raw,
            sign_provider(KEYS[1], holder.log, 1, now + 300_001, network, holder.key).raw,
            sign_provider(KEYS[1], holder.log, 1, now - 1_000, network, holder.key, 1_000).raw,
            good[:-1],
            b"",
        ]
        for raw in false:
            with pytest.raises(Rejected, match=r"BAD_REQUEST|BAD_SIGNATURE"):
                await host.directory.add_providers(holder.log, [good, raw])
        stranger = provider("flour", "stranger", now)
        with pytest.raises(Rejected, match="STRANGER"):
            await host.directory.add_providers(stranger.holder, [stranger.raw])
        assert await host.seat.shelf.size() == 0

    run(scene())


def test_a_flood_of_questions_is_refused_and_others_are_answered():
    """Attack: ask without end. After a burst of 2,000 it is 200 a second."""

    async def scene() -> None:
        ring = await joined(3)
        host, flooder, other = ring.up()
        await asyncio.sleep(60)  # what joining cost is forgotten
        assert await until_refused(lambda: host.directory.get_providers(flooder.log, KEYS[0])) == 2_000
        await host.directory.get_providers(other.log, KEYS[0])
        await asyncio.sleep(1)
        assert await until_refused(lambda: host.directory.find_node(flooder.log, KEYS[0])) == 200

    run(scene())


def test_a_flood_of_records_is_refused():
    """Attack: announce about everything. A message has a hundred at most, and a member 20,000 at once."""

    async def scene() -> None:
        ring = await joined(2)
        host, flooder = ring.up()
        raw = sign_provider(KEYS[0], flooder.log, 1, host.seat.now_ms, ring.network(), flooder.key).raw
        with pytest.raises(Rejected, match="BAD_REQUEST"):
            await host.directory.add_providers(flooder.log, [raw] * 101)
        # The tokens are spent before a signature is looked at: false ones cost as much.
        assert await until_refused(lambda: host.directory.add_providers(flooder.log, [b""] * 100)) == 200

    run(scene())


@pytest.mark.parametrize("messages", [1_000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_fuzz(messages):
    """Attack: bytes of all kinds. Nothing is raised but what has a code, nothing is kept, nobody is
    forgotten.
    """

    async def scene() -> None:
        ring = await joined(20)
        host, random = ring.up()[0], ring.random
        callers = [member.log for member in ring.up()]
        table, codes = set(host.seat.table.contacts()), set[str]()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(messages):
            junk = random.randbytes(random.choice([0, 1, 19, 20, 21, 32, 139, 140, 141, 2_000]))
            caller, way = random.choice(callers), random.randrange(3)
            try:
                if way == 0:
                    await host.directory.find_node(caller, Key(junk))
                elif way == 1:
                    await host.directory.get_providers(caller, Key(junk))
                else:
                    await host.directory.add_providers(caller, [junk] * random.randrange(120))
            except TraceholdError as refusal:
                codes.add(refusal.code)
        assert codes <= {"BAD_REQUEST", "BAD_SIGNATURE", "TOO_MANY_CALLS"}
        grown = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        assert grown < 1 << 20
        assert set(host.seat.table.contacts()) == table
        assert await host.seat.shelf.size() == 0

    run(scene())
