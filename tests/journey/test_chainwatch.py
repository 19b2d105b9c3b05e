"""The follower of the chain: bookmark by block hash, pages, reorganisations, crashes, alarms."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.journey.chainwatch_scene import (
    DEPTH,
    RECORDS,
    Watched,
    change_whats,
    enrolled,
    image,
    memory_ledger,
    new_chain,
    scanned,
)
from tracehold.adapters.memory.followed import MemoryFollowed
from tracehold.adapters.memory.ledger import PAGE, MemoryLedger
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.core.errors import Broken, Unavailable
from tracehold.core.ids import Root
from tracehold.journey.members import Members
from tracehold.journey.ports.followed import (
    NEAR,
    Anchored,
    Followed,
    NodeReplaced,
    NodeRevoked,
    OperatorEnrolled,
    Page,
    Place,
    Superseded,
)

ONE = OperatorEnrolled(1, "urn:one")
F, G, H = RECORDS[:3]


def anchored(node: int, size: int, root: int = 0) -> Anchored:
    """An anchor of one entry more."""
    return Anchored(node, size - 1, size, Root(bytes([root or size]) * 32), (), b"t" * 32)


@pytest.fixture(params=["memory", "sqlite"])
async def kept(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Followed]:
    """Nothing followed yet, on each back-end."""
    if request.param == "memory":
        yield MemoryFollowed()
        return
    async with SqliteLog.open(tmp_path) as log:
        yield log.followed


async def test_a_chain_is_followed_to_its_end(kept: Followed) -> None:
    """Page by page with progress, then block by block; what is known already is not read again."""
    chain = new_chain()
    chain.act(ONE, enrolled(1), anchored(1, 1))
    chain.mine(3 * PAGE)
    watched = Watched(memory_ledger(chain), kept)
    assert await watched.catch_up() == 4
    assert watched.told == [2 * PAGE + 1, PAGE + 1, 1, 0]
    assert await image(kept) == await scanned(memory_ledger(chain))
    standing = watched.watch.standing
    assert (standing.block, standing.behind, standing.final) == (3 * PAGE, 0, 3 * PAGE - DEPTH)
    watched.restart()
    chain.act(Superseded(1, F, G))
    chain.mine()
    assert await watched.catch_up() == 1
    assert watched.heard[-1] == Superseded(1, F, G)
    assert len(watched.heard) == 4
    assert watched.faults == []


async def test_a_reorganisation_that_removes_an_enrolment(kept: Followed) -> None:
    """The node is no member any more, what it anchored and superseded is gone; its number goes to another."""
    chain = new_chain()
    chain.act(ONE, enrolled(1))
    chain.mine(2)
    chain.act(enrolled(2), anchored(2, 1), Superseded(2, F, G))
    chain.mine()
    watched = Watched(memory_ledger(chain), kept)
    await watched.catch_up()
    assert len(Members().apply(await kept.members())) == 2
    chain.reorganise(1, lose=True)
    chain.act(enrolled(2, log=0x77))
    chain.mine()
    await watched.catch_up()
    known = Members().apply(await kept.members()).all()
    assert [member.log[0] for member in known] == [0x41, 0x77]
    assert (list(await kept.heads()), await kept.pointers([F])) == ([], {})
    assert (watched.watch.standing.undone, watched.reread) == (1, 1)
    assert watched.faults == []
    assert await image(kept) == await scanned(memory_ledger(chain))


async def test_a_pointer_is_undone_with_its_block(kept: Followed) -> None:
    """And stands again where its transaction is mined again, in another block."""
    chain = new_chain()
    chain.act(ONE, enrolled(1))
    chain.mine()
    chain.act(Superseded(1, F, G))
    chain.mine()
    watched = Watched(memory_ledger(chain), kept)
    await watched.catch_up()
    (first,) = (await kept.pointers([F]))[F]
    chain.reorganise(1)
    await watched.catch_up()
    assert await kept.pointers([F]) == {}
    chain.mine()
    await watched.catch_up()
    (second,) = (await kept.pointers([F]))[F]
    assert second == replace(first, number=second.number, hash=second.hash)
    assert second.hash != first.hash


async def test_blocks_that_were_final_are_undone_with_an_alarm(kept: Followed) -> None:
    """Deeper than finality says is possible: REORGED, the ledger reads its members anew."""
    chain = new_chain()
    chain.act(ONE, enrolled(1))
    chain.mine(9)
    watched = Watched(memory_ledger(chain), kept)
    await watched.catch_up()
    chain.reorganise(9, lose=True)
    await watched.catch_up()
    assert (watched.faults, watched.reread) == (["REORGED"], 1)
    assert list(await kept.members()) == []
    assert await image(kept) == await scanned(memory_ledger(chain))
    chain.reorganise(1)
    await watched.catch_up()
    assert watched.faults == ["REORGED"]


async def test_a_reorganisation_while_the_node_was_away(kept: Followed) -> None:
    """Deeper than the places near the newest one: undone from an older one, or from the beginning."""
    chain = new_chain()
    chain.act(ONE, enrolled(1))
    chain.mine(NEAR + 40)
    watched = Watched(memory_ledger(chain), kept)
    await watched.catch_up()
    chain.reorganise(NEAR + 30, lose=True)
    watched.restart()
    await watched.catch_up()
    assert change_whats(await kept.members()) == [ONE, enrolled(1)]
    assert await image(kept) == await scanned(memory_ledger(chain))


async def test_a_chain_that_is_behind_undoes_nothing(kept: Followed) -> None:
    """A node of the chain that lost its last blocks knows less and says nothing else: CHAIN_DOWN until it
    has them, or others.
    """
    chain = new_chain()
    chain.act(ONE, enrolled(1))
    chain.mine(6)
    watched = Watched(memory_ledger(chain), kept)
    await watched.catch_up()
    before, lost = await image(kept), chain.blocks[-3:]
    del chain.blocks[-3:]
    with pytest.raises(Unavailable, match="behind"):
        await watched.watch.step()
    assert await image(kept) == before
    chain.blocks += lost
    assert await watched.watch.step() is False
    assert (await image(kept), watched.watch.standing.undone) == (before, 0)
    del chain.blocks[-3:]
    chain.branch += 1
    chain.mine()
    await watched.catch_up()
    assert await image(kept) == await scanned(memory_ledger(chain))


async def test_two_roots_of_one_size_on_two_branches_are_an_alarm(kept: Followed) -> None:
    """The same anchor in another block is none."""
    chain = new_chain()
    chain.act(ONE, enrolled(1), enrolled(2))
    chain.mine()
    chain.act(anchored(1, 1), anchored(2, 1))
    chain.mine()
    watched = Watched(memory_ledger(chain), kept)
    await watched.catch_up()
    chain.reorganise(1, lose=True)
    await watched.catch_up()
    chain.act(anchored(1, 1), anchored(2, 1, root=9))
    chain.mine()
    await watched.catch_up()
    assert watched.faults == ["FORK_SEEN"]


async def test_the_newest_head_of_each_log_is_looked_at(kept: Followed) -> None:
    """Once for a page, with the log that the node has and the block that holds it."""
    chain = new_chain()
    chain.act(ONE, enrolled(1), enrolled(2))
    chain.mine()
    chain.act(anchored(1, 1), anchored(2, 1), anchored(1, 2))
    chain.mine()
    watched = Watched(memory_ledger(chain), kept)
    await watched.catch_up()
    assert [(head.log[0], head.size) for head in watched.heads] == [(0x41, 2), (0x42, 1)]
    assert {head.block_hash for head in watched.heads} == {chain.blocks[2].hash}
    assert watched.heads[0].contract == chain.contract


class Fragile(MemoryFollowed):
    """Fails, or dies after it wrote, when it is told to."""

    fails = ""

    async def take(self, page: Page) -> None:
        """Before or after the page is durable."""
        if self.fails == "before":
            raise Broken("STORE_FAILED", "the disk refuses")
        await super().take(page)
        if self.fails == "after":
            raise Broken("STORE_FAILED", "nobody heard that it was written")


@pytest.mark.parametrize("fails", ["before", "after"])
async def test_a_crash_between_pages(fails: str) -> None:
    """Before a page is written it is read again, after that it is not; heads are told at least once."""
    chain = new_chain()
    chain.act(ONE, enrolled(1), anchored(1, 1))
    chain.mine(2 * PAGE)
    kept = Fragile()
    watched = Watched(memory_ledger(chain), kept)
    for _ in range(3):
        kept.fails = fails
        with pytest.raises(Broken, match="STORE_FAILED"):
            await watched.watch.step()
        kept.fails = ""
        watched.restart()
    await watched.catch_up()
    assert await image(kept) == await scanned(memory_ledger(chain))
    assert {head.size for head in watched.heads} == {1}


async def test_a_chain_that_is_down_is_waited_for() -> None:
    """With growing waits, told once; then it goes on."""
    chain = new_chain()
    chain.mine(3)
    ledger = memory_ledger(chain)
    ledger.down = True
    watched = Watched(ledger)
    waits: list[float] = []
    troubles: list[str] = []

    class Stopped(Exception):
        """Ends the loop."""

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            ledger.down = False
        if seconds == 7:
            raise Stopped

    with pytest.raises(Stopped):
        await watched.watch.run(7, sleep, lambda error: troubles.append(error.code if error else ""))
    assert waits == [0.1, 0.2, 0.4, 7]
    assert troubles == ["CHAIN_DOWN"] * 3 + [""]
    assert watched.watch.standing.block == 3


class Pruned(MemoryLedger):
    """Leaves out the first events, as a node of the chain that threw them away."""

    async def changes(self, since: Place | None) -> Page | None:
        """Those without enrolments."""
        page = await super().changes(since)
        assert page is not None
        return replace(page, changes=[each for each in page.changes if each.what != enrolled(1)])


@pytest.mark.parametrize(
    "said", [NodeReplaced(1, b"a" * 20, b"k" * 32, b"r"), NodeRevoked(1), anchored(1, 1)]
)
async def test_events_of_a_node_that_nobody_enrolled_are_not_taken(said: Anchored) -> None:
    """What enrolled it was left out: CHAIN_DOWN, and nothing of the page is kept."""
    chain = new_chain()
    chain.act(ONE, enrolled(1), said)
    chain.mine()
    watched = Watched(Pruned(chain, b"\xa1" * 20))
    with pytest.raises(Unavailable, match="lacks logs"):
        await watched.watch.step()
    assert await watched.kept.newest() is None


async def test_another_contract_is_followed_from_its_beginning(kept: Followed) -> None:
    """What was kept of the one before is forgotten."""
    old, new = new_chain(), new_chain()
    old.act(ONE, enrolled(1), Superseded(1, F, G))
    old.mine(5)
    await Watched(memory_ledger(old), kept).catch_up()
    new.contract = b"\xc1" * 20
    await Watched(memory_ledger(new), kept).catch_up()
    assert await image(kept) == await scanned(memory_ledger(new))
    assert await kept.pointers([F]) == {}
