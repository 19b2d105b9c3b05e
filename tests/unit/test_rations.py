"""What one member gets of a node, in virtual time."""

import asyncio

import pytest

from tests.network.virtual import run
from tracehold.api.rations import Limits, Rations
from tracehold.core.errors import Unavailable
from tracehold.v1 import peer_pb2
from tracehold.wire.ways import Way, way_of

MILL, FARM = 1, 2


def now() -> float:
    """Of the loop, which is virtual here."""
    return asyncio.get_running_loop().time()


def test_a_bucket_of_calls_fills_again():
    """Four at once, then two a second; of each kind and each member apart."""

    async def scene() -> None:
        rations = Rations(Limits(calls_per_s=2, calls_at_once=4))

        def calls(member: int, way: Way) -> int:
            for done in range(100):
                try:
                    with rations.turn(member, way):
                        pass
                except Unavailable:
                    return done
            return 100

        assert calls(MILL, Way.QUESTION) == 4
        assert [calls(MILL, way) for way in Way] == [0, 4, 4, 4]
        assert calls(FARM, Way.QUESTION) == 4
        await asyncio.sleep(1)
        assert calls(MILL, Way.QUESTION) == 2
        await asyncio.sleep(1_000)
        assert calls(MILL, Way.QUESTION) == 4

    run(scene())


def test_calls_at_once_are_counted_apart():
    """A turn that ended is free; one that is taken costs no other kind."""

    async def scene() -> None:
        rations = Rations(Limits(questions=1, ranges=1, shipments=1))
        with rations.turn(MILL, Way.QUESTION), rations.turn(MILL, Way.RANGE), rations.turn(FARM, Way.RANGE):
            with pytest.raises(Unavailable, match="TOO_MANY_CALLS"), rations.turn(MILL, Way.RANGE):
                pass
            with rations.turn(MILL, Way.SHIPMENT):
                pass
        with rations.turn(MILL, Way.RANGE):
            pass

    run(scene())


def test_bytes_beyond_the_rate_are_waited_for():
    """10 of 100 a second are 20 late at the half of one member: it waits so long, and no longer."""

    async def scene() -> None:
        rations = Rations(Limits(bytes_per_s=100, bytes_at_once=50))
        await rations.due(MILL, Way.RANGE, 0)
        rations.spend(MILL, Way.RANGE, 60)
        before = now()
        await rations.due(MILL, Way.RANGE, 1)
        assert now() - before == pytest.approx(0.2)
        await rations.due(FARM, Way.RANGE, 0)
        await rations.due(MILL, Way.QUESTION, 0)

    run(scene())


def test_what_is_due_too_late_is_refused_at_once():
    """The caller asks another, or later; nothing waits meanwhile."""

    async def scene() -> None:
        rations = Rations(Limits(bytes_per_s=100, bytes_at_once=50))
        rations.spend(MILL, Way.RANGE, 1_000)
        before = now()
        with pytest.raises(Unavailable, match="TOO_MANY_CALLS"):
            await rations.due(MILL, Way.RANGE, 18)
        assert now() == before
        await rations.due(MILL, Way.RANGE, 20)

    run(scene())


def test_all_share_one_rate():
    """Many members together get no more than the whole."""

    async def scene() -> None:
        rations, begun = Rations(Limits(bytes_per_s=100, bytes_at_once=10)), now()

        async def asks(member: int) -> None:
            for _ in range(10):
                await rations.due(member, Way.RANGE, 1_000)
                rations.spend(member, Way.RANGE, 10)

        await asyncio.gather(*(asks(member) for member in range(10)))
        # 1,000 bytes, of which 20 went at once, and each of the ten may overdraw by an answer.
        assert 8.5 < now() - begun < 10.5

    run(scene())


def test_calls_that_are_cancelled_are_not_free():
    """Attack: ranges with a deadline that is over before they are answered, one after the other."""

    async def scene() -> None:
        rations, begun = Rations(Limits(bytes_per_s=1 << 20, bytes_at_once=16 << 20)), 0

        async def asks() -> None:
            nonlocal begun
            await rations.due(MILL, Way.RANGE, 5)
            begun += 1
            with rations.charged(MILL, Way.RANGE) as charge:
                await asyncio.sleep(10)
                charge(100)

        for _ in range(10):
            with pytest.raises((TimeoutError, Unavailable)):
                await asyncio.wait_for(asks(), 0.05)
        assert begun == 3, "two fill what it has at once, and one overdraws it"

    run(scene())


def test_what_is_answered_costs_its_size():
    """And what is refused costs nothing."""

    async def scene() -> None:
        rations = Rations(Limits(bytes_per_s=100, bytes_at_once=50))
        with pytest.raises(KeyError), rations.charged(MILL, Way.RANGE):
            raise KeyError
        with rations.charged(MILL, Way.RANGE) as charge:
            charge(60)
        before = now()
        await rations.due(MILL, Way.RANGE, 1)
        assert now() - before == pytest.approx(0.2)

    run(scene())


def test_shipments_wait_for_no_bytes():
    """What an anchor waits for is never held up, whatever went out."""

    async def scene() -> None:
        rations = Rations(Limits(bytes_per_s=1, bytes_at_once=1))
        for way in Way:
            rations.spend(MILL, way, 1 << 40)
        await rations.due(MILL, Way.SHIPMENT, 0)

    run(scene())


def test_without_a_rate_nothing_is_counted():
    """0 is no limit."""

    async def scene() -> None:
        rations = Rations(Limits(bytes_per_s=0))
        rations.spend(MILL, Way.RANGE, 1 << 60)
        await rations.due(MILL, Way.RANGE, 0)

    run(scene())


def test_every_method_is_of_one_kind():
    """Those that hand out much are ranges; of shipments there is one."""
    methods = peer_pb2.DESCRIPTOR.services_by_name["PeerService"].methods_by_name
    assert {name for name in methods if way_of(name) is Way.RANGE} == {"GetEntries", "GetBase"}
    assert {name for name in methods if way_of(name) is Way.SHIPMENT} == {"Replicate"}
