"""A log of more than one segment: holders of later segments only, and newcomers that get all of them."""

import pytest

from tests.journey.replicate_scene import World, world
from tests.journey.scene import start
from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.placement import Candidate, nearest
from tracehold.core.record import fingerprint
from tracehold.journey.fsck import check_log
from tracehold.journey.holders import CopyCount
from tracehold.journey.ports import NewEntry
from tracehold.journey.tree import root_at


async def fill(it: World) -> None:
    """Two entries are missing to the end of the first segment; what fills it says nothing."""
    await it.creator.crash()
    own = it.creator.sealer.own
    raws = [b"entry %d" % at for at in range(own.size, SEGMENT_ENTRIES - 2)]
    batch, _ = own.extend([NewEntry(fingerprint(raw), raw, "") for raw in raws], own.roster, 0)
    await it.store.append(batch)
    it.creator = await start(it.store, it.creator.clock)


def first(log: LogId, segment: int, it: World) -> int:
    """The nearest other node of a segment."""
    members = [Candidate(each.number, each.operator_number, each.log) for each in it.chain.members]
    return nearest(log, segment, members, own=1)[0].node


async def test_segments_are_kept_by_different_nodes() -> None:
    """One holder each: the second one has no entry of the first segment, and all its control records, and can
    prove every entry that it keeps; the log is anchored over the end of the segment.
    """
    async with world(2, target=2) as it:
        number = 4
        while first(it.log, 0, it) == first(it.log, 1, it):
            await it.join(number)
            number += 1
        await fill(it)
        await it.start()
        await it.upload()
        await it.pass_by(20)
        size = SEGMENT_ENTRIES + 5
        assert await it.final() == size
        ((early,), (late,)) = (it.holders.of(segment) for segment in (0, 1))
        assert early.node != late.node
        assert (it.count(0), it.count(size - 1)) == (CopyCount(2, 2), CopyCount(2, 2))
        store = it.keepers[late.node].store
        assert list(await store.spans(it.log)) == [(SEGMENT_ENTRIES, size)]
        assert [entry.index for entry in await store.controls(it.log)] == [0, 1, 2, SEGMENT_ENTRIES]
        assert await root_at(store, it.log, size) == await root_at(it.store, it.log, size)
        assert list(await it.keepers[early.node].store.spans(it.log)) == [(0, SEGMENT_ENTRIES)]
        await check_log(store, it.log)
        assert [each.copies for each in await it.replicator.standing()] == [CopyCount(2, 2)] * 2
        assert it.faults == []
        await it.creator.crash()


@pytest.mark.slow
async def test_a_newcomer_gets_all_segments() -> None:
    """It joins when the second segment is open: what an anchor waits for comes first, then the rest."""
    async with world(1) as it:
        await fill(it)
        await it.start()
        await it.upload()
        await it.pass_by(20)
        await it.join(3)
        await it.upload(start=6)
        await it.pass_by(40)
        size = SEGMENT_ENTRIES + 11
        assert await it.final() == size
        assert it.ackers()[-1] == (2, 3)
        assert list(await it.keepers[3].store.spans(it.log)) == [(0, size)]
        assert (it.count(0), it.count(size - 1)) == (CopyCount(3, 3), CopyCount(3, 3))
        await check_log(it.keepers[3].store, it.log)
        assert not it.faults
        await it.creator.crash()
