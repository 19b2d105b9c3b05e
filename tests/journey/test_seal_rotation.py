"""The sealer replaces its node key: what waits before and after, what a crash leaves, who may not ask it."""

import asyncio
from dataclasses import replace

import pytest

from tests.journey.network import FARM
from tests.journey.scene import (
    NODE_KEY,
    SALTS,
    Creator,
    codes,
    control,
    creator,
    event,
    settle,
    statement,
    whole,
)
from tracehold.adapters.memory.log import MemoryLog
from tracehold.core.control import Rotate
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.keys import Ed25519Key, SigningKey
from tracehold.core.record import parse
from tracehold.core.roster import Level
from tracehold.journey.delegate import Delegated
from tracehold.journey.own_log import control_record, open_log
from tracehold.journey.ports import Batch

NEXT = Ed25519Key.from_seed(b"next" * 8)


async def rotate(made: Creator, key: SigningKey = NEXT) -> None:
    """Replace the node key."""
    identity = made.sealer.own.identity
    record = control_record(identity, Rotate(key.public), made.clock.now(), SALTS)
    await made.sealer.rotate(record, key)


async def test_the_new_key_signs_checkpoints_and_delegated_events():
    """From the rotation's own checkpoint on; the log verifies from entry 0."""
    async with creator() as made:
        await made.upload(statement(1), Delegated(FARM, event(2)))
        await rotate(made)
        log, size = made.sealer.own.log, made.sealer.own.size
        newest, before = await made.store.checkpoint(log), await made.store.checkpoint(log, size - 1)
        assert newest is not None
        assert before is not None
        assert (newest.head.kid, before.head.kid) == (NEXT.public.kid, NODE_KEY.public.kid)
        (outcome,) = await made.upload(Delegated(FARM, event(3)))
        assert outcome.index is not None
        (entry,) = await made.store.read(log, outcome.index, outcome.index + 1)
        record = parse(entry.raw)
        assert record.header.kid == NEXT.public.kid
        assert made.sealer.own.roster.speaker(record, entry.index).level is Level.DELEGATED_ASSERTED
        assert await whole(made) == size + 1


async def test_what_waits_before_a_rotation_is_sealed_before_it_and_what_was_signed_before_is_sent_again():
    """In the order of arrival: the old key signed both, and the second came too late."""
    async with creator() as made:
        made.pause()
        before = asyncio.ensure_future(made.upload(Delegated(FARM, event(1)), statement(2)))
        await settle()
        turning = asyncio.ensure_future(rotate(made))
        await settle()
        after = asyncio.ensure_future(made.upload(Delegated(FARM, event(3)), statement(4)))
        await settle()
        made.resume()
        await turning
        assert codes(await before) == ["", ""]
        assert codes(await after) == ["BUSY", ""]
        assert codes(await made.upload(Delegated(FARM, event(3)))) == [""]
        await whole(made)


async def test_a_restart_takes_the_key_that_is_in_force():
    """With both keys at hand; with the old one alone the log cannot be opened."""
    async with creator() as made:
        await rotate(made)
        own = made.sealer.own
        old = replace(own.identity, key=NODE_KEY)
        with pytest.raises(Rejected, match="BAD_CONFIG"):
            await open_log(made.store, old, made.clock.now, SALTS)
        again = await open_log(made.store, replace(old, following=NEXT), made.clock.now, SALTS)
        assert again.identity == own.identity
        assert (await open_log(made.store, own.identity, made.clock.now, SALTS)).size == own.size


async def test_before_the_rotation_both_keys_open_the_log_with_the_old_one():
    """A key that is to follow does not sign before it was named."""
    async with creator() as made:
        waiting = replace(made.sealer.own.identity, following=NEXT)
        own = await open_log(made.store, waiting, made.clock.now, SALTS)
        assert own.identity.key == NODE_KEY


@pytest.mark.parametrize("written", [False, True], ids=["before the write", "after the write"])
async def test_a_rotation_whose_append_failed_is_known_when_the_log_is_read_again(written):
    """Lost, or done and only the answer lost: the next seal goes on from what the log says."""

    class Failing(MemoryLog):
        failing = False

        async def append(self, batch: Batch) -> None:
            if not self.failing or written:
                await super().append(batch)
            if self.failing:
                self.failing = False
                raise Unavailable("STORE_BUSY", "injected")

    store = Failing()
    async with creator(store) as made:
        store.failing = True
        with pytest.raises(Unavailable, match="injected"):
            await rotate(made)
        await made.upload(statement(1))
        key = NEXT if written else NODE_KEY
        assert made.sealer.own.roster.node_key == made.sealer.own.identity.key.public == key.public
        if not written:
            await rotate(made)
        assert made.sealer.own.identity.key == NEXT
        await whole(made)


async def test_a_key_that_the_log_refuses_changes_nothing():
    """One that was the node key before."""
    async with creator() as made:
        await rotate(made)
        with pytest.raises(Rejected, match="BAD_CONTROL"):
            await rotate(made, NODE_KEY)
        assert codes(await made.upload(statement(1), Delegated(FARM, event(2)))) == ["", ""]
        assert made.sealer.own.identity.key == NEXT
        await whole(made)


async def test_security_a_rotation_is_not_uploaded():
    """Not even with the node key's signature: the node would go on with a key that is in force no more."""
    async with creator() as made:
        assert codes(await made.upload(control(Rotate(NEXT.public)))) == ["BAD_CONTROL"]
        assert made.sealer.own.roster.node_key == NODE_KEY.public
