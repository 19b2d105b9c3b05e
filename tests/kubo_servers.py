"""Daemons of IPFS for tests."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from tracehold.adapters.kubo import Daemon, KuboClient
from tracehold.lab.ports import held
from tracehold.lab.services.kubo import KuboServer, new_swarm_key, server_in


@contextmanager
def running(
    folder: Path, swarm_key: str = "", changed: Mapping[str, object] | None = None
) -> Iterator[KuboServer]:
    """A daemon of its own on loopback, killed at the end; without a key in a network of its own. `changed`:
    of its configuration.
    """
    server = server_in(folder)
    try:
        with held(2) as ports:
            api, swarm = ports.numbers
            server.found(api, swarm, swarm_key or new_swarm_key())
            config = server.home / "config"
            config.write_text(json.dumps(json.loads(config.read_text()) | dict(changed or {})))
            ports.release(*ports.numbers)
            server.launch()
        server.wait()
        yield server
    finally:
        server.kill()


@contextmanager
def meshed(folder: Path, count: int = 2) -> Iterator[list[KuboServer]]:
    """So many daemons of one network, each with a line to the first."""
    swarm_key = new_swarm_key()
    with ExitStack() as stack:
        servers = [stack.enter_context(running(folder / str(at), swarm_key)) for at in range(count)]
        for other in servers[1:]:
            other.connect(servers[0])
        yield servers


@asynccontextmanager
async def opened(server: KuboServer, **other: Any) -> AsyncIterator[KuboClient]:
    """A client of this daemon; `other` replaces single values."""
    client = KuboClient(Daemon(**{"url": server.url, "token": server.token_file.read_text(), **other}))
    try:
        yield client
    finally:
        await client.close()
