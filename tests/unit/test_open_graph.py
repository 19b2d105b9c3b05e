"""Which graph a node opens, and what it needs for it."""

from pathlib import Path

import pytest

from tracehold.adapters.keyfiles.secrets import create_secret
from tracehold.adapters.neo4j_graph import Neo4jGraph
from tracehold.adapters.sqlite_graph import SqliteGraph
from tracehold.config import Config
from tracehold.config.load import parse
from tracehold.core.errors import Rejected
from tracehold.node.doctor import examine
from tracehold.node.graph import GRAPH_FILE, open_graph


def config(folder: Path, graph: str = "") -> Config:
    """A configuration in this folder."""
    return parse(f'[node]\noperator = "urn:x:farm"\n[graph]\n{graph}', folder / "tracehold.toml")


NEO4J = 'store = "neo4j"\nuri = "bolt://127.0.0.1:1"\n'


async def test_the_file_is_the_default(tmp_path: Path):
    """It is made with the folder, and asks for nothing."""
    async with open_graph(config(tmp_path)) as graph:
        assert isinstance(graph, SqliteGraph)
    assert (tmp_path / "data" / GRAPH_FILE).exists()


async def test_a_server_that_is_down_keeps_no_node_from_starting(tmp_path: Path):
    """Opening asks it nothing."""
    create_secret(tmp_path / "keys" / "neo4j.password", b"secret\n")
    async with open_graph(config(tmp_path, NEO4J + 'tls = "none"\n')) as graph:
        assert isinstance(graph, Neo4jGraph)


@pytest.mark.parametrize(
    ("mode", "more", "where"),
    [
        (None, "", "password"),
        (0o644, 'tls = "none"\n', "password"),
        (0o600, "", "graph.certificate"),
    ],
)
async def test_what_is_missing_is_named(tmp_path: Path, mode: int | None, more: str, where: str):
    """No password file, one that others can read, no certificate to pin."""
    secret = tmp_path / "keys" / "neo4j.password"
    if mode is not None:
        create_secret(secret, b"secret")
        secret.chmod(mode)
    with pytest.raises(Rejected, match="BAD_CONFIG") as caught:
        async with open_graph(config(tmp_path, NEO4J + more)):
            pass
    assert where in caught.value.path
    assert "secret" not in caught.value.message


async def test_a_password_that_is_no_text_is_refused(tmp_path: Path):
    """A key file, say, that was named by mistake."""
    create_secret(tmp_path / "keys" / "neo4j.password", b"\xff\xfe")
    with pytest.raises(Rejected) as caught:
        async with open_graph(config(tmp_path, NEO4J + 'tls = "none"\n')):
            pass
    assert caught.value.path == "graph.password_file"


async def test_the_doctor_says_what_is_wrong_with_the_server(tmp_path: Path):
    """Cause and remedy; of a file, which the node makes by itself, it says nothing."""
    create_secret(tmp_path / "keys" / "neo4j.password", b"secret")
    given = config(tmp_path, NEO4J + 'tls = "none"\n')
    found = {each.name: each async for each in examine(given, lambda *_: None)}
    assert not found["graph"].well
    assert found["graph"].detail.startswith("GRAPH_DOWN")
    assert "[graph] uri" in found["graph"].remedy
    assert "graph" not in {each.name async for each in examine(config(tmp_path), lambda *_: None)}
