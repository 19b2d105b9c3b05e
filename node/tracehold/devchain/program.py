"""The program: opens the chain, serves, seals, stops.

One thread seals, one accepts connections, one per connection answers. A stop ends requests first, then seals
what is executable, then closes the file. SIGKILL at any moment loses only what waited in the pool.
"""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from tracehold.devchain.chain import DevChain, Settings
from tracehold.devchain.report import report
from tracehold.devchain.rpc import Rpc
from tracehold.devchain.sealer import Sealer
from tracehold.devchain.server import MAX_BODY, HttpServer
from tracehold.devchain.view import Views

VIEWS = 4
"""Requests that read or compute at once."""


@dataclass(frozen=True, slots=True)
class Service:
    """How a chain is served. Without an interval a block is sealed as soon as there is work."""

    host: str = "127.0.0.1"
    port: int = 0
    block_interval_s: float | None = None
    remote: bool = False
    """Allow callers from other machines: the chain has no passwords."""
    max_body: int = MAX_BODY


def serve_forever(  # noqa: PLR0913  the options of the command
    dir: Path,
    port: int,
    host: str = "127.0.0.1",
    chain_id: int = 7447,
    block_interval_s: float | None = None,
    alloc: Sequence[str] = (),
    ready: Callable[[str], None] | None = None,
    *,
    remote: bool = False,
) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is called once with the URL when requests are answered.

    Port 0 takes a free one. `alloc` are accounts that the genesis funds; an existing chain ignores them. Call
    it from the main thread, which is the one that gets signals.

    Raises what `running` raises; Broken STORE_FAILED when the disk refused a block.
    """
    # A queue may be put to from a signal handler; an Event's lock may be held by the very code interrupted.
    stop: SimpleQueue[None] = SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.put(None))
    service = Service(host, port, block_interval_s, remote)
    with running(Settings(dir, chain_id, alloc), service, lambda: stop.put(None)) as server:
        report("chain ready", rpc=server.url, chain_id=chain_id, directory=str(dir))
        if ready is not None:
            ready(server.url)
        stop.get()


@contextmanager
def running(settings: Settings, service: Service, failed: Callable[[], None]) -> Iterator[HttpServer]:
    """A chain that is served for the length of the block; `failed` is called when it can no longer seal.

    Raises the errors of `DevChain` and `HttpServer` on entry; on exit, what sealing failed with.
    """
    with ExitStack() as stack:
        chain = DevChain(settings)
        stack.callback(chain.close)
        sealer = Sealer(chain, service.block_interval_s, failed)
        views = Views(settings.directory, settings.chain_id, VIEWS)
        stack.callback(views.close)
        rpc = Rpc(chain, views)
        server = HttpServer(service.host, service.port, rpc, remote=service.remote, max_body=service.max_body)
        stack.callback(server.server_close)
        sealer.start()
        stack.callback(sealer.finish)
        stack.callback(views.drain)
        threading.Thread(target=server.serve_forever, args=(0.1,), name="accept", daemon=True).start()
        stack.callback(server.shutdown)
        yield server
    if sealer.error is not None:
        raise sealer.error
