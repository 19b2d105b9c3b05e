"""The own log: made once, proved whole at every start."""

from dataclasses import replace

import pytest

from tests.journey.scene import (
    FARM_KEY,
    MILL,
    NETWORK,
    NODE_KEY,
    OPERATOR,
    SALTS,
    START,
    Creator,
    creator,
    statement,
)
from tracehold.adapters.memory.log import Kept, MemoryLog
from tracehold.core.checkpoint import sign_checkpoint
from tracehold.core.control import Enrol, LogHeader, decode_control
from tracehold.core.errors import Broken, Rejected
from tracehold.core.ids import LogId, NetworkId
from tracehold.core.record import parse
from tracehold.core.tiles import Coord
from tracehold.journey.own_log import Identity, OwnLog, new_entry, open_log

IDENTITY = Identity(OPERATOR, NODE_KEY, NETWORK)


async def reopen(made: Creator, identity: Identity = IDENTITY) -> OwnLog:
    """The log of a creator's store, opened again."""
    return await open_log(made.store, identity, lambda: START, SALTS)


def kept(made: Creator) -> Kept:
    """What the memory store holds, to damage it."""
    assert isinstance(made.store, MemoryLog)
    return made.store._of(made.sealer.own.log)


async def test_a_new_log_starts_with_its_header_and_the_operators_key() -> None:
    """Two entries under one checkpoint, so that no proof is empty; the log is named by its header."""
    store = MemoryLog()
    own = await open_log(store, IDENTITY, lambda: START, SALTS, predecessor=LogId(b"\x55" * 32))
    header, enrol = await store.read(own.log, 0, 9)
    assert LogId(header.fingerprint) == own.log
    says = decode_control(header.kind, parse(header.raw).payload)
    assert isinstance(says, LogHeader)
    assert (says.network, says.node_key, says.predecessor) == (NETWORK, NODE_KEY.public, LogId(b"\x55" * 32))
    assert decode_control(enrol.kind, parse(enrol.raw).payload) == Enrol(OPERATOR, NODE_KEY.public)
    assert store.appends == 1


async def test_two_new_logs_are_never_the_same() -> None:
    """The header holds random bytes."""
    logs = [(await open_log(MemoryLog(), IDENTITY, lambda: START, SALTS)).log for _ in range(2)]
    assert logs[0] != logs[1]


async def test_a_log_is_reopened_as_it_was() -> None:
    """Size, tree, partial tiles, newest checkpoint, and who may speak."""
    async with creator() as made:
        await made.upload(*[statement(at) for at in range(300)])
        own, before = await reopen(made), made.sealer.own
        assert (own.log, own.size, own.checkpoint) == (before.log, 303, before.checkpoint)
        assert (own.range.hashes, own.edge) == (before.range.hashes, before.edge)
        assert own.roster.check(parse(statement(1).raw), own.size) == FARM_KEY.public


async def test_a_log_of_another_network_is_refused() -> None:
    """The folder of a test network under a real one."""
    async with creator() as made:
        with pytest.raises(Broken, match="WRONG_CHAIN"):
            await reopen(made, replace(IDENTITY, network=NetworkId(b"\x01" * 32)))


@pytest.mark.parametrize("other", [replace(IDENTITY, operator=MILL), replace(IDENTITY, key=FARM_KEY)])
async def test_another_operator_or_key_than_the_logs_is_refused(other: Identity) -> None:
    """A mixed-up folder or key file."""
    async with creator() as made:
        with pytest.raises(Rejected, match="BAD_CONFIG"):
            await reopen(made, other)


async def test_a_torn_log_is_corrupt() -> None:
    """Entries without their checkpoint, a checkpoint without its entries, tiles of another tree: each is
    found at the start.
    """
    async with creator() as made:
        await made.upload(statement(1))
        log = kept(made)
        checkpoint = log.checkpoints.pop(4)
        with pytest.raises(Broken, match="CORRUPT"):
            await reopen(made)
        log.checkpoints[4] = checkpoint
        entry = log.entries.pop()
        with pytest.raises(Broken, match="CORRUPT"):
            await reopen(made)
        log.entries.append(entry)
        tile = log.tiles[Coord(0, 0)]
        for wrong in (tile[:-1] + bytes([tile[-1] ^ 1]), tile[:-32], b""):
            log.tiles[Coord(0, 0)] = wrong
            with pytest.raises(Broken, match="CORRUPT"):
                await reopen(made)
        del log.tiles[Coord(0, 0)]
        with pytest.raises(Broken, match="CORRUPT"):
            await reopen(made)
        log.tiles[Coord(0, 0)] = tile
        assert (await reopen(made)).size == 4


async def test_a_checkpoint_that_this_node_did_not_sign_is_corrupt() -> None:
    """Right root, foreign signature."""
    async with creator() as made:
        log, own = kept(made), made.sealer.own
        forged = sign_checkpoint(own.log, 3, own.range.root(), 1, 1, operator=OPERATOR, key=FARM_KEY)
        log.checkpoints[3] = forged
        with pytest.raises(Broken, match="CORRUPT"):
            await reopen(made)


async def test_a_forged_control_record_on_disk_is_corrupt() -> None:
    """Who may speak is read from signed bytes, and the signatures are checked again."""
    async with creator() as made:
        log = kept(made)
        entry = log.entries[2]
        log.entries[2] = replace(entry, raw=entry.raw[:-1] + bytes([entry.raw[-1] ^ 1]))
        with pytest.raises(Broken, match="CORRUPT"):
            await reopen(made)


async def test_extending_changes_nothing_before_the_append() -> None:
    """The value is kept only once the batch is durable, so a failed append needs no undoing."""
    async with creator() as made:
        own = made.sealer.own
        before = (own.size, own.range.hashes, dict(own.edge))
        batch, after = own.extend([new_entry(parse(statement(1).raw))], own.roster, int(START * 1000))
        assert (own.size, own.range.hashes, dict(own.edge)) == before
        assert (batch.first, after.size) == (3, 4)
