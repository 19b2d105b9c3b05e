"""Free ports of loopback, held until the program that is to have them starts."""

import random
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tracehold.core.errors import Unavailable

FIRST, LAST = 12_000, 32_000
"""Below the ports that systems give to outgoing connections (Linux from 32768 on, others from 49152 on, RFC
6335 section 6): such a connection would take a port between its choice and the start of its program.
"""
_TRIES = 1_000


class Held:
    """Ports that nobody else can take while they are held."""

    def __init__(self, sockets: dict[int, socket.socket]) -> None:
        self._sockets = sockets
        self.numbers = tuple(sockets)

    def release(self, *ports: int) -> None:
        """Let go of these ports, for a program that is started right now. Harmless for others."""
        for port in ports:
            if port in self._sockets:
                self._sockets.pop(port).close()


@contextmanager
def held(count: int) -> Iterator[Held]:
    """So many free ports. Two labs that are made at one time get different ones. Raises NODE_DOWN where there
    are none.
    """
    with ExitStack() as stack:
        bound = [stack.enter_context(_bound()) for _ in range(count)]
        yield Held({each.getsockname()[1]: each for each in bound})


def free(count: int) -> tuple[int, ...]:
    """So many different ports that nobody has now, for programs that start some time. Raises as `held`."""
    with held(count) as now:
        return now.numbers


def _bound() -> socket.socket:
    """Without SO_REUSEADDR: a bound socket keeps everybody else away though nobody listens on it."""
    for _ in range(_TRIES):
        made = socket.socket()
        try:
            made.bind(("127.0.0.1", random.randrange(FIRST, LAST)))
        except OSError:
            made.close()
        else:
            return made
    raise Unavailable("NODE_DOWN", f"no port of loopback from {FIRST} to {LAST} is free")
