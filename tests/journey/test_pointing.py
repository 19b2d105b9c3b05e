"""Superseding a record of the own log, from the replacement to the pointer that is final."""

import json
from dataclasses import replace

import pytest

from tests.journey.chain_scene import POLICY, anchored
from tests.journey.pointing_scene import Scene, asked, naming, sealed
from tests.journey.scene import FARM, START, event
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.ids import Fingerprint
from tracehold.core.record import fingerprint, parse
from tracehold.journey.delegate import Delegated
from tracehold.journey.pointing import Pointer, Stage, failure
from tracehold.journey.ports import Role, SignedTransaction

OTHER = Fingerprint(b"\x77" * 32)


async def test_a_signed_replacement_goes_all_the_way():
    """Sealed; waits for the record's anchor; stored before it was sent; mined; final."""
    async with anchored() as it:
        scene = await asked(it)
        assert await scene.step() is Stage.WAITING
        assert await scene.step() is Stage.WAITING
        assert await scene.finish() is Stage.FINAL
        assert await scene.stands() == fingerprint(scene.pointer.statement) == scene.pointer.replacement
        stages = list(dict.fromkeys(each.stage for each in scene.saved))
        assert stages == [Stage.WAITING, Stage.SENT, Stage.MINED, Stage.FINAL]
        sent = it.ledger.sent
        assert await scene.step(3) is Stage.FINAL
        assert it.ledger.sent == sent


async def test_a_delegated_event_is_taken_back_by_an_error_declaration():
    """The node says it anew, byte for byte but for the declaration, in the same party's name, and names the
    record; a crash before that was stored makes no second one.
    """
    async with anchored() as it:
        (outcome,) = await it.creator.upload(Delegated(FARM, event(7)))
        assert outcome.fingerprint is not None
        scene = Scene(it, Pointer(outcome.fingerprint, START))
        await scene.step()
        size = it.creator.sealer.own.size
        first, scene.pointer = scene.pointer, Pointer(outcome.fingerprint, START)
        await scene.step()
        assert scene.pointer.replacement == first.replacement
        assert it.creator.sealer.own.size == size
        assert await scene.finish() is Stage.FINAL
        stands = await scene.stands()
        assert stands is not None
        said = parse((await it.creator.store.entries([stands]))[stands].raw)
        assert (said.header.supersedes, said.header.iss) == (outcome.fingerprint, FARM)
        content = json.loads(said.payload)
        assert content.pop("errorDeclaration")["reason"] == "incorrect_data"
        assert content == json.loads(event(7))


@pytest.mark.parametrize("at", [Stage.WAITING, Stage.SENT, Stage.MINED])
async def test_a_crash_is_healed_by_what_is_stored(at: Stage):
    """At any stage, also between the save and what follows it."""
    async with anchored() as it:
        scene = await asked(it)
        for _ in range(30):
            if scene.saved and scene.saved[-1].stage is at:
                break
            await scene.finish(1)
        scene.pointer = scene.saved[-1]
        assert scene.pointer.stage is at
        it.restart()
        scene.restart()
        assert await scene.finish() is Stage.FINAL
        assert await scene.stands() == scene.pointer.replacement


async def test_a_crash_between_save_and_send():
    """The bytes that are stored are sent by the next start, and no others."""
    async with anchored() as it:
        scene = await asked(it)
        await scene.step()
        await it.finish()
        sending, it.ledger.send = it.ledger.send, _cut  # type: ignore[method-assign]
        with pytest.raises(Unavailable):
            await scene.step()
        it.ledger.send = sending  # type: ignore[method-assign]
        scene.pointer = scene.saved[-1]
        stored = scene.pointer.transaction
        assert stored is not None
        scene.restart()
        assert await scene.finish() is Stage.FINAL
        assert scene.pointer.transaction == stored


async def _cut(transaction: SignedTransaction) -> None:
    raise Unavailable("CHAIN_DOWN", f"the power went before {transaction.hash.hex()}")


async def test_a_later_anchor_that_landed_first_makes_it_signed_again():
    """Another process of this account anchored before it: the pointer reverts (NotIncluded), and the next one
    is proved under the new head.
    """
    async with anchored() as it:
        scene = await asked(it)
        await scene.step()
        await it.finish()
        await sealed(it, 2)
        store, head = it.creator.store, await it.ledger.head(1)
        newest = await store.checkpoint(it.log)
        assert newest is not None
        other = await it.ledger.prepare_anchor(head.size, newest.size, newest.root, ())
        await it.ledger.send(other)
        await scene.step()
        first = scene.pointer.transaction
        assert first is not None
        assert first.nonce == other.nonce + 1
        it.chain.mine()
        reverted = await it.ledger.find(first)
        assert reverted is not None
        assert not reverted.succeeded
        assert await scene.finish() is Stage.FINAL
        assert scene.pointer.transaction != first
        assert await scene.stands() == scene.pointer.replacement


