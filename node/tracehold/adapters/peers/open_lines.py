"""Which lines have a channel: a bounded number of them, in a network of any size."""

import asyncio

from tracehold.adapters.peers.line import Line

MOST = 128
"""Channels that stay open. A channel is a connection, a TLS session and some hundred KiB at both ends."""


class OpenLines:
    """The lines by their last use. Close it at the end."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lines: dict[Line, None] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def used(self, line: Line) -> None:
        """Something begins on this line. Where more than may be are open, those that are idle are laid down,
        the longest unused first; one that is in use never is, even if so there are more.
        """
        self._lines.pop(line, None)
        self._lines[line] = None
        idle = [each for each in self._lines if not each.busy]
        for each in idle[: max(0, len(self._lines) - self._most)]:
            del self._lines[each]
            self._end(each)

    def close(self, line: Line) -> None:
        """End a line for good, with what runs on it."""
        self._lines.pop(line, None)
        line.closed = True
        self._end(line)

    async def aclose(self) -> None:
        """Until all that were ended are."""
        await asyncio.gather(*self._closing)

    def _end(self, line: Line) -> None:
        closing = asyncio.ensure_future(line.lay_down())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
