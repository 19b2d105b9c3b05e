"""The `Peers` and `Possessors` ports: the members with an endpoint, each on a line of its own."""

from collections.abc import Collection, Sequence

from tracehold.adapters.peers.line import Line, OwnPair
from tracehold.adapters.peers.open_lines import MOST, OpenLines
from tracehold.adapters.peers.peer import GrpcPeer
from tracehold.adapters.peers.possessor import GrpcPossessor
from tracehold.core.ids import LogId
from tracehold.journey.neighbours import Neighbour, Neighbours
from tracehold.journey.ports import Peer
from tracehold.journey.ports.possession import Possessor

__all__ = ["GrpcPeers", "OwnPair"]


class GrpcPeers:
    """One per node, on one event loop. Lines are opened when they are first needed, and closed when a member
    leaves, moves or changes its certificate. Close it after those who ask have ended.
    """

    def __init__(self, neighbours: Neighbours, own: OwnPair, deadline_s: float, most: int = MOST) -> None:
        """Each question to a peer gets `deadline_s` seconds. `most` lines have a channel, where the others
        are idle.
        """
        self._neighbours = neighbours
        self._own = own
        self._deadline_s = deadline_s
        self._lines: dict[Neighbour, tuple[Line, GrpcPeer]] = {}
        self._open = OpenLines(most)

    async def holders(self, items: Collection[str], among: Collection[LogId] | None = None) -> Sequence[Peer]:
        """See `ports.Peers.holders`."""
        return [self._peer(each) for each in self._present() if among is None or each.log in among]

    async def node(self, number: int) -> Peer | None:
        """See `ports.Peers.node`."""
        return next((self._peer(each) for each in self._present() if each.number == number), None)

    async def of(self, number: int) -> Possessor | None:
        """See `ports.Possessors.of`."""
        found = next((each for each in self._present() if each.number == number), None)
        if found is None:
            return None
        self._peer(found)
        line, peer = self._lines[found]
        return GrpcPossessor(line, peer.greet)

    def line(self, log: LogId) -> Line | None:
        """The line to the member with this log; None where none with an endpoint has it, or this node."""
        found = self._neighbours.reached(log)
        if found is None:
            return None
        if found not in self._lines:
            self._present()  # one that moved, or has a new certificate: its former line ends
        self._peer(found)
        return self._lines[found][0]

    def use(self, own: OwnPair) -> None:
        """Show this certificate on new lines; those that are open end, with what runs on them."""
        if own != self._own:
            self._own = own
            for neighbour in list(self._lines):
                self._drop(neighbour)

    async def aclose(self) -> None:
        """Close all lines."""
        for neighbour in list(self._lines):
            self._drop(neighbour)
        await self._open.aclose()

    def _present(self) -> Sequence[Neighbour]:
        """Those who are reached now; the lines to others are closed."""
        present = self._neighbours.others()
        for gone in self._lines.keys() - set(present):
            self._drop(gone)
        return present

    def _peer(self, neighbour: Neighbour) -> Peer:
        if neighbour not in self._lines:
            line = Line(neighbour, self._own, self._deadline_s, self._open.used)
            self._lines[neighbour] = line, GrpcPeer(line, lambda: self._neighbours.network)
        return self._lines[neighbour][1]

    def _drop(self, neighbour: Neighbour) -> None:
        line, _ = self._lines.pop(neighbour)
        self._open.close(line)
