"""A contract takes over: the log is anchored there from its beginning, segment by segment; no data moves."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tests.journey.replicate_scene import World, world
from tests.journey.scene import start
from tracehold.adapters.memory.chain import MemoryChain
from tracehold.adapters.memory.ledger import MemoryLedger
from tracehold.core.receipt import parse_receipt
from tracehold.core.record import fingerprint
from tracehold.journey.ledger_view import LedgerView
from tracehold.journey.ports import AnchorState, Ledger, NewEntry
from tracehold.journey.receipts import Receipts
from tracehold.journey.states import State, frontier

NEW = b"\xc1" * 20
SEGMENT = 256
"""Entries of a segment here: one tile."""


@pytest.fixture(autouse=True)
def short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody count in these."""
    for name, module in list(sys.modules.items()):
        if name.startswith("tracehold.") and hasattr(module, "SEGMENT_ENTRIES"):
            monkeypatch.setattr(module, "SEGMENT_ENTRIES", SEGMENT)


async def fill(it: World) -> None:
    """Two entries are missing to the end of the first segment; what fills it says nothing."""
    await it.creator.crash()
    own = it.creator.sealer.own
    raws = [b"entry %d" % at for at in range(own.size, SEGMENT - 2)]
    batch, _ = own.extend([NewEntry(fingerprint(raw), raw, "") for raw in raws], own.roster, 0)
    await it.store.append(batch)
    it.creator = await start(it.store, it.creator.clock)


class Before:
    """The contracts before, of `ports.Earlier`."""

    def __init__(self, *ledgers: MemoryLedger) -> None:
        self._ledgers = {ledger.chain.contract: ledger for ledger in ledgers}

    async def ledger(self, contract: bytes) -> Ledger | None:
        """By its address."""
        return self._ledgers.get(contract)


def successor(it: World, **changes: object) -> MemoryChain:
    """The contract that takes over, with the same members."""
    fresh = MemoryChain(it.creator.clock.now, it.chain.network_id, contract=NEW, salt=b"\x06" * 32)
    fresh.quorum, fresh.members = it.chain.quorum, list(it.chain.members)
    return replace(fresh, blocks=[], **changes)  # type: ignore[arg-type]


async def move(it: World, *nodes: int) -> None:
    """These holders are configured for the successor, and started again; the creator when all are."""
    for number in nodes:
        keeper = it.keepers[number]
        keeper.chain, keeper.ledger = it.chain, MemoryLedger(it.chain, keeper.account)
        keeper.restart()
        it.listen(number)


@asynccontextmanager
async def moved(*, late: tuple[int, ...] = ()) -> AsyncIterator[tuple[World, MemoryLedger]]:
    """A log of five entries more than a segment, final on a contract, and the node that goes on with its
    successor; `late` are holders that stay on the old one. The other ledger is the old contract's.
    """
    async with world(2) as it:
        await it.store.in_force(it.chain.contract)
        await fill(it)
        await it.start()
        await it.upload()
        await it.pass_by(20)
        assert await it.final() == SEGMENT + 5
        await it.stop()
        old = it.ledger
        it.chain = successor(it)
        it.ledger = MemoryLedger(it.chain, old._account)
        await move(it, *(it.keepers.keys() - set(late)))
        await it.store.in_force(NEW)
        await it.start()
        yield it, old
        await it.creator.crash()


async def test_a_successor_gets_one_anchor_for_each_closed_segment_and_the_newest_head() -> None:
    """Acknowledged by the holders that have it all: nothing is shipped, nothing is lost, and it goes on."""
    async with moved() as (it, _):
        before = {number: await keeper.store.spans(it.log) for number, keeper in it.keepers.items()}
        await it.pass_by(30)
        size = SEGMENT + 5
        events = it.chain.events()
        assert [(e.prev_size, e.size) for e in events] == [(0, SEGMENT), (SEGMENT, size)]
        assert it.ackers() == [(2, 3), (2, 3)]
        assert {n: await keeper.store.spans(it.log) for n, keeper in it.keepers.items()} == before
        await it.upload(start=6)
        await it.pass_by(20)
        assert await it.final() == size + 6
        assert [task.size for task in await it.tasks_in(AnchorState.FINAL)] == [
            SEGMENT,
            size,
            size + 6,
        ]
        assert it.faults == []


async def test_what_is_final_is_so_all_the_time_and_keeps_its_receipt() -> None:
    """Before the successor has any anchor, and after it has them all: the same bytes, of the old contract."""
    async with moved() as (it, old):
        (entry,) = await it.store.read(it.log, 2, 3)
        receipts = Receipts(it.store)
        first = await receipts.receipt(entry.fingerprint)
        assert (await frontier(it.store, it.log)).state(SEGMENT + 4) is State.FINAL
        await it.pass_by(30)
        assert await receipts.receipt(entry.fingerprint) == first
        anchor = parse_receipt(first).anchor
        assert anchor is not None
        assert anchor.contract == old.chain.contract
        assert await it.store.first_anchor(it.log, SEGMENT) != await it.store.anchor_covering(it.log, SEGMENT)


async def test_an_anchor_of_the_old_contract_is_judged_by_that_one() -> None:
    """By who follows its predecessor; to others it is an anchor of a stranger's contract."""
    async with moved() as (it, old):
        await it.pass_by(30)
        (*_, task) = await it.store.earlier_anchors(it.log)
        assert task.anchor is not None
        view = await LedgerView(it.ledger, None, Before(old)).of(task.anchor)
        assert (view.contract, view.block_hash) == (old.chain.contract, task.anchor.block_hash)
        assert view.event is not None
        blind = await LedgerView(it.ledger, None, Before()).of(task.anchor)
        assert blind.contract == NEW


async def test_nodes_that_move_later_hold_up_anchors_and_nothing_else() -> None:
    """A holder on the old contract signs for that one: it is told, and asked until it moved too."""
    async with moved(late=(2, 3)) as (it, _):
        await it.pass_by(20)
        assert it.chain.events() == []
        assert await it.final() == SEGMENT + 5
        assert {fault.code for fault in it.faults} == {"PROOF_INVALID"}
        await move(it, 2, 3)
        await it.pass_by(120)
        assert [e.size for e in it.chain.events()] == [SEGMENT, SEGMENT + 5]


async def test_a_crash_between_two_segments_goes_on_behind_the_first() -> None:
    """What is on the chain and not on the disk is adopted; no size is anchored twice."""
    async with moved() as (it, _):
        while not it.chain.events():
            await it.pass_by(1)
        await it.stop()
        for task in await it.tasks_in(AnchorState.SIGNED, AnchorState.MINED):
            await it.store.drop_anchor(it.log, task.size)
        await it.start()
        await it.pass_by(30)
        assert [e.size for e in it.chain.events()] == [SEGMENT, SEGMENT + 5]
        assert await it.tasks_in(AnchorState.REORGED) == []


async def test_a_successor_without_this_member_seals_and_waits() -> None:
    """Nothing is anchored, nothing is taken back: NOT_A_MEMBER until it is carried over."""
    async with moved() as (it, _):
        await it.stop()
        known, it.chain.members = it.chain.members, []
        await it.start()
        await it.pass_by(5)
        assert it.chain.events() == []
        assert "NOT_A_MEMBER" in it.troubles
        assert await it.final() == SEGMENT + 5
        it.chain.members = known
        await it.pass_by(60)
        assert len(it.chain.events()) == 2