async def test_a_pointer_that_was_set_already_is_success_only_for_the_same_replacement():
    """A lost reply, a folder restored from before it; another one is refused, and nothing is sealed."""
    async with anchored() as it:
        scene = await asked(it)
        assert await scene.finish() is Stage.FINAL
        again = Scene(it, replace(scene.pointer, transaction=None, stage=Stage.ASKED, replacement=None))
        sent, size = it.ledger.sent, it.creator.sealer.own.size
        assert await again.step(3) is Stage.FINAL
        other = Scene(it, Pointer(scene.pointer.fingerprint, START, naming(scene.pointer.fingerprint, 51)))
        assert await other.step() is Stage.FAILED
        assert scene.pointer.replacement is not None
        assert scene.pointer.replacement.hex() in other.pointer.error
        assert (it.ledger.sent, it.creator.sealer.own.size) == (sent, size)


async def test_a_reorganisation_takes_it_back_and_it_is_sent_again():
    """Mined, gone with its block, and mined once more."""
    async with anchored() as it:
        scene = await asked(it)
        await scene.step()
        await it.finish()
        await scene.step()
        it.chain.mine()
        assert await scene.step() is Stage.MINED
        it.chain.reorganise(1, lose=True)
        assert await scene.stands() is None
        assert await scene.finish() is Stage.FINAL


async def test_nothing_is_signed_while_an_anchor_is_on_its_way():
    """Its head would not be the one that the path leads to."""
    async with anchored() as it:
        scene = await asked(it)
        await scene.step()
        await it.finish()
        await sealed(it, 2)
        it.creator.clock.time += POLICY.seconds
        await it.step()
        assert await scene.step(2) is Stage.WAITING
        assert scene.pointer.transaction is None
        assert await scene.finish() is Stage.FINAL


async def test_a_higher_fee_after_some_looks():
    """The same nonce."""
    async with anchored() as it:
        scene = await asked(it)
        await scene.step()
        await it.finish()
        await scene.step()
        first = scene.pointer.transaction
        await scene.step(4)
        second = scene.pointer.transaction
        assert first is not None
        assert second is not None
        assert (second.nonce, second.hash != first.hash) == (first.nonce, True)
        assert await scene.finish() is Stage.FINAL


async def test_what_was_asked_after_the_log_ended_fails():
    """The contract takes no pointer of it, ever; one that stands already becomes final."""
    async with anchored() as it:
        scene = await asked(it)
        while await scene.step() is not Stage.MINED:
            await scene.finish(1)
        it.anchorer._link = replace(it.anchorer._link, retired=lambda: True)
        it.chain.members[0] = replace(it.chain.members[0], roles=frozenset({Role.HOLDER}))
        scene.restart()
        late = Scene(it, Pointer(await sealed(it, 2), START))
        size = it.creator.sealer.own.size
        assert await late.step() is Stage.FAILED
        assert "RETIRED" in failure(late.pointer).message
        assert it.creator.sealer.own.size == size
        it.chain.mine()
        it.chain.mine()
        assert await scene.step() is Stage.FINAL


async def test_who_is_suspended_goes_on_waiting():
    """The log is not retired: its operator may be let in again."""
    async with anchored() as it:
        scene, before = await asked(it), list(it.chain.members)
        it.chain.members[0] = replace(before[0], roles=frozenset({Role.HOLDER}))
        with pytest.raises(Rejected, match="NOT_A_MEMBER"):
            await scene.step()
        it.chain.members[:] = before
        assert await scene.finish() is Stage.FINAL


async def test_what_can_never_be_superseded_fails():
    """A record that is not here, a statement that names another, no event, a declaration itself."""
    async with anchored() as it:
        record = await sealed(it)
        (entry,) = await it.creator.store.read(it.log, 2, 3)
        for pointer, why in (
            (Pointer(OTHER, START, naming(OTHER)), "NOT_FOUND"),
            (Pointer(record, START, naming(OTHER)), "BAD_HEADER"),
            (Pointer(entry.fingerprint, START), "BAD_REQUEST"),
        ):
            scene = Scene(it, pointer)
            assert await scene.step() is Stage.FAILED
            assert why in scene.pointer.error
            assert it.ledger.sent == 0


async def test_attack_a_node_that_is_no_creator_points_nowhere():
    """It waits until it is one, and seals nothing."""
    async with anchored(joined=False) as it:
        scene = await asked(it)
        size = it.creator.sealer.own.size
        with pytest.raises(Rejected, match="NOT_A_MEMBER"):
            await scene.step()
        assert it.creator.sealer.own.size == size
