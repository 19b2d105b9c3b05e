"""Holders that lie: whatever one of them answers, it is told as a fault and holds up nobody else."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.journey.replicate_scene import PATIENCE, Answer, World, world
from tracehold.adapters.memory.ledger import MemoryLedger
from tracehold.core.errors import Rejected
from tracehold.journey.holders import CopyCount
from tracehold.journey.ports import Acknowledgement, Kept, Shipment

Says = Callable[[Answer, Shipment], Awaitable[Kept]]


async def wrong_signature(_: Answer, asked: Shipment) -> Kept:
    """64 bytes that nobody signed."""
    return Kept(asked.checkpoint.size, b"\x01" * 64)


async def short_signature(_: Answer, asked: Shipment) -> Kept:
    """A signature cut short."""
    return Kept(asked.checkpoint.size, b"\x01")


async def beyond_the_log(_: Answer, __: Shipment) -> Kept:
    """More entries than there are."""
    return Kept(1 << 40)


async def below_zero(_: Answer, __: Shipment) -> Kept:
    """Fewer entries than none."""
    return Kept(-7)


async def junk_refusal(_: Answer, asked: Shipment) -> Kept:
    """A code that no release knows, with a line break for whoever writes it into a log."""
    return Kept(asked.start, refused="\nlevel=info all is well " * 100)


async def refusal(_: Answer, asked: Shipment) -> Kept:
    """A code that means that the creator's log is false."""
    return Kept(asked.start, refused="ROOT_MISMATCH")


async def never_enough(_: Answer, __: Shipment) -> Kept:
    """Takes everything, keeps nothing, acknowledges nothing."""
    return Kept(0)


async def one_less(_: Answer, asked: Shipment) -> Kept:
    """Always one entry short of what was asked."""
    return Kept(asked.checkpoint.size - 1)


async def never(_: Answer, __: Shipment) -> Kept:
    """No answer, for ever."""
    await asyncio.Event().wait()
    raise AssertionError


LIES = [
    wrong_signature,
    short_signature,
    beyond_the_log,
    below_zero,
    junk_refusal,
    refusal,
    never_enough,
    one_less,
    never,
]


@pytest.mark.parametrize("says", LIES)
async def test_a_lying_holder_stops_no_anchor(says: Says) -> None:
    """The other acknowledges: after the patience the log is anchored by that one, and the liar counts
    nowhere.
    """
    async with world() as it:
        it.lies(3, says)
        await it.start()
        await it.upload()
        await it.pass_by(PATIENCE + 8)
        assert await it.final() == 9
        assert it.ackers() == [(2,)]
        assert it.count() == CopyCount(2, 3)
        assert it.kept_at(3) == 0


@pytest.mark.parametrize("says", [lie for lie in LIES if lie is not never])
async def test_a_lie_is_told_once_and_the_liar_is_asked_more_and_more_rarely(says: Says) -> None:
    """One fault that names the node, however often it repeats itself; in ten minutes some dozens of
    questions.
    """
    async with world() as it:
        it.lies(3, says)
        await it.start()
        await it.creator.clock.pass_by(600)
        assert len(it.faults) == 1
        assert "holder 3" in it.faults[0].message
        assert "\n" not in it.faults[0].message
        assert len(it.peers[3].shipped) < 150


async def test_a_liar_that_becomes_honest_is_a_holder_again() -> None:
    """Nothing is held against it but the waits."""
    async with world() as it:
        it.lies(3, wrong_signature)
        await it.start()
        await it.upload()
        await it.pass_by(30)
        it.listen(3)
        await it.pass_by(40)
        assert it.count() == CopyCount(3, 3)


async def _taken(it: World, size: int) -> list[Kept]:
    """What holder 2 signed for this size, taken down on the way."""
    heard: list[Kept] = []

    async def says(honest: Answer, asked: Shipment) -> Kept:
        kept = await honest(asked)
        if asked.checkpoint.size == size and kept.acknowledgement:
            heard.append(kept)
        return kept

    it.lies(2, says)
    return heard


async def test_an_acknowledgement_of_another_holder_is_not_taken() -> None:
    """Holder 3 repeats what holder 2 signed of the very same state: it is not its own signature."""
    async with world() as it:
        heard = await _taken(it, 9)

        async def replayed(_: Answer, asked: Shipment) -> Kept:
            return heard[-1] if heard else Kept(asked.start, refused="DISK_LOW")

        it.lies(3, replayed)
        await it.start()
        await it.upload()
        await it.pass_by(PATIENCE + 8)
        assert heard
        assert it.ackers() == [(2,)]
        assert it.kept_at(3) == 0


