"""Holders that lie to a restored creator, or are slow to help it: nothing is lost, nothing is forked, and the
honest ones are asked.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, replace

import pytest

from tests.journey.replicate_scene import World, world
from tests.journey.scene import NODE_KEY, OPERATOR, control, start, statement
from tests.journey.test_own_head import STRANGER, Restored, Shows, backed_up
from tests.journey.test_replicate_segments import first
from tests.recovery.faults import BUSY, Fault, Faulty
from tracehold.adapters.memory.copies import MemoryCopies
from tracehold.adapters.memory.log import MemoryLog
from tracehold.core.checkpoint import Checkpoint, sign_checkpoint
from tracehold.core.control import Redact
from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId, Root
from tracehold.core.merkle import leaf_hash
from tracehold.core.record import fingerprint
from tracehold.journey.fsck import check_log
from tracehold.journey.handed import SHORT_ANSWERS
from tracehold.journey.own_log import reopen
from tracehold.journey.ports import Entries, Peer, Sent


@dataclass
class Erases(Shows):
    """Leaves all bytes out, as if everything had been redacted."""

    async def entries(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Entries:
        """True fingerprints only."""
        true = await self.peer.entries(log, start, stop, max_bytes)
        return replace(true, entries=[Sent(b"", each.fingerprint) for each in true.entries])


@dataclass
class Trickles(Shows):
    """Hands over one entry for each question."""

    asked: int = 0

    async def entries(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Entries:
        """The first of them."""
        self.asked += 1
        true = await self.peer.entries(log, start, stop, max_bytes)
        return replace(true, entries=true.entries[:1])


@dataclass
class Busy(Shows):
    """Shows the checkpoint, and puts off whoever wants the entries."""

    async def entries(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Entries:
        """Later."""
        raise Unavailable("TOO_MANY_CALLS", "later")


async def test_a_holder_that_always_puts_off_is_passed_over() -> None:
    """Attack: keep a restored node from its own log. The next holder hands it over, and nobody is blamed."""
    async with backed_up() as made:
        made.liars[2] = Busy
        assert (await made.recover(restored=True)).size == 19
        assert made.faults == []


async def test_a_holder_that_leaves_out_bytes_erases_nothing() -> None:
    """Attack: the roots fit, so the end of the log would come back without its bytes, and without the key
    that a
    control record enrolled. The next holder has them.
    """
    async with backed_up() as made:
        made.liars[2] = Erases
        own = await made.recover(restored=True)
        assert own.size == 19
        assert not any(entry.erased for entry in await made.store.read(own.log, 0, 19))
        assert [entry.index for entry in await made.store.controls(own.log)] == [0, 1, 2, 17]
        assert STRANGER.public.kid in own.roster._book.enrolled
        assert [error.code for error in made.faults] == ["PROOF_INVALID"]
        assert "node 2 hands over entry 9 without its bytes" in made.faults[0].message


async def test_where_all_leave_out_bytes_the_node_waits() -> None:
    """Attack: nobody hands them over. Nothing of it is stored, and nothing sealed."""
    async with backed_up() as made:
        made.liars.update(dict.fromkeys(made.it.peers, Erases))
        assert await made.code(restored=True) == "STARTING"
        assert await made.store.size(made.it.creator.sealer.own.log) == 9


async def redacted(made: Restored, index: int) -> LogId:
    """The log goes on by a redaction of this entry, which the holders carry out."""
    it: World = made.it
    it.creator = await start(it.store, it.creator.clock)
    (entry,) = await it.store.read(it.log, index, index + 1)
    await it.start()
    await it.creator.upload(control(Redact(entry.fingerprint, index)))
    await it.quiet()
    await it.stop()
    await it.creator.crash()
    for keeper in it.keepers.values():
        assert await keeper.store.size(it.log) == 20
        await keeper.store.erase(it.log, index)
    return it.log


@pytest.mark.parametrize("index", [10, 18])
async def test_what_was_redacted_comes_back_without_its_bytes(index: int) -> None:
    """The redaction stands behind it, beyond the next anchored state or not: proved before it is believed."""
    async with backed_up() as made:
        log = await redacted(made, index)
        own = await made.recover(restored=True)
        assert own.size == 20
        assert [entry.index for entry in await made.store.read(log, 0, 20) if entry.erased] == [index]
        assert (await check_log(made.store, log)).entries == 20
        assert made.faults == []


async def test_one_redaction_is_no_licence_for_others() -> None:
    """Attack: entry 10 was redacted, and the holder leaves out all bytes but those of the redaction."""

    @dataclass
    class Most(Shows):
        async def entries(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Entries:
            true = await self.peer.entries(log, start, stop, max_bytes)
            places = enumerate(true.entries, start)
            bare = [each if at == 19 else Sent(b"", each.fingerprint) for at, each in places]
            return replace(true, entries=bare)

    async with backed_up() as made:
        log = await redacted(made, 10)
        made.liars[2] = Most
        await made.recover(restored=True)
        assert [entry.index for entry in await made.store.read(log, 0, 20) if entry.erased] == [10]
        assert [error.code for error in made.faults] == ["PROOF_INVALID"]


async def test_a_trickling_holder_does_not_keep_the_others_from_being_asked() -> None:
    """Attack: one entry for each question. After some of those the next holder is asked."""
    async with backed_up() as made:
        it = made.it
        it.creator = await start(it.store, it.creator.clock)
        await it.start()
        await it.upload(2 * SHORT_ANSWERS, start=100)
        await it.pass_by(5)
        await it.stop()
        await it.creator.crash()
        slow: list[Trickles] = []

        def trickles(peer: Peer) -> Peer:
            slow.append(Trickles(peer))
            return slow[-1]

        made.liars[2] = trickles
        size = await it.store.size(it.log)
        assert (await made.recover(restored=True)).size == size
        # The last one of each state on the way is no short answer.
        assert SHORT_ANSWERS < sum(each.asked for each in slow) <= SHORT_ANSWERS + 4
        assert made.faults == []


@dataclass
class Down(Shows):
    """Does not answer."""

    async def checkpoint(self, log: LogId, size: int | None = None) -> Checkpoint | None:
        """Nothing."""
        raise Unavailable("PEER_DOWN", "down")


@asynccontextmanager
async def nearer(anchored: bool = True) -> AsyncIterator[Restored]:
    """The backup knows no holders yet. Node 2 was chosen afterwards and has the end of the log; the members
    that joined later are nearer than it, so by today's members another would hold.
    """
    async with world(1, target=2) as it:
        assert isinstance(it.creator.store, MemoryLog)
        assert isinstance(it.copies, MemoryCopies)
        made = Restored(it, deepcopy(it.creator.store), deepcopy(it.copies))
        await it.start()
        if anchored:
            await it.upload()
            await it.pass_by(10)
        number = 3
        while first(it.log, 0, it) == 2:
            await it.join(number)
            number += 1
        await it.pass_by(20)
        await it.creator.upload(statement(60))
        await it.quiet()
        assert it.kept_at(2) == await it.store.size(it.log)
        await it.stop()
        await it.creator.crash()
        yield made


@pytest.mark.parametrize("anchored", [True, False])
async def test_a_holder_chosen_after_the_backup_must_have_answered(anchored: bool) -> None:
    """It is down, and neither the nearest by today's members nor known to this disk. The start waits for it,
    and is no fork; nothing comes back before, so the next start waits too.
    """
    async with nearer(anchored) as made:
        size = await made.it.store.size(made.it.log)
        made.liars[2] = Down
        for _ in range(2):
            assert await made.code(restored=True) == "STARTING"
            assert await made.store.size(made.it.log) == 3
        if anchored:
            # Also where nobody marked the folder: the chain has more.
            assert await made.code() == "STARTING"
        del made.liars[2]
        assert (await made.recover(restored=True)).size == size


@dataclass
class Empty(Shows):
    """Says that it keeps nothing."""

    async def checkpoint(self, log: LogId, size: int | None = None) -> Checkpoint | None:
        """None."""
        return None


async def test_what_the_chain_has_must_be_there_before_anything_is_sealed() -> None:
    """Attack: all holders say that they keep nothing of this log. The node waits; it is no fork."""
    async with backed_up() as made:
        made.liars.update(dict.fromkeys(made.it.peers, Empty))
        assert await made.code() == "STARTING"
        with pytest.raises(Unavailable, match="of 18 entries that this node signed, 9 are here"):
            await made.recover(restored=True)


async def test_the_folder_is_marked_before_entries_come_back() -> None:
    """A crash in between leaves a folder that does not look older any more, and is."""
    async with backed_up() as made:
        marked: list[bool] = []
        made.older = lambda: marked.append(True)
        disk = made.store
        port = Faulty(disk)
        port.arm(Fault("append", BUSY, True, 0))
        made.store = port  # type: ignore[assignment]
        with pytest.raises(Unavailable):
            await made.recover()
        assert marked == [True]
        made.store = disk
        assert await disk.size(made.it.log) > 9
        await made.recover()
        await made.recover()
        assert marked == [True, True]


async def test_an_old_key_stops_no_node() -> None:
    """Attack: whoever has a node key that was replaced signs another state of an anchored size with it. The
    chain has ours: it is a fault of whoever shows it.
    """
    async with backed_up() as made:
        await made.recover()
        log = made.it.log
        forged = sign_checkpoint(log, 15, Root(b"f" * 32), 1, 1, operator=OPERATOR, key=NODE_KEY)
        made.liars[2] = lambda peer: Shows(peer, forged)
        assert (await made.recover()).size == 19
        assert [error.code for error in made.faults] == ["PROOF_INVALID"]
        assert "node 2 has another state of size 15" in made.faults[0].message
        # What is not anchored nobody but this node can tell: there it is a fork.
        behind = sign_checkpoint(log, 19, Root(b"f" * 32), 1, 1, operator=OPERATOR, key=NODE_KEY)
        made.liars[2] = lambda peer: Shows(peer, behind)
        assert await made.code() == "LOG_FORKED"


async def test_a_state_below_the_anchored_end_is_no_goal() -> None:
    """Attack: an old key signs a state between two anchors, of records that never were. Only what is anchored
    comes back from whoever shows it.
    """
    async with backed_up() as made:
        tree = (await reopen(made.store, made.it.creator.sealer.own.identity)).range.copy()
        true = await made.it.store.read(made.it.log, 9, 15)
        raw = statement(777).raw
        other = Sent(raw, fingerprint(raw))
        names = [*(entry.fingerprint for entry in true), other.fingerprint]
        for name in names:
            tree.append(leaf_hash(name))
        forged = sign_checkpoint(made.it.log, 16, tree.root(), 1, 1, operator=OPERATOR, key=NODE_KEY)

        @dataclass
        class Forges(Shows):
            async def entries(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Entries:
                true = await self.peer.entries(log, start, stop, max_bytes)
                said = [each if at < 15 else other for at, each in enumerate(true.entries, start)]
                return replace(true, entries=said)

        made.liars[2] = lambda peer: Forges(peer, forged)
        made.liars[3] = Empty
        assert await made.code() == "STARTING"
        assert await made.store.size(made.it.log) == 15
        del made.liars[3]
        assert (await made.recover(restored=True)).size == 19
        assert (await check_log(made.store, made.it.log)).entries == 19
