"""A Neo4j of the lab: on loopback, behind TLS and a password, found and stopped by its recorded id."""

import asyncio
import stat
from pathlib import Path

import pytest

from tests.listening import listening
from tests.neo4j_servers import ask, opened, running
from tests.ports.graphs import made, names, step
from tracehold.core.errors import Broken
from tracehold.lab.services.neo4j import server_in

pytestmark = pytest.mark.real


async def test_it_is_made_started_stopped_and_started_again(tmp_path: Path):
    """The same data, another process; whoever looks at the folder finds it."""
    with running(tmp_path) as server:
        first = server.slot.pid
        async with opened(server) as graph:
            await graph.add(step(made("m", "a", "b")))
        seen_by_another = server_in(tmp_path)
        assert seen_by_another.slot.pid == first
        seen_by_another.stop()
        assert not server.slot.running
        server.found(1)
        server.launch()
        await asyncio.to_thread(server.wait)
        assert server.slot.pid != first
        async with opened(server) as graph:
            assert await names(graph, "a") == ["m"]


def test_it_listens_on_loopback_alone_and_shows_no_password(neo4j_server):
    """One port, on 127.0.0.1; the password is in a file that others cannot read, and on no command line."""
    pid = neo4j_server.slot.pid
    assert pid is not None
    (address,) = listening(pid)
    host, _, port = address.partition(":")
    assert host in {"0100007F", "0000000000000000FFFF00000100007F"}
    assert int(port, 16) == neo4j_server.port
    assert stat.S_IMODE(neo4j_server.password_file.stat().st_mode) == 0o600
    password = neo4j_server.password_file.read_bytes()
    for of in ("cmdline", "environ"):
        assert password not in Path(f"/proc/{pid}/{of}").read_bytes()


async def test_it_tells_nobody_of_its_use(neo4j_server):
    """No usage reports, no HTTP."""
    query = "SHOW SETTINGS YIELD name, value WHERE name IN $names RETURN name, value"
    wanted = {
        "dbms.usage_report.enabled": "false",
        "server.http.enabled": "false",
        "server.https.enabled": "false",
    }
    assert dict(await ask(neo4j_server, query, names=list(wanted))) == wanted


def test_a_start_that_fails_says_why(tmp_path: Path, neo4j_server):
    """The end of its log: here, that somebody has the port."""
    server = server_in(tmp_path)
    server.found(neo4j_server.port)
    try:
        server.launch()
        with pytest.raises(Broken) as caught:
            server.slot.wait_until(lambda: False, 180)
        assert caught.value.code == "INTERNAL"
        assert "in use" in server._log_end()
    finally:
        server.kill()
