"""Replication under any order of uploads, outages, restarts and time: what is told of copies is so at every
moment, and in the end everything is everywhere.
"""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.journey.replicate_scene import World, world
from tests.journey.scene import SALTS
from tracehold.journey.fsck import check_against_chain, check_log
from tracehold.journey.states import frontier

NODES = st.sampled_from([2, 3, 4])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("upload"), st.integers(1, 7)),
        st.tuples(st.just("pass"), st.integers(1, 12)),
        st.tuples(st.just("down"), NODES),
        st.tuples(st.just("up"), NODES),
        st.tuples(st.just("restart"), NODES),
        st.tuples(st.just("holder restarts"), NODES),
        st.tuples(st.just("chain down"), NODES),
        st.tuples(st.just("chain up"), NODES),
        st.tuples(st.just("leave"), st.just(4)),
        st.tuples(st.just("return"), st.just(4)),
    ),
    max_size=14,
)


@settings(max_examples=10, deadline=None)
@given(STEPS, st.integers(1, 2), st.integers(2, 4))
def test_what_is_told_of_copies_is_so(steps: list[tuple[str, int]], quorum: int, target: int) -> None:
    """After every step; and once all are back, the log is final, nothing was anchored twice, and every holder
    that counts has all of it.
    """
    asyncio.run(_told(steps, quorum, target))


async def _told(steps: list[tuple[str, int]], quorum: int, target: int) -> None:
    async with world(3, target=target, quorum=quorum) as it:
        await it.start()
        for what, argument in steps:
            await _do(it, what, argument)
            await _check(it)
        for node, peer in it.peers.items():
            peer.down = it.ledger.down = False
            it.change(node, active=True)
        await it.pass_by(120)
        await it.upload(5)
        await it.pass_by(40)
        await _check(it)
        await _whole(it)


async def _do(it: World, what: str, argument: int) -> None:
    match what:
        case "upload":
            await it.upload(argument, start=SALTS.drawn)
        case "pass":
            await it.pass_by(argument)
        case "down" | "up":
            it.peers[argument].down = what == "down"
        case "restart":
            await it.restart()
        case "holder restarts":
            it.keepers[argument].restart()
            it.listen(argument)
        case "chain down" | "chain up":
            it.ledger.down = what == "chain down"
        case _:
            it.change(argument, active=what == "return")


async def _check(it: World) -> None:
    """As many other operators as are told have every entry on disk, and each anchor names enough of them."""
    size = it.creator.sealer.own.size
    kept = {number: await keeper.store.size(it.log) for number, keeper in it.keepers.items()}
    for index in range(size):
        assert sum(end > index for end in kept.values()) >= it.count(index).kept - 1
    front = await frontier(it.store, it.log, it.holders)
    for index in range(front.anchored, front.replicated):
        assert sum(end > index for end in kept.values()) >= it.chain.quorum
    events = it.chain.events()
    assert len({event.size for event in events}) == len(events)
    for event, ackers in zip(events, it.ackers(), strict=True):
        assert len(ackers) >= it.chain.quorum
        assert all(kept[node] >= event.size for node in ackers)


async def _whole(it: World) -> None:
    size = it.creator.sealer.own.size
    assert await it.final() == size
    await check_against_chain(it.store, it.ledger, it.log, 1)
    there = it.holders.of(0)
    assert len(there) >= it.holders.wanted or len(there) == 3
    for copy in there:
        assert copy.size == size
        assert (await check_log(it.keepers[copy.node].store, it.log)).entries == size
    assert it.faults == []
