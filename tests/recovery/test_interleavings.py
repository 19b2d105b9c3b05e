"""Any order of uploads, faults, crashes, blocks and reorganisations leaves a log that verifies, and keeps
every promise.
"""

import asyncio
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.journey.scene import MILL, event, statement
from tests.recovery.faults import BUSY, DOWN, FAILED, GRAPH, Fault
from tests.recovery.plant import Plant
from tracehold.core.errors import Broken
from tracehold.journey.delegate import Delegated

STORE_WRITES = ("append", "save_anchor", "drop_anchor")
GRAPH_CALLS = ("add", "set_known", "coverage")
STORE_READS = ("find", "received", "size", "anchors", "tiles")
CHAIN_CALLS = ("send", "find", "head", "prepare_anchor", "find_anchor", "is_final", "proof", "spent")

FAULTS = st.one_of(
    st.builds(
        Fault,
        st.sampled_from(STORE_WRITES),
        st.sampled_from([BUSY, FAILED]),
        st.booleans(),
        st.integers(0, 2),
    ),
    st.builds(Fault, st.sampled_from(STORE_READS), st.just(BUSY), st.just(False), st.integers(0, 4)),
)
GRAPH_FAULTS = st.builds(
    Fault, st.sampled_from(GRAPH_CALLS), st.just(GRAPH), st.booleans(), st.integers(0, 3)
)
CHAIN_FAULTS = st.builds(Fault, st.sampled_from(CHAIN_CALLS), st.just(DOWN), st.booleans(), st.integers(0, 3))
STEPS = st.one_of(
    st.tuples(st.just("upload"), st.lists(st.integers(0, 12), min_size=1, max_size=4)),
    st.tuples(st.just("delegate"), st.lists(st.integers(0, 5), min_size=1, max_size=3)),
    st.tuples(st.just("store fault"), FAULTS),
    st.tuples(st.just("chain fault"), CHAIN_FAULTS),
    st.tuples(st.just("graph fault"), GRAPH_FAULTS),
    st.tuples(st.just("time"), st.integers(1, 30)),
    st.tuples(st.just("look"), st.none()),
    st.tuples(st.just("look"), st.none()),
    st.tuples(st.just("mine"), st.integers(1, 3)),
    st.tuples(st.just("reorganise"), st.tuples(st.integers(1, 2), st.booleans())),
    st.tuples(st.just("crash midway"), st.integers(0, 12)),
    st.tuples(st.just("restart"), st.none()),
)
RECORDS = [statement(at) for at in range(13)]


async def play(steps: list[tuple[str, Any]]) -> None:
    """Do the steps, then heal, repeat every upload, and check everything."""
    plant = await Plant.build()
    for name, value in steps:
        await do(plant, name, value)
        if plant.creator.sealing.done() or plant.following.done():
            await restart(plant)
    await plant.heal()
    await plant.upload(*RECORDS)
    await plant.upload(*[Delegated(MILL, event(at)) for at in range(6)])
    await plant.heal()
    await plant.check()
    assert await plant.disk.size(plant.log) == 3 + 13 + 6
    await plant.crash()


async def do(plant: Plant, name: str, value: Any) -> None:
    """One step; what fails is answered with an error of ours, never with another."""
    match name:
        case "upload":
            await plant.upload(*[RECORDS[at] for at in value])
        case "delegate":
            await plant.upload(*[Delegated(MILL, event(at)) for at in value])
        case "time":
            await plant.clock.pass_by(value)
        case "look" if isinstance(await plant.look(), Broken):
            await restart(plant)
        case "crash midway":
            await crash_midway(plant, value)
        case "restart":
            await restart(plant)
        case _:
            disturb(plant, name, value)


def disturb(plant: Plant, name: str, value: Any) -> None:
    """What happens around the node."""
    match name:
        case "store fault":
            plant.store.arm(replace(value))
        case "chain fault":
            plant.ledger.arm(replace(value))
        case "graph fault":
            plant.graph.arm(replace(value))
        case "mine":
            plant.chain.mine(value)
        case "reorganise":
            depth, lose = value
            plant.chain.reorganise(min(depth, len(plant.chain.blocks) - 1), lose=lose)


async def crash_midway(plant: Plant, turns: int) -> None:
    """Crash after so many turns of the loop, with an upload and a look under way."""
    upload = asyncio.ensure_future(plant.upload(RECORDS[turns]))
    look = asyncio.ensure_future(plant.look())
    for _ in range(turns):
        await asyncio.sleep(0)
    upload.cancel()
    look.cancel()
    await asyncio.gather(upload, look, return_exceptions=True)
    await restart(plant)


async def restart(plant: Plant) -> None:
    """Start again; a disk that fails at the start is healed first."""
    plant.store.heal()
    await plant.restart()


@settings(max_examples=120)
@given(st.lists(STEPS, max_size=25))
def test_no_order_of_uploads_faults_and_crashes_breaks_the_log(steps: list[tuple[str, Any]]) -> None:
    """Every answer holds, no anchor is doubled or missing, and the log verifies from entry 0 to the chain's
    head.
    """
    asyncio.run(play(steps))
