"""The stores that the Blobs suites run on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from tests.kubo_servers import opened
from tracehold.adapters.dag_blobs import DagBlobs
from tracehold.adapters.files import FolderBlobs
from tracehold.adapters.kubo import KuboDag
from tracehold.adapters.memory.blobs import MemoryBlobs
from tracehold.adapters.memory.dag import MemoryDag
from tracehold.journey.ports import Blobs

KINDS = ["memory", "folder", "dag", pytest.param("kubo", marks=pytest.mark.real)]


@asynccontextmanager
async def store(request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[Blobs]:
    """An empty one of the kind that the fixture asks for. At the daemon of IPFS, that of all tests, the book
    is empty.
    """
    match request.param:
        case "memory":
            yield MemoryBlobs()
        case "folder":
            with closing(FolderBlobs(folder / "blobs")) as made:
                yield made
        case "dag":
            with closing(DagBlobs(MemoryDag(), folder / "book")) as made:
                yield made
        case _:
            async with opened(request.getfixturevalue("kubos")[0]) as client:
                with closing(DagBlobs(KuboDag(client), folder / "book")) as made:
                    yield made