async def test_an_old_acknowledgement_is_not_taken_for_a_new_state() -> None:
    """A holder that signed size 9 honestly answers with that signature ever after: later sizes lack its
    copy.
    """
    async with world() as it:
        await it.start()
        await it.upload()
        await it.pass_by(6)
        heard: list[Kept] = []

        async def stuck(honest: Answer, asked: Shipment) -> Kept:
            if not heard:
                heard.append(await honest(it.replicator._cargo.question(asked.checkpoint, 0)))
            return Kept(asked.checkpoint.size, heard[0].acknowledgement or b"\x00" * 64)

        it.lies(3, stuck)
        await it.upload(start=6)
        await it.pass_by(PATIENCE + 8)
        assert it.ackers() == [(2, 3), (2,)]
        assert it.kept_at(3) == 9


async def test_an_acknowledgement_for_another_creator_is_not_taken() -> None:
    """The holder signs the same sizes and roots for node 2's log: the contract would refuse it, and so is it
    here.
    """
    async with world() as it:

        async def misdirected(_: Answer, asked: Shipment) -> Kept:
            pledge = await it.replicator._cargo.pledge(2, asked.checkpoint, asked.prev_size)
            return Kept(asked.checkpoint.size, await it.keepers[3].ledger.acknowledge(pledge))

        it.lies(3, misdirected)
        await it.start()
        await it.upload()
        await it.pass_by(PATIENCE + 8)
        assert it.ackers() == [(2,)]
        assert it.kept_at(3) == 0


async def test_a_creator_cannot_acknowledge_itself() -> None:
    """A second node of its operator signs rightly; it is asked by nobody, and the contract refuses its
    word.
    """
    async with world(1) as it:
        await it.join(7, operator=1)
        it.peers[2].down = True
        await it.start()
        await it.upload()
        await it.pass_by(PATIENCE + 2)
        assert it.peers[7].shipped == []
        head = await it.store.checkpoint(it.log)
        assert head is not None
        pledge = await it.replicator._cargo.pledge(1, head, 0)
        own = Acknowledgement(7, 1, await it.keepers[7].ledger.acknowledge(pledge))
        with pytest.raises(Rejected, match="AckOwnOperator") as caught:
            await it.ledger.prepare_anchor(0, head.size, head.root, [own])
        assert caught.value.code == "LEDGER_REFUSED"


async def test_a_holder_that_is_revoked_after_it_acknowledged_is_replaced_for_the_same_size() -> None:
    """The contract takes its word no more: others acknowledge the same state, and the anchor goes on."""
    async with world(3, target=2) as it:
        await it.start()
        (first,) = it.holders.of(0)
        taken = it.ledger.prepare_anchor

        async def revoked(*args: object, **more: object) -> object:
            it.ledger.prepare_anchor = taken  # type: ignore[method-assign]
            it.change(first.node, active=False)
            return await taken(*args, **more)  # type: ignore[arg-type]

        it.ledger.prepare_anchor = revoked  # type: ignore[method-assign, assignment]
        await it.upload()
        await it.pass_by(1)
        assert "LEDGER_REFUSED" in it.troubles
        await it.upload(start=6)
        await it.pass_by(PATIENCE)
        assert first.node not in {node for ackers in it.ackers() for node in ackers}
        assert it.chain.events()[0].size == 9
        assert await it.final() >= 9


async def test_a_holder_whose_account_was_replaced_after_it_acknowledged_signs_again() -> None:
    """The contract takes the old account's word no more; the new one signs the same state."""
    async with world(1) as it:
        await it.start()
        taken = it.ledger.prepare_anchor

        async def replaced(*args: object, **more: object) -> object:
            it.ledger.prepare_anchor = taken  # type: ignore[method-assign]
            keeper = it.keepers[2]
            keeper.account = b"\xee" * 20
            keeper.ledger = MemoryLedger(it.chain, keeper.account)
            keeper.restart()
            it.listen(2)
            it.change(2, account=keeper.account)
            return await taken(*args, **more)  # type: ignore[arg-type]

        it.ledger.prepare_anchor = replaced  # type: ignore[method-assign, assignment]
        await it.upload()
        await it.pass_by(10)
        assert "LEDGER_REFUSED" in it.troubles
        assert await it.final() == 9


async def test_more_entries_than_there_are_is_told_as_what_it_is() -> None:
    """At once, without a second question."""
    async with world(1) as it:
        it.lies(2, beyond_the_log)
        await it.start()
        (fault,) = it.faults
        assert fault.message == f"holder 2 keeps {1 << 40} entries, and does not acknowledge 3"
        assert len(it.peers[2].shipped) == 1


async def test_a_slow_holder_holds_up_nobody() -> None:
    """It never answers; the other gets everything at once, and records are replicated."""
    async with world() as it:
        it.lies(3, never)
        await it.start()
        await it.upload()
        assert it.kept_at(2) == 9
        assert it.holders.replicated(0) == 9
