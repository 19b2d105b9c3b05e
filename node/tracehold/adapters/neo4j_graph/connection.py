"""The line to the server: transactions with time limits, run again where that may help."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from neo4j import (
    READ_ACCESS,
    WRITE_ACCESS,
    AsyncDriver,
    AsyncGraphDatabase,
    AsyncTransaction,
)
from neo4j.exceptions import (
    AuthError,
    ConfigurationError,
    ConstraintError,
    DatabaseError,
    DriverError,
    GqlError,
    IncompleteCommit,
    Neo4jError,
    TransientError,
)

from tracehold.adapters.neo4j_graph.gate import Gate
from tracehold.core.errors import Broken, TraceholdError, Unavailable

Answer = TypeVar("Answer")
Work = Callable[[AsyncTransaction], Awaitable[Answer]]
"""What runs in one transaction. It may run more than once, and must be harmless to repeat, even where the
first time was committed.
"""

WAITS_S = (0.05, 0.2, 0.8)
"""Before each further try. The follower of the index is patient; a question is not."""

TIME_IS_UP = "Neo.ClientError.Transaction.TransactionTimedOut"
"""Begins the codes of a transaction that the server ended for its time."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where the server is, how to log in, and how long to wait for it.

    `certificate`: PEM file of what is trusted for TLS; "" trusts the system's authorities; None speaks no
    TLS.
    """

    uri: str
    user: str
    password: str
    certificate: str | None
    database: str = "neo4j"
    timeout_s: float = 30.0

    def __repr__(self) -> str:
        """Without the password."""
        return f"Server({self.uri!r}, {self.user!r})"


class Connection:
    """A pool of connections, made when they are needed: a server that is down is no fault at the start."""

    def __init__(self, server: Server, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._server = server
        self._sleep = sleep
        self._gate = Gate(server.timeout_s / 4)
        self._driver = _driver(server)

    async def close(self) -> None:
        """Close all connections."""
        await self._driver.close()

    async def read(self, work: Work[Answer]) -> Answer:
        """What the work answers, of whole steps only; it may run more than once. Raises as `write`."""
        return await self._gate.read(lambda: self._patiently(lambda: self._transaction(work, READ_ACCESS)))

    async def write(self, work: Work[Answer]) -> Answer:
        """Run the work and commit; it is durable on return.

        A connection that is lost while it commits leaves open whether it did: the work runs again.
        Raises GRAPH_DOWN, and INTERNAL where the server does not understand what is asked.
        """
        return await self._patiently(lambda: self._transaction(work, WRITE_ACCESS))

    async def run(
        self, statement: str, parameters: dict[str, object] | None = None, *, limited: bool = True
    ) -> list[list[Any]]:
        """One statement that makes its own transactions (schema, deletion in parts); repeatable ones only.
        `limited`: only as long as any transaction.
        """

        async def once() -> list[list[Any]]:
            async with self._driver.session(database=self._server.database) as session:
                result = await session.run(statement, parameters)
                return [record.values() async for record in result]

        return await self._patiently(once, limited=limited)

    async def _transaction(self, work: Work[Answer], access: str) -> Answer:
        database, limit = self._server.database, self._server.timeout_s
        async with (
            self._driver.session(database=database, default_access_mode=access) as session,
            await session.begin_transaction(timeout=limit) as transaction,
        ):
            answer = await work(transaction)
            if access == WRITE_ACCESS:
                async with self._gate.committing():
                    await transaction.commit()
            return answer

    async def _patiently(self, once: Callable[[], Awaitable[Answer]], *, limited: bool = True) -> Answer:
        waits = iter(WAITS_S)
        while True:
            try:
                # The server ends a transaction after its time. A server that does not even say so is left.
                async with asyncio.timeout(self._server.timeout_s + 1 if limited else None):
                    return await once()
            except (GqlError, OSError, TimeoutError) as error:
                wait = next(waits, None) if may_help(error) else None
                if wait is None:
                    raise told(error, self._server.uri) from error
            await self._sleep(wait)


def _driver(server: Server) -> AsyncDriver:
    try:
        context = None
        if server.certificate is not None:
            context = ssl.create_default_context(cafile=server.certificate or None)
        return AsyncGraphDatabase.driver(
            server.uri,
            auth=(server.user, server.password),
            ssl_context=context,
            notifications_min_severity="OFF",
            telemetry_disabled=True,
            connection_timeout=min(5.0, server.timeout_s),
            connection_acquisition_timeout=server.timeout_s,
        )
    except (ValueError, ConfigurationError, OSError) as error:
        raise told(error, server.uri) from error


def may_help(error: BaseException) -> bool:
    """Whether a second try may go better: not where time was up, or where somebody must act."""
    if isinstance(error, IncompleteCommit | ConstraintError):
        return True  # whoever it collided with is done
    return isinstance(error, Neo4jError | DriverError) and error.is_retryable()


def told(error: BaseException, uri: str) -> TraceholdError:
    """What is told of a server's or driver's error, never in its words."""
    if isinstance(error, AuthError):
        return Unavailable(
            "GRAPH_DOWN",
            "the graph server refuses the user or the password",
            remedy="Correct [graph] user and the password file, or the server's password.",
        )
    if isinstance(error, TimeoutError) or _late(error):
        return Unavailable("GRAPH_DOWN", "the graph server took too long", remedy="See [graph] timeout_s.")
    if isinstance(error, DriverError | TransientError | DatabaseError | ConstraintError | OSError):
        return Unavailable(
            "GRAPH_DOWN",
            f"the graph server at {uri} does not answer as it should",
            remedy="Start it, or correct [graph] uri and certificate; the index goes on by itself.",
        )
    return Broken(
        "INTERNAL",
        f"the graph server does not understand the node: {getattr(error, 'code', type(error).__name__)}",
        remedy="Neo4j 5 is needed, from 5.23 on.",
    )


def _late(error: BaseException) -> bool:
    return isinstance(error, Neo4jError) and (error.code or "").startswith(TIME_IS_UP)
