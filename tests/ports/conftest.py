from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tracehold.adapters.memory.log import MemoryLog
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.journey.ports import RecordLog


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RecordLog]:
    """An empty record log of each kind."""
    if request.param == "memory":
        yield MemoryLog()
        return
    async with SqliteLog.open(tmp_path) as log:
        yield log
