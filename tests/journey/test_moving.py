"""Attachments that go over to another store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.vectors.attachment_cases import content
from tracehold.adapters.memory.blobs import MemoryArriving, MemoryBlobs
from tracehold.core.errors import Unavailable
from tracehold.core.limits import BLOCK_BYTES as MIB
from tracehold.core.record import fingerprint
from tracehold.journey import moving
from tracehold.journey.moving import move
from tracehold.journey.ports import Owner, Unsettled

FARM, MILL = Owner(b"f" * 32), Owner(b"m" * 32)
CONTENTS = [b"", b"one", content(2 * MIB + 7)]


class Failing(MemoryBlobs):
    """Takes so many contents, then no more."""

    takes = 2

    @asynccontextmanager
    async def receive(self, owner: Owner) -> AsyncIterator[MemoryArriving]:
        """As always, or not at all."""
        self.takes -= 1
        if self.takes < 0:
            raise Unavailable("BLOBS_DOWN", "down")
        async with super().receive(owner) as arriving:
            yield arriving


async def filled() -> MemoryBlobs:
    """What two parties brought; the first content of each waits for a record."""
    blobs = MemoryBlobs()
    for owner in (FARM, MILL):
        for at, raw in enumerate(CONTENTS):
            await blobs.keep(owner, fingerprint(raw), raw, None if at else 7)
    return blobs


async def test_all_of_it_goes_over(monkeypatch: pytest.MonkeyPatch):
    """Whose it is and what waits as before; nothing is left, and a second time nothing is done."""
    monkeypatch.setattr(moving, "AT_ONCE", 2)
    source, target = await filled(), MemoryBlobs()
    kept = dict(source.kept)
    assert await move(source, target) == 6
    assert (target.kept, source.kept) == (kept, {})
    assert set(await target.unsettled()) == {Unsettled(each, fingerprint(b""), 7) for each in (FARM, MILL)}
    assert await move(source, target) == 0


async def test_a_store_that_goes_down_on_the_way(monkeypatch: pytest.MonkeyPatch):
    """Each content is in one of the two at any time; the next start goes on."""
    source, target = await filled(), Failing()
    kept = dict(source.kept)
    with pytest.raises(Unavailable, match="BLOBS_DOWN"):
        await move(source, target)
    assert (len(target.kept), target.kept | source.kept) == (2, kept)
    target.takes = 9
    assert await move(source, target) == 4
    assert (target.kept, source.kept) == (kept, {})


async def test_what_is_damaged_stays_where_it_is():
    """It is not brought over under a name that is not its own, and holds up nothing else."""
    source, target = await filled(), MemoryBlobs()
    bad = (FARM, fingerprint(b"one"))
    source.kept[bad] = b"two"
    assert await move(source, target) == 5
    assert list(source.kept) == [bad]
    assert bad not in target.kept
