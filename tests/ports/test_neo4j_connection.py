"""What becomes of a server that is not there, is silent, or refuses: told in our words, and never waited for
without end.
"""

import asyncio
import ssl
from datetime import UTC, datetime

import pytest
from neo4j.exceptions import (
    AuthError,
    ClientError,
    CypherSyntaxError,
    IncompleteCommit,
    Neo4jError,
    ServiceUnavailable,
    TransientError,
)

from tests.ports.graphs import ONE, fact, step
from tracehold.adapters.keyfiles.tls import create_certificate
from tracehold.adapters.neo4j_graph import Neo4jGraph, Server
from tracehold.adapters.neo4j_graph.connection import WAITS_S, may_help, told
from tracehold.core.errors import Broken, Unavailable

CALLS = [
    lambda graph: graph.add(step(fact("a"))),
    lambda graph: graph.set_known(ONE, []),
    lambda graph: graph.facts(["a"]),
    lambda graph: graph.by_event_id(["a"]),
    lambda graph: graph.masterdata("a"),
    lambda graph: graph.erase(fact("a").fingerprint),
    lambda graph: graph.reopen(ONE, 0),
    lambda graph: graph.coverage(),
    lambda graph: graph.clear(),
]


class Waits:
    """Sleeps that take no time and are counted."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        """Count this wait."""
        self.slept.append(seconds)


async def closed_port() -> int:
    """A port where nobody listens any more."""
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


@pytest.mark.parametrize("call", CALLS)
async def test_a_server_that_is_not_there_is_down(call):
    """Each call says so after a few tries; making the graph says nothing, so that a node starts."""
    waits = Waits()
    server = Server(f"bolt://127.0.0.1:{await closed_port()}", "neo4j", "secret", None)
    async with Neo4jGraph(server, waits) as graph:
        with pytest.raises(Unavailable) as caught:
            await call(graph)
    assert caught.value.code == "GRAPH_DOWN"
    assert "secret" not in caught.value.message + caught.value.remedy
    assert waits.slept == list(WAITS_S)


async def test_a_server_that_takes_connections_and_says_nothing_is_left():
    """A process that was stopped, or a firewall that swallows: the time limit is the client's too."""

    async def say_nothing(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    server = Server(f"bolt://127.0.0.1:{port}", "neo4j", "secret", None, timeout_s=0.1)
    async with Neo4jGraph(server, Waits()) as graph:
        with pytest.raises(Unavailable) as caught:
            await graph.coverage()
    assert caught.value.code == "GRAPH_DOWN"
    silent.close()


async def test_a_server_that_speaks_something_else_is_down():
    """An address of a web server, for one."""

    async def web(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    other = await asyncio.start_server(web, "127.0.0.1", 0)
    port = other.sockets[0].getsockname()[1]
    async with Neo4jGraph(Server(f"bolt://127.0.0.1:{port}", "neo4j", "x", None), Waits()) as graph:
        with pytest.raises(Unavailable, match="GRAPH_DOWN"):
            await graph.coverage()
    other.close()


async def test_a_certificate_that_cannot_be_read_is_told(tmp_path):
    """At once, and never as a driver's error."""
    (tmp_path / "odd.crt").write_text("no certificate")
    for name in ("none.crt", "odd.crt"):
        with pytest.raises(Unavailable) as caught:
            Neo4jGraph(Server("bolt://127.0.0.1:1", "neo4j", "x", str(tmp_path / name)))
        assert "certificate" in caught.value.remedy


def neo4j_error(kind: type[Neo4jError], code: str) -> Neo4jError:
    """An error as the server sends it."""
    return kind._basic_hydrate(neo4j_code=code, message="a message that stays here")


REFUSED = neo4j_error(AuthError, "Neo.ClientError.Security.Unauthorized")
LATE = neo4j_error(ClientError, "Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration")
SYNTAX = neo4j_error(CypherSyntaxError, "Neo.ClientError.Statement.SyntaxError")
DEADLOCK = neo4j_error(TransientError, "Neo.TransientError.Transaction.DeadlockDetected")


@pytest.mark.parametrize(
    ("error", "kind", "word"),
    [
        (REFUSED, Unavailable, "password"),
        (LATE, Unavailable, "too long"),
        (TimeoutError(), Unavailable, "too long"),
        (DEADLOCK, Unavailable, "bolt://x:1"),
        (ServiceUnavailable("no"), Unavailable, "bolt://x:1"),
        (IncompleteCommit("no"), Unavailable, "bolt://x:1"),
        (OSError("no"), Unavailable, "bolt://x:1"),
        (SYNTAX, Broken, "SyntaxError"),
    ],
)
def test_errors_are_told_by_who_must_act(error, kind, word):
    """Time or the operator for what the server is; a fault of ours for what it does not understand. Never in
    its own words.
    """
    said = told(error, "bolt://x:1")
    assert type(said) is kind
    assert word in said.message
    assert "stays here" not in said.message + said.remedy


def test_a_commit_of_unknown_end_is_run_again():
    """The driver gives it up; every work of ours is harmless to repeat. What somebody must mend is not."""
    assert may_help(IncompleteCommit("no"))
    assert may_help(DEADLOCK)
    assert not any(may_help(error) for error in (REFUSED, LATE, SYNTAX, TimeoutError()))


@pytest.mark.parametrize("trusts", ["another", "the system's", "nobody's"])
async def test_a_server_under_a_certificate_that_is_not_trusted_learns_nothing(tmp_path, trusts):
    """Somebody in the middle, or a server that changed its certificate untold: not one byte of the login goes
    there. Nor to one that speaks TLS where none is configured.
    """
    for name in ("server", "another"):
        create_certificate(
            tmp_path / f"{name}.key", tmp_path / f"{name}.crt", ["127.0.0.1"], datetime.now(UTC), name
        )
    learnt = bytearray()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        learnt.extend(await reader.read())
        writer.close()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")
    middle = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=context)
    certificate = {"another": str(tmp_path / "another.crt"), "the system's": "", "nobody's": None}[trusts]
    port = middle.sockets[0].getsockname()[1]
    server = Server(f"bolt://127.0.0.1:{port}", "neo4j", "secret", certificate, timeout_s=2.0)
    async with Neo4jGraph(server, Waits()) as graph:
        with pytest.raises(Unavailable) as caught:
            await graph.coverage()
    assert caught.value.code == "GRAPH_DOWN"
    assert bytes(learnt) == b""
    middle.close()
