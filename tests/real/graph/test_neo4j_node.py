"""A node whose graph is on Neo4j, as its operator and its users see it: served, asked, without its server,
whole again, made anew.
"""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import OPERATOR, SENDER
from tests.e2e.world import World
from tests.neo4j_servers import running
from tracehold.cli.demo.programs import run
from tracehold.cli.files import CONFIG_NAME
from tracehold.core.errors import Unavailable
from tracehold.lab.services.neo4j import Neo4jServer
from tracehold_client import Client, event_json

pytestmark = pytest.mark.real

GRAIN, FLOUR, BREAD = (SENDER.lot(1, name).link for name in ("GRAIN", "FLOUR", "BREAD"))
PATIENCE_S = 180.0


def made(inputs: str, outputs: str, minute: int) -> bytes:
    """A transformation of one lot into another."""
    body = {
        "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        "type": "TransformationEvent",
        "eventTime": f"2026-01-10T08:{minute:02}:00Z",
        "eventTimeZoneOffset": "+00:00",
        "inputQuantityList": [{"epcClass": inputs, "quantity": 3, "uom": "KGM"}],
        "outputQuantityList": [{"epcClass": outputs, "quantity": 2, "uom": "KGM"}],
    }
    return json.dumps(body).encode()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Neo4jServer]:
    """A server of the test's own."""
    with running(tmp_path / "neo4j") as found:
        yield found


@pytest.fixture
def world(server: Neo4jServer, tmp_path: Path) -> Iterator[World]:
    """A chain and a node that keeps its graph on the server; both up."""
    found = World.new(tmp_path / "world")
    try:
        found.build(OPERATOR)
        with (found.home / CONFIG_NAME).open("a") as config:
            config.write(
                f'\n[graph]\nstore = "neo4j"\nuri = "{server.uri}"\n'
                f'password_file = "{server.password_file}"\ncertificate = "{server.certificate}"\n'
            )
        found.token("sender", "capture", party=SENDER.party.link)
        found.start()
        yield found
    finally:
        found.stop()


def until(ready: Callable[[], bool]) -> None:
    """Return when it is so."""
    end = time.monotonic() + PATIENCE_S
    while not ready():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.1)


def graph(client: Client) -> tuple[str, bool]:
    """What the node says of its graph: what it is, and whether it is up."""
    (found,) = (each for each in client.status().backends if each.port == "graph")
    return found.name, found.up


def final(client: Client) -> bool:
    """Whether all that is sealed is final."""
    status = client.status()
    return status.final == status.sealed


def caught_up(client: Client) -> bool:
    """Whether it is in the graph too."""
    status = client.status()
    return status.final == status.sealed == status.indexed


def ancestors(client: Client) -> list[str]:
    """What the bread was made of, nearest first."""
    return [item.item for item in client.trace(BREAD, "UPSTREAM").items]


def test_the_server_goes_and_comes_back(world: World, server: Neo4jServer):
    """Its loss delays the index and nothing else; the node says so, and catches up by itself; what an
    operator makes again from the log answers the same.
    """
    token = (world.dir / "sender.token").read_text().strip()
    with Client(world.grpc, token=token) as client:
        client.upload([event_json(made(GRAIN, FLOUR, 1))])[0].unwrap()
        until(lambda: caught_up(client))
        assert graph(client) == ("neo4j", True)
        assert ancestors(client) == []

        server.kill()
        client.upload([event_json(made(FLOUR, BREAD, 2))])[0].unwrap()
        until(lambda: final(client))
        assert graph(client) == ("neo4j", False)
        assert not caught_up(client)
        with pytest.raises(Unavailable, match="GRAPH_DOWN"):
            ancestors(client)

        server.launch()
        server.wait()
        until(lambda: graph(client) == ("neo4j", True) and caught_up(client))
        assert ancestors(client) == [FLOUR, GRAIN]
    assert world.node is not None
    world.node.stop()
    assert json.loads(run("index", "rebuild", "--dir", str(world.home), "--json"))["entries"] >= 2
    world.start()
    with Client(world.grpc, token=token) as client:
        assert caught_up(client)
        assert ancestors(client) == [FLOUR, GRAIN]
