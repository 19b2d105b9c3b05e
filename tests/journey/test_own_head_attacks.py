"""Holders that lie to a restored creator, or are slow to help it: nothing is lost, nothing is forked, and the
honest ones are asked.
"""

from dataclasses import dataclass, replace

import pytest

from tests.journey.replicate_scene import World
from tests.journey.scene import control, start
from tests.journey.test_own_head import STRANGER, Restored, Shows, backed_up
from tracehold.core.control import Redact
from tracehold.core.ids import LogId
from tracehold.journey.fsck import check_log
from tracehold.journey.handed import SHORT_ANSWERS
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
