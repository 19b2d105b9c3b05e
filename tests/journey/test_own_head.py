"""Before anything is sealed the holders are asked for the own log: a restored backup gets back what it lost
and
forks nothing, and a log that was forked stops the node.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace

import pytest

from tests.journey.replicate_scene import CREATOR, World, world
from tests.journey.scene import FARM, OPERATOR, control, event, settle, start, statement
from tests.journey.test_kept_anchors import follower
from tests.recovery.faults import BUSY, Fault, Faulty
from tracehold.adapters.memory.copies import MemoryCopies
from tracehold.adapters.memory.log import MemoryLog
from tracehold.adapters.memory.peers import MemoryPeers
from tracehold.core.checkpoint import Checkpoint, sign_checkpoint
from tracehold.core.control import Enrol
from tracehold.core.errors import TraceholdError, Unavailable
from tracehold.core.ids import Fingerprint, LogId, Root
from tracehold.core.keys import Ed25519Key
from tracehold.journey.delegate import Delegated
from tracehold.journey.fsck import check_log
from tracehold.journey.holders import Holders
from tracehold.journey.own_head import Asking, OwnHead, unmarked
from tracehold.journey.own_log import OwnLog, reopen
from tracehold.journey.ports import (
    AnchorState,
    BasePart,
    Entries,
    Expansion,
    Greeting,
    Handed,
    Kept,
    Peer,
    Sent,
    Shipment,
)
from tracehold.journey.receipts import Receipts

PATIENCE = 3.0
STRANGER = Ed25519Key.from_seed(b"else" * 8)


@dataclass
class Restored:
    """A world whose creator lost what came after a backup, and what a start from it does."""

    it: World
    store: MemoryLog
    copies: MemoryCopies
    faults: list[TraceholdError] = field(default_factory=list)
    liars: dict[int, Callable[[Peer], Peer]] = field(default_factory=dict)
    older: Callable[[], None] = unmarked

    async def recover(self, *, restored: bool = False) -> OwnLog:
        """What the start of a node does before it seals."""
        own = await reopen(self.store, self.it.creator.sealer.own.identity)
        holders = await Holders.open(self.store, self.copies, own.log, self.it.target)
        peers = Lying(self.it.peers, CREATOR, self.it.caller, liars=self.liars)
        asking = Asking(peers, PATIENCE, self.it.creator.clock.sleep, self.faults.append, self.older)
        return await OwnHead(self.store, self.it.ledger, holders, asking).recover(own, restored=restored)

    async def code(self, *, restored: bool = False) -> str:
        """The code with which a start is held up or ended."""
        with pytest.raises(TraceholdError) as refusal:
            await self.recover(restored=restored)
        return refusal.value.code


@dataclass
class Lying(MemoryPeers):
    """Peers of which some show other things than they have."""

    liars: dict[int, Callable[[Peer], Peer]] = field(default_factory=dict)

    async def node(self, number: int) -> Peer | None:
        """The peer, or who speaks in its place."""
        found = await super().node(number)
        return self.liars[number](found) if found and number in self.liars else found


@dataclass
class Shows:
    """A peer with another checkpoint, or other entries, than it keeps."""

    peer: Peer
    shown: Checkpoint | None = None
    entry: bytes = b""

    @property
    def node(self) -> int:
        """Its number."""
        return self.peer.node

    async def hello(self) -> Greeting:
        """What it has."""
        return await self.peer.hello()

    async def handing(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Handed:
        """What it has."""
        return await self.peer.handing(log, start, stop, max_bytes)

    async def base(self, log: LogId, start: int, part: int) -> BasePart | None:
        """What it has."""
        return await self.peer.base(log, start, part)

    async def expand(
        self,
        items: Collection[str],
        event_ids: Collection[str] = (),
        transformations: Collection[str] = (),
        *,
        fingerprints: Collection[Fingerprint] = (),
    ) -> Expansion:
        """What it has."""
        return await self.peer.expand(items, event_ids, transformations, fingerprints=fingerprints)

    async def replicate(self, shipment: Shipment) -> Kept:
        """What it has."""
        return await self.peer.replicate(shipment)

    async def checkpoint(self, log: LogId, size: int | None = None) -> Checkpoint | None:
        """What it shows."""
        return self.shown or await self.peer.checkpoint(log, size)

    async def entries(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Entries:
        """What it hands over."""
        true = await self.peer.entries(log, start, stop, max_bytes)
        if not self.entry:
            return true
        return replace(true, entries=[Sent(self.entry, each.fingerprint) for each in true.entries])


@asynccontextmanager
async def backed_up(others: int = 2) -> AsyncIterator[Restored]:
    """The backup has nine entries, all final; behind it came three uploads, the last of which the holders
    have and the chain has not.
    """
    async with world(others) as it:
        await it.start()
        await it.upload()
        await it.pass_by(8)
        assert await it.final() == 9
        assert isinstance(it.creator.store, MemoryLog)
        assert isinstance(it.copies, MemoryCopies)
        made = Restored(it, deepcopy(it.creator.store), deepcopy(it.copies))
        await it.upload(start=6)
        await it.pass_by(3)
        await it.creator.upload(
            Delegated(FARM, event(50)), statement(51), control(Enrol(FARM, STRANGER.public))
        )
        await it.pass_by(15)
        assert await it.final() == 18
        await it.creator.upload(statement(60))
        await it.quiet()
        assert [it.kept_at(number) for number in it.keepers] == [19] * others
        await it.stop()
        await it.creator.crash()
        yield made


async def test_a_five_minute_old_backup_does_not_fork_its_log() -> None:
    """What it lost comes back from a holder, proved; the log goes on behind it and verifies from entry 0."""
    async with backed_up() as made:
        own = await made.recover()
        assert own.size == 19
        true, log = made.it.creator.store, own.log
        theirs, ours = await true.read(log, 0, 99), await made.store.read(log, 0, 99)
        assert ours == theirs
        assert (await check_log(made.store, log)).entries == 19
        assert own.checkpoint == await true.checkpoint(log)
        again = await start(made.store, made.it.creator.clock)
        (outcome,) = await again.upload(statement(99))
        assert outcome.index == 19
        # The holders take what comes next: it is one log for them.
        keeper = made.it.keepers[2]
        await made.it.stop()
        made.it.creator = again
        made.it.store = made.store
        made.it.copies = made.copies
        await made.it.start()
        await made.it.pass_by(15)
        assert await keeper.copies.forks() == []
        assert await made.it.final() == 20
        await again.crash()


async def test_a_delegated_event_that_came_back_is_not_signed_again() -> None:
    """Sent once more, it is answered with its first place."""
    async with backed_up() as made:
        await made.recover()
        again = await start(made.store, made.it.creator.clock)
        (outcome,) = await again.upload(Delegated(FARM, event(50)))
        assert (outcome.duplicate, outcome.index) == (True, 15)
        await again.crash()


async def test_receipts_after_a_recovery_are_those_of_before() -> None:
    """The checkpoints of anchored sizes come back too, so that a final receipt stays what it was."""
    async with backed_up() as made:
        true = made.it.creator.store
        log = made.it.creator.sealer.own.log
        await made.recover()
        for task in await true.anchors(log, {AnchorState.FINAL}):
            assert await made.store.checkpoint(log, task.size) == await true.checkpoint(log, task.size)
            await made.store.save_anchor(task)
        names = [entry.fingerprint for entry in await true.read(log, 0, 18)]
        receipts = await Receipts(made.store).receipts(names)
        assert receipts == await Receipts(true).receipts(names)
        keeper = made.it.keepers[2]
        anchors = follower(keeper)
        await anchors.step()
        await anchors.step()
        assert receipts == await Receipts(keeper.store).receipts(names)


async def test_a_checkpoint_that_no_holder_has_is_signed_anew() -> None:
    """The state is proved by the chain; its time is the earliest that can be."""
    async with backed_up() as made:
        for keeper in made.it.keepers.values():
            kept = keeper.store._of(made.it.creator.sealer.own.log)
            del kept.checkpoints[15]
        own = await made.recover()
        found = await made.store.checkpoint(own.log, 15)
        before = await made.store.checkpoint(own.log, 9)
        assert found is not None
        assert before is not None
        assert found.time_ms == before.time_ms
        assert (await check_log(made.store, own.log)).entries == 19


async def test_a_larger_checkpoint_of_another_key_is_a_lie() -> None:
    """Attack: a holder shows a state that this node never signed, to keep it from sealing. It is told as a
    fault and changes nothing.
    """
    async with backed_up() as made:
        await made.recover()
        log = made.it.creator.sealer.own.log
        forged = sign_checkpoint(log, 99, Root(b"f" * 32), 1, 1, operator=OPERATOR, key=STRANGER)
        made.liars[2] = lambda peer: Shows(peer, forged)
        assert (await made.recover()).size == 19
        assert [error.code for error in made.faults] == ["PROOF_INVALID"]
        # Also where all must answer: it did.
        assert (await made.recover(restored=True)).size == 19


async def test_false_entries_are_not_taken() -> None:
    """Attack: a holder has the true checkpoint and hands over other records. Another one helps; without one
    the node waits, and never seals beside what it signed.
    """
    async with backed_up() as made:
        made.liars[2] = lambda peer: Shows(peer, entry=statement(7).raw)
        assert (await made.recover()).size == 19
        assert {error.code for error in made.faults} == {"ROOT_MISMATCH"}
    async with backed_up() as made:
        for number in made.it.peers:
            made.liars[number] = lambda peer: Shows(peer, entry=statement(7).raw)
        assert await made.code() == "STARTING"
        assert await made.store.size(made.it.creator.sealer.own.log) == 9


async def test_a_fork_of_the_same_size_stops_the_node() -> None:
    """The backup was started before beside the newer folder, and sealed: holders have another state of a size
    that is here.
    """
    async with backed_up() as made:
        fork = await start(made.store, made.it.creator.clock)
        await fork.upload(*(statement(number) for number in range(70, 80)))
        await fork.crash()
        assert await made.store.size(fork.sealer.own.log) == 19
        assert await made.code() == "LOG_FORKED"


async def test_a_fork_below_a_larger_checkpoint_stops_the_node() -> None:
    """Fewer entries of another branch: what the holders hand over leads to what this node signed, and what is
    here does not.
    """
    async with backed_up() as made:
        fork = await start(made.store, made.it.creator.clock)
        await fork.upload(statement(70))
        await fork.crash()
        assert await made.code() == "LOG_FORKED"


async def test_a_normal_start_waits_for_nobody_long() -> None:
    """All holders are down, and silent: the chain was compared, so the node seals after a few seconds."""
    async with backed_up() as made:
        await made.recover()
        for peer in made.it.peers.values():
            peer.down = True
        assert (await made.recover()).size == 19
        for peer in made.it.peers.values():
            peer.down, peer.delay = False, lambda: made.it.creator.clock.sleep(1e9)
        recovering = asyncio.ensure_future(made.recover())
        await settle()
        assert not recovering.done()
        await made.it.creator.clock.pass_by(PATIENCE)
        await settle()
        assert (await recovering).size == 19


@pytest.mark.parametrize("restored", [True, False])
async def test_after_a_restore_every_holder_must_have_answered(restored: bool) -> None:
    """A folder that is marked, and one that has less than the chain, wait for the last one."""
    async with backed_up() as made:
        if restored:
            await made.recover()
        for peer in made.it.peers.values():
            peer.down = True
        assert await made.code(restored=restored) == "STARTING"
        made.it.peers[2].down = False
        if restored:
            assert await made.code(restored=True) == "STARTING"
        made.it.peers[3].down = False
        assert (await made.recover(restored=restored)).size == 19


@pytest.mark.parametrize("after", [False, True])
async def test_a_crash_while_entries_come_back_is_harmless(after: bool) -> None:
    """Each batch is whole; the next start goes on behind it."""
    for appends in range(3):
        async with backed_up() as made:
            disk = made.store
            port = Faulty(disk)
            port.arm(Fault("append", BUSY, after, appends))
            made.store = port  # type: ignore[assignment]
            with pytest.raises(Unavailable):
                await made.recover()
            made.store = disk
            assert (await made.recover()).size == 19
            assert (await check_log(disk, made.it.creator.sealer.own.log)).entries == 19


async def test_without_others_only_the_chain_can_tell() -> None:
    """One operator alone: there is nobody to ask, and an older folder is a fork for the chain to show."""
    async with world(0, target=1, quorum=0) as it:
        await it.start()
        await it.upload()
        assert isinstance(it.creator.store, MemoryLog)
        made = Restored(it, deepcopy(it.creator.store), MemoryCopies())
        assert (await made.recover()).size == 9
        assert (await made.recover(restored=True)).size == 9
