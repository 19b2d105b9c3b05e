"""How the tests run.

* `make test` leaves out slow and real. `@pytest.mark.slow` marks what kills, faults or loads for long.
* Coroutines are tests as they are (asyncio_mode=auto); every test has an event loop of its own.
* The root of the repository is on the import path: `from tests.shared_data import shared`. Folders need no
  __init__.py, and two files may have one name.
* Everything binds to loopback on a port the system chose, and writes below `tmp_path`.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.journey.scene import SALTS

if TYPE_CHECKING:
    from tracehold.lab.services.kubo import KuboServer
    from tracehold.lab.services.neo4j import Neo4jServer

# Bounded and repeatable: the same examples on every run, no time limit that a busy machine could break.
settings.register_profile(
    "tracehold",
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("tracehold")


LONGEST = ("test_outbox.py", "test_lab_sigkill.py", "test_lab_rebuild.py", "test_lab_drain.py")
"""Begun first where files run beside each other: the last to end would otherwise run alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, the others as they are."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(autouse=True)
def _salts() -> None:
    """Every test draws the same salts, whichever ran before it: ids of logs, and with them who is nearest to
    a segment, follow from them.
    """
    SALTS.drawn = 0


@pytest.fixture(scope="session")
def neo4j_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Neo4jServer"]:
    """The Neo4j that all tests share which need no more than an empty graph; for tests marked real."""
    from tests.neo4j_servers import running

    with running(tmp_path_factory.mktemp("neo4j")) as server:
        yield server


@pytest.fixture(scope="session")
def kubos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list["KuboServer"]]:
    """The two daemons of IPFS, with a line between them, that all tests share which leave them running; for
    tests marked real.
    """
    from tests.kubo_servers import meshed

    with meshed(tmp_path_factory.mktemp("kubo")) as servers:
        yield servers
