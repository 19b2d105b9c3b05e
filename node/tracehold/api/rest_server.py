"""The REST listener: uvicorn in this process and loop, started
and stopped by the node, which owns the signals.
"""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from tracehold.api.server import require_loopback
from tracehold.core.errors import Rejected


@dataclass(frozen=True, slots=True)
class RestSettings:
    """Where to listen (`host:port`, port 0 lets the system choose), and with which
    certificate and key files (PEM).

    `behind_proxy`: a proxy on the way speaks TLS to the world, so that a plain listener may leave loopback.
    """

    listen: str
    certificate: Path | None = None
    key: Path | None = None
    behind_proxy: bool = False
    max_connections: int = 512


class RestServer:
    """A listener for REST: takes requests when `start` returns, refuses new ones from `stop` on."""

    def __init__(self, settings: RestSettings, app: ASGIApp) -> None:
        if not settings.certificate and not settings.behind_proxy:
            require_loopback(settings.listen, "rest.listen")
        self._settings = settings
        self._server = _Quiet(_config(settings, app))
        self._running: asyncio.Task[None] | None = None
        self.port = 0

    async def start(self) -> None:
        """Listen. Raises BAD_CONFIG where the address cannot be had."""
        listener = _listener(self._settings.listen)
        self.port = int(listener.getsockname()[1])
        self._running = asyncio.create_task(self._server.serve(sockets=[listener]), name="rest")
        listening = asyncio.create_task(self._server.listening.wait())
        await asyncio.wait({listening, self._running}, return_when=asyncio.FIRST_COMPLETED)
        listening.cancel()
        if self._running.done():
            await self._running

    def use(self, certificate: Path, key: Path) -> None:
        """Show this certificate from the next handshake on; nothing changes for a listener without one."""
        if self._server.config.ssl is not None:
            self._server.config.ssl.load_cert_chain(certificate, key)

    async def stop(self, grace_s: float) -> None:
        """Take no more requests, wait up to `grace_s` seconds for running ones, then drop them."""
        if self._running is None:
            return
        self._server.should_exit = True
        done, _ = await asyncio.wait({self._running}, timeout=grace_s)
        if not done:
            self._server.force_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await self._running


class _Quiet(uvicorn.Server):
    """Leaves signals to the node, and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen on the sockets."""
        await super().startup(sockets)
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def _config(settings: RestSettings, app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=settings.max_connections,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=None,
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.key,
    )


def _listener(listen: str) -> socket.socket:
    host, _, port = listen.rpartition(":")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host.strip("[]"), int(port)), family=family, backlog=512)
    except (OSError, ValueError):
        raise Rejected("BAD_CONFIG", f"cannot listen on {listen}", path="rest.listen") from None
