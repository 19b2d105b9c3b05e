from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.ports.ledgers import Backend, InMemory, OnDevchain
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


@pytest.fixture
async def chain(tmp_path: Path) -> AsyncIterator[OnDevchain]:
    """The contract with one node on a chain in hand."""
    made = await OnDevchain(tmp_path).start()
    yield made
    made.close()


@pytest.fixture(params=["memory", "ethereum"])
async def backend(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Backend]:
    """Each back-end in turn, with the contract and one node."""
    made: Backend = InMemory() if request.param == "memory" else await OnDevchain(tmp_path).start()
    yield made
    made.close()
