"""Lines to a Neo4j server that fail: refused, too slow, cut in the middle of a commit, killed."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from tests.neo4j_servers import Cutting, ask, login, opened, running
from tests.ports.graphs import ONE, made, names, step, version
from tracehold.adapters.keyfiles.tls import create_certificate
from tracehold.adapters.neo4j_graph.connection import Connection
from tracehold.adapters.neo4j_graph.relating import rows
from tracehold.core.errors import Unavailable
from tracehold.journey.ports import Known

pytestmark = pytest.mark.real

LONG = (
    "UNWIND range(1, 2000000000) AS x MATCH (g:Tracehold {id: 'graph'}) WITH g WHERE g.writes = -1 "
    "RETURN count(g)"
)
RUNNING = "SHOW TRANSACTIONS YIELD currentQuery WHERE currentQuery STARTS WITH $start RETURN currentQuery"


async def until(wanted: Callable[[], Awaitable[bool]]) -> None:
    """Return when it is so; asked again and again, some hundred times."""
    for _ in range(500):
        if await wanted():
            return
    raise AssertionError("it never came")


@pytest.mark.parametrize(
    ("other", "word"),
    [({"user": "nobody"}, "password"), ({"certificate": None}, "answer"), ({"certificate": ""}, "answer")],
    ids=["wrong user", "no TLS", "system's authorities"],
)
async def test_who_may_not_in_is_told_what_to_correct(neo4j_server, other, word):
    """Login refused; a server that speaks TLS alone; a certificate that this machine does not trust."""
    async with opened(neo4j_server, **other) as graph:
        with pytest.raises(Unavailable) as caught:
            await graph.coverage()
    assert caught.value.code == "GRAPH_DOWN"
    assert word in caught.value.message


async def test_another_server_s_certificate_is_not_taken(neo4j_server, tmp_path):
    """Somebody in the middle, with a certificate for the same address: the password is not sent to it."""
    create_certificate(tmp_path / "key", tmp_path / "crt", ["127.0.0.1"], datetime.now(UTC), "neo4j")
    async with opened(neo4j_server, certificate=str(tmp_path / "crt")) as graph:
        with pytest.raises(Unavailable, match="GRAPH_DOWN"):
            await graph.coverage()


async def test_a_query_that_takes_too_long_is_ended(neo4j_server):
    """By the server, so that it computes no more."""
    line = Connection(login(neo4j_server, timeout_s=1.0))
    with pytest.raises(Unavailable) as caught:
        await line.read(lambda transaction: rows(transaction, LONG))
    assert "too long" in caught.value.message
    await line.close()

    async def none_runs() -> bool:
        return await ask(neo4j_server, RUNNING, start=LONG[:40]) == []

    await until(none_runs)


async def test_a_call_that_is_cancelled_stops_its_query(neo4j_server):
    """Who asked has gone away: the server need not go on."""
    line = Connection(login(neo4j_server))
    asking = asyncio.ensure_future(line.read(lambda transaction: rows(transaction, LONG)))

    async def runs() -> bool:
        return await ask(neo4j_server, RUNNING, start=LONG[:40]) != []

    async def none_runs() -> bool:
        return not await runs()

    await until(runs)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await until(none_runs)
    await line.close()


@pytest.mark.parametrize("lose", ["request", "answer"])
async def test_a_commit_of_unknown_end_is_made_once(neo4j_server, lose):
    """The line is lost before the server hears of the commit, or before it says that it was done: either way
    each step stands there once.
    """
    async with opened(neo4j_server) as graph:
        await graph.clear()
    async with Cutting(neo4j_server.port) as relay, opened(neo4j_server, uri=relay.uri) as graph:
        await graph.coverage()
        at_commit(graph, relay, lose)
        await graph.add(step(made("m", "a", "b"), said=(version("v"),)))
        at_commit(graph, relay, lose)
        await graph.set_known(ONE, [Known(0, 2, 50)])
        at_commit(graph, relay, lose)
        await graph.erase(version("v").fingerprint)
        assert relay.lost == 3
        assert [each.known_ms for each in await graph.facts(["a"])] == [50]
        assert dict(await graph.coverage()) == {ONE: ((0, 2),)}
        assert [each.payload for each in await graph.masterdata("urn:x:mill")] == [b""]
    counted = "MATCH (n) WHERE n:Event OR n:MasterData OR n:Known RETURN count(n)"
    assert await ask(neo4j_server, counted) == [[3]]


def at_commit(graph, relay: Cutting, lose: str) -> None:
    """Lose the line when the next commit begins."""
    gate = graph._connection._gate
    committing = gate.committing

    def once():
        gate.committing = committing
        relay.lose = lose
        return committing()

    gate.committing = once


async def test_what_was_acknowledged_outlives_kills(tmp_path):
    """The server is killed three times while a writer writes: each step that was answered is there once, and
    the same graph goes on by itself when the server is back.
    """
    with running(tmp_path) as server:
        async with opened(server) as graph:
            done, enough = 0, asyncio.Event()

            async def write(upto: int) -> None:
                nonlocal done
                while done < upto:
                    await graph.add(step(made(f"m{done}", "a", f"{done}"), start=done))
                    done += 1
                    if done % 25 == 0:
                        enough.set()

            for _ in range(3):
                enough.clear()
                writing = asyncio.ensure_future(write(10_000))
                await enough.wait()
                server.kill()
                with pytest.raises(Unavailable, match="GRAPH_DOWN"):
                    await writing
                server.launch()
                await asyncio.to_thread(server.wait)
                found = await names(graph, "a")
                assert found == sorted(f"m{at}" for at in range(len(found)))
                assert len(found) in {done, done + 1}  # one may have been committed and not answered
                assert dict(await graph.coverage()) == {ONE: ((0, len(found)),)}
            await write(done + 5)
            assert await names(graph, "a") == sorted(f"m{at}" for at in range(done))
