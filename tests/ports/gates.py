"""The way to a node: a TCP proxy on loopback that is slow, loses, refuses, or swallows all."""

import asyncio
from contextlib import suppress
from random import Random

CHUNK = 64 << 10
AGAIN_S = 0.2
"""After this TCP sends again what was lost, the least it may wait (RFC 6298, as kernels have it)."""


class Gate:
    """In front of one listener. Bytes keep their order, as TCP has it: one that is late holds up the rest."""

    def __init__(self, random: Random) -> None:
        self.delay_s = 0.0
        self.loss = 0.0
        self.port = 0
        self._random = random
        self._upstream = 0
        self._open = asyncio.Event()
        self._open.set()
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()

    async def listen(self, upstream: int) -> None:
        """Lead to this port from now on, from the port that it has since the first time."""
        self._upstream = upstream
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def shut(self) -> None:
        """Whoever is connected is cut off at once, whoever comes is refused: a process that was killed."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()

    def hang(self, hung: bool) -> None:
        """Accept, and pass on nothing in either direction: a process that was stopped."""
        (self._open.clear if hung else self._open.set)()

    @property
    def is_shut(self) -> bool:
        """Whether it refuses."""
        return self._server is None

    async def close(self) -> None:
        """End all."""
        self.shut()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.add(writer)
        try:
            await self._open.wait()
            back, forth = await asyncio.open_connection("127.0.0.1", self._upstream)
        except OSError:
            writer.transport.abort()
            return
        self._ends.add(forth)
        for source, target in ((reader, forth), (back, writer)):
            pump = asyncio.ensure_future(self._pump(source, target))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        """What arrives goes out after the delay, while more arrives."""
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        sender = asyncio.ensure_future(self._send(queue, target))
        try:
            with suppress(OSError):
                while data := await source.read(CHUNK):
                    queue.put_nowait((asyncio.get_running_loop().time() + self._delay(), data))
            queue.put_nowait((0.0, b""))
            await sender
        finally:
            sender.cancel()

    async def _send(self, queue: "asyncio.Queue[tuple[float, bytes]]", target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while True:
                due, data = await queue.get()
                if not data:
                    break
                late = due - asyncio.get_running_loop().time()
                if late > 0:
                    await asyncio.sleep(late)
                await self._open.wait()
                target.write(data)
                await target.drain()
        self._ends.discard(target)
        target.close()

    def _delay(self) -> float:
        delay, again = self.delay_s, max(AGAIN_S, 3 * self.delay_s)
        while self._random.random() < self.loss:
            delay, again = delay + again, 2 * again
        return delay
