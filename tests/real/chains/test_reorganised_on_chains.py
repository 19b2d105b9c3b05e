"""Anchors whose blocks are replaced, on real chains: mined, then gone, then in another block."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.journey.chainwatch_scene import Watched
from tests.real.chains.anchoring import Line, line
from tests.real.chains.consortium import Consortium
from tests.real.chains.programs import Program, geth_dev, height, rpc
from tests.real.chains.site import Site, founded, visited
from tests.real.chains.test_following_on_chains import agrees, facts
from tracehold.core.errors import Broken
from tracehold.core.receipt import Anchor
from tracehold.journey.ports import AnchorState, AnchorTask

pytestmark = pytest.mark.real

MINED, FINAL, REORGED = AnchorState.MINED, AnchorState.FINAL, AnchorState.REORGED


@asynccontextmanager
async def losing(site: Site) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """A branch that another one replaces at the end. What is yielded puts what was sent into its one block:

    Clique: the node that we ask is alone, and the others, who never heard of it, go on without it. Its pool
    has the transaction again once it took over their branch.
    anvil: its newest blocks are dropped with what they hold, for as many empty ones.
    """
    chain = site.chain
    if isinstance(chain, Consortium):
        async with chain.parted():
            yield chain.seals_alone
            await chain.others_go_on()
    elif chain.name == "anvil":
        before = height(chain.url)
        yield _nothing
        rpc(chain.url, "anvil_reorg", height(chain.url) - before, [])
    else:
        pytest.skip("a chain of one branch")


async def _nothing() -> None:
    """It mines at once whatever is sent."""


def placed(task: AnchorTask) -> Anchor:
    """Its event."""
    assert task.anchor is not None
    return task.anchor


async def test_an_anchor_is_gone_with_its_block(site: Site, tmp_path: Path) -> None:
    """It is anchored once, in another block, by the same transaction; whoever followed the chain knows of
    that anchor alone, as a fresh scan does.
    """
    async with line(site, tmp_path, "reorganised") as it:
        sealed, watched = await it.upload(1), Watched(site.ledger())
        await watched.catch_up()
        async with losing(site) as seal:
            await it.anchorer.step()
            await seal()
            was = await it.newest(MINED)
            await watched.catch_up()
            assert placed(was) in watched.heads
        (now,) = await it.settled()
        assert (now.transaction, now.undone) == (was.transaction, None)
        assert placed(now).block_hash != placed(was).block_hash
        await it.check(sealed)
        await follows(site, watched, it)


async def follows(site: Site, watched: Watched, it: Line) -> None:
    """The follower undid once, and keeps what a fresh scan finds: the log's one anchor where it is now."""
    await watched.catch_up()
    assert (watched.watch.standing.undone, watched.faults) == (1, [])
    await agrees(site.ledger(), watched.kept, it.node)
    fresh = Watched(site.ledger())
    await fresh.catch_up()
    assert await facts(watched.kept) == await facts(fresh.kept)
    (task,) = await it.tasks()
    kept = await watched.kept.anchored(it.node.number, 0, 10)
    assert [each.hash for each in kept] == [placed(task).block_hash]


async def test_what_was_final_and_is_gone_is_an_alarm(site: Site, tmp_path: Path) -> None:
    """Where the operator's policy was too hasty for the chain: the node stops, whether or not another block
    has the anchor by now. With a policy that fits it anchors once, beside the record of what was undone.
    """
    async with line(site, tmp_path, "hasty", finality="instant") as it:
        sealed = await it.upload(1)
        async with losing(site) as seal:
            await it.anchorer.step()
            await seal()
            was = await it.newest(FINAL)
        await alarmed(it, was)
        it.node.ledger = site.ledger(it.node.secret)
        await repaired(it, was)
        await it.check(sealed)


async def alarmed(it: Line, was: AnchorTask) -> None:
    """The node stops by it, and nothing is done about it."""
    with pytest.raises(
        Broken, match=f"REORGED: size {was.size}: was final in {placed(was).block_hash.hex()}"
    ):
        async with asyncio.timeout(60):
            await it.anchorer.run()
    assert await it.tasks() == [replace(was, state=REORGED, anchor=None, undone=was.anchor)]


async def repaired(it: Line, was: AnchorTask) -> None:
    """After a start, which is the operator's decision, nothing is told again."""
    it.restart()
    (now,) = await it.settled()
    assert (now.state, now.transaction, now.undone) == (FINAL, was.transaction, was.anchor)
    assert placed(now).block_hash != placed(was).block_hash


@asynccontextmanager
async def flushed(folder: Path) -> AsyncIterator[tuple[Program, Site]]:
    """A geth of its own that has the contract on its disk: after a power failure it begins there again."""
    chain = geth_dev(folder)
    try:
        chain.start()
        contract = await founded(chain)
        async with visited(chain, contract) as site:
            yield chain, site
    finally:
        chain.kill()


@pytest.mark.parametrize("finality", ["auto", "instant"])
async def test_a_geth_that_lost_its_newest_blocks(tmp_path: Path, finality: str) -> None:
    """It was killed before they were on its disk, and makes no block without a transaction: it gets the
    anchor again. One that was final is an alarm there as well.
    """
    async with (
        flushed(tmp_path / "chain") as (chain, site),
        line(site, tmp_path / "node", "lost", finality=finality) as it,
    ):
        sealed = await it.upload(1)
        chain.stop()
        chain.start()
        was = await it.newest(MINED if finality == "auto" else FINAL)
        chain.kill()
        chain.start()
        assert height(chain.url) < placed(was).block_number
        if finality == "instant":
            await site.blocks(1)
            await alarmed(it, was)
            await repaired(it, was)
        (now,) = await it.settled()
        assert now.transaction == was.transaction
        assert placed(now).block_hash != placed(was).block_hash
        await it.check(sealed)
