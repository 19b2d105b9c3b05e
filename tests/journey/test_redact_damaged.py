"""Redactions whose record, or that themselves, the disk damaged: they wait until it is mended."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.journey.network import Node, network
from tests.journey.test_redact import SIGNED, enrol, place, redaction
from tracehold.core.errors import Broken
from tracehold.core.ids import LogId
from tracehold.journey.erase import Eraser
from tracehold.journey.ports import Entry


class Disk:
    """A store of which some entries are damaged: one byte changed, or with `lost` no row at all."""

    def __init__(self, store: Any, *damaged: int, lost: bool = False) -> None:
        self._store = store
        self.damaged = set(damaged)
        self.lost = lost

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def _as_it_is(self, found: Sequence[Entry]) -> Sequence[Entry]:
        if self.lost and any(each.index in self.damaged for each in found):
            raise Broken("CORRUPT", "bytes of an entry are lost")
        return [
            replace(each, raw=b"\x00" + each.raw[1:]) if each.index in self.damaged and each.raw else each
            for each in found
        ]

    async def read(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Sequence[Entry]:
        """See `RecordLog.read`."""
        return self._as_it_is(await self._store.read(log, start, stop, max_bytes))

    async def controls(self, log: LogId, start: int = 0, max_bytes: int | None = None) -> Sequence[Entry]:
        """See `RecordLog.controls`."""
        found = await self._store.controls(log, start, max_bytes)
        return found if self.lost else self._as_it_is(found)


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    """With a record and its redaction, which was not carried out yet."""
    async with network() as net:
        made = await net.join()
        await enrol(made)
        await made.upload(SIGNED)
        await made.finish()
        await place(made)
        await made.upload(await redaction(made))
        await made.finish()
        yield made


@pytest.mark.parametrize("lost", [False, True])
async def test_a_record_damaged_while_its_redaction_came_is_erased_once_it_is_mended(
    node: Node, lost: bool
) -> None:
    """Scrub brings its bytes back from others: they must not stay until this process ends."""
    _, index = await place(node)
    disk = Disk(node.store, index, lost=lost)
    eraser = Eraser(disk, node.graph)
    assert (await eraser.once(), await eraser.once()) == (0, 0)
    disk.damaged.clear()
    assert await eraser.once() == 1
    (entry,) = await node.store.read(node.log, index, index + 1)
    assert entry.erased


async def test_a_redaction_that_is_damaged_itself_is_carried_out_once_it_is_mended(node: Node) -> None:
    """It is read again."""
    _, index = await place(node)
    disk = Disk(node.store, (await node.store.controls(node.log))[-1].index)
    eraser = Eraser(disk, node.graph)
    assert (await eraser.once(), await eraser.once()) == (0, 0)
    disk.damaged.clear()
    assert await eraser.once() == 1
    (entry,) = await node.store.read(node.log, index, index + 1)
    assert entry.erased


async def test_a_redaction_of_another_record_than_stands_there_waits_for_nothing(node: Node) -> None:
    """Where the bytes are sound it is void, as before, and what it names is not touched."""
    _, index = await place(node)
    disk = Disk(node.store)
    original = disk.read

    async def other(log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Sequence[Entry]:
        found = await original(log, start, stop, max_bytes)
        before = await original(log, index - 1, index)
        return [replace(before[0], index=each.index) if each.index == index else each for each in found]

    disk.read = other  # type: ignore[method-assign]
    eraser = Eraser(disk, node.graph)
    assert await eraser.once() == 0
    disk.read = original  # type: ignore[method-assign]
    assert await eraser.once() == 0
