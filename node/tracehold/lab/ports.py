"""Free ports of loopback, held until the program that is to have them starts."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


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
    """So many free ports. Two labs that are made at one time get different ones."""
    with ExitStack() as stack:
        # Without SO_REUSEADDR: a bound socket keeps everybody else away though nobody listens on it.
        bound = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in bound:
            each.bind(("127.0.0.1", 0))
        yield Held({each.getsockname()[1]: each for each in bound})
