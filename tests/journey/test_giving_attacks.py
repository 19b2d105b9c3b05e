"""Giving: who asks for parts of a base costs this node one part of memory, however long the log's list is."""

from collections.abc import Sequence

import pytest

from tests.journey.kept_scene import SEGMENT, own_log, pieces, short_segments
from tracehold.adapters.memory.log import MemoryLog
from tracehold.core.ids import LogId
from tracehold.journey import giving
from tracehold.journey.giving import base_part
from tracehold.journey.ports import Entry


class Counting(MemoryLog):
    """Notes the control records of each answer."""

    def __init__(self) -> None:
        super().__init__()
        self.most = 0

    async def controls(self, log: LogId, start: int = 0, max_bytes: int | None = None) -> Sequence[Entry]:
        """See `RecordLog.controls`."""
        found = await super().controls(log, start, max_bytes)
        self.most = max(self.most, len(found))
        return found


@pytest.mark.parametrize("size", [1, 40_000, 1 << 20])
async def test_a_part_of_a_base_reads_no_more_than_a_part_at_once(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """All parts together are the whole base, in order; no read holds more than one part."""
    short_segments(monkeypatch)
    monkeypatch.setattr(giving, "SEGMENT_ENTRIES", SEGMENT)
    monkeypatch.setattr(giving, "BASE_BYTES", size)
    cut, store = await pieces(), Counting()
    await own_log(store)
    for batch in (*cut.early, *cut.late):
        await store.append(batch)
    store.most, part, found = 0, 0, list[int]()
    while (given := await base_part(store, cut.log, SEGMENT, part)) is not None:
        found += [at for at, _ in given.base.controls]
        part += 1
        assert given.more == (len(found) < len(cut.base().controls))
    assert found == [at for at, _ in cut.base().controls]
    assert (part, store.most <= 2) == (len(found), True) if size == 1 else part == 1
    assert await base_part(store, cut.log, SEGMENT, part) is None
