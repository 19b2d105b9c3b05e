"""The graph of the node: a file of its own, or a server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from tracehold.adapters.keyfiles.secrets import read_secret
from tracehold.adapters.sqlite_graph import SqliteGraph
from tracehold.config import Config
from tracehold.core.errors import Rejected
from tracehold.journey.ports import Graph
from tracehold.node.own import data_folder

GRAPH_FILE = "graph.sqlite"


@asynccontextmanager
async def open_graph(config: Config) -> AsyncIterator[Graph]:
    """The graph of the configuration, closed at the end. A server is asked nothing before the first question.

    Raises BAD_CONFIG (no password or certificate, no driver), and for a file as `SqliteGraph`.
    """
    if config.graph.store == "sqlite":
        with closing(SqliteGraph(data_folder(config) / GRAPH_FILE)) as graph:
            yield graph
        return
    async with _neo4j(config) as server:
        yield server


@asynccontextmanager
async def _neo4j(config: Config) -> AsyncIterator[Graph]:
    try:
        # The driver is an extra of its own: a node with the embedded graph needs none.
        from tracehold.adapters.neo4j_graph import Neo4jGraph, Server
    except ImportError as error:
        raise Rejected(
            "BAD_CONFIG",
            "the driver of Neo4j is not installed",
            path="graph.store",
            remedy='Install it: pip install "tracehold[network]".',
        ) from error
    given = config.graph
    try:
        password = read_secret(given.password_file).decode().strip()
    except UnicodeDecodeError as error:
        raise Rejected("BAD_CONFIG", "holds no text", path="graph.password_file") from error
    certificate = {"pinned": str(given.certificate), "system": "", "none": None}[given.tls]
    if certificate and not given.certificate.is_file():
        raise Rejected("BAD_CONFIG", f"there is no {certificate}", path="graph.certificate")
    server = Server(given.uri, given.user, password, certificate, given.database, given.timeout_s)
    async with Neo4jGraph(server) as graph:
        yield graph
