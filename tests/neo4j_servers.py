"""Neo4j servers for tests, and what stands on them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tracehold.adapters.neo4j_graph import Neo4jGraph, Server
from tracehold.adapters.neo4j_graph.connection import Connection
from tracehold.lab.ports import held
from tracehold.lab.services.neo4j import USER, Neo4jServer, server_in


@contextmanager
def running(folder: Path) -> Iterator[Neo4jServer]:
    """A server of its own on loopback, killed at the end."""
    server = server_in(folder)
    try:
        with held(1) as ports:
            server.found(ports.numbers[0])
            ports.release(*ports.numbers)
            server.launch()
        server.wait()
        yield server
    finally:
        server.kill()


def login(server: Neo4jServer, **other: Any) -> Server:
    """How a client reaches it; `other` replaces single values."""
    plain = {
        "uri": server.uri,
        "user": USER,
        "password": server.password_file.read_text(),
        "certificate": str(server.certificate),
        "timeout_s": 120.0,  # its first plans take long on a machine with much to do
    }
    return Server(**{**plain, **other})


def opened(server: Neo4jServer, **other: Any) -> Neo4jGraph:
    """The graph on it; close it."""
    return Neo4jGraph(login(server, **other))


async def ask(server: Neo4jServer, statement: str, **parameters: Any) -> list[list[Any]]:
    """What the server answers to a statement of anybody's."""
    connection = Connection(login(server))
    try:
        return await connection.run(statement, parameters)
    finally:
        await connection.close()


async def drawn(server: Neo4jServer) -> set[tuple[Any, ...]]:
    """Every relationship on the server: where it begins, type, where it ends, what stands on it."""
    found = await ask(
        server,
        "MATCH (a)-[r]->(b) RETURN labels(a), coalesce(a.fingerprint, a.id), type(r), "
        "labels(b), coalesce(b.fingerprint, b.id), properties(r)",
    )
    return {
        (*sorted(here), one, type_, *sorted(there), two, *sorted((k, str(v)) for k, v in said.items()))
        for here, one, type_, there, two, said in found
    }


class Cutting:
    """A relay to a server that can lose the line at the worst moment: while a commit is under way.

    `lose`: "request" loses what the client sends next, "answer" lets that through and loses what the server
    says to it; either ends the line. Once.
    """

    def __init__(self, port: int) -> None:
        self.lose: str | None = None
        self.lost = 0
        self._port = port

    async def __aenter__(self) -> "Cutting":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    @property
    def uri(self) -> str:
        """Where a client finds it."""
        return f"bolt://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        ends = (writer, far_writer)
        there = self._carry(reader, far_writer, "request", ends)
        await asyncio.gather(there, self._carry(far_reader, writer, "answer", ends))

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        what: str,
        ends: tuple[asyncio.StreamWriter, ...],
    ) -> None:
        try:
            while chunk := await reader.read(65536):
                if self.lose == what:
                    self.lose, self.lost = None, self.lost + 1
                    break
                writer.write(chunk)
                await writer.drain()
        except OSError:
            pass  # the other side has gone
        for end in ends:
            end.close()
