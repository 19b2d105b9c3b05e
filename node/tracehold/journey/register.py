"""The directory's register of members, read off the neighbours."""

from tracehold.core.ids import LogId, NetworkId
from tracehold.core.keys import PublicKey
from tracehold.journey.neighbours import Neighbours


class NeighbourRegister:
    """The `Register` port. A member without an endpoint is none here: nobody could ask it."""

    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours

    def network(self) -> NetworkId | None:
        """See `ports.Register.network`."""
        network = self._neighbours.network
        return network.network_id if network else None

    def node_key(self, log: LogId) -> PublicKey | None:
        """See `ports.Register.node_key`."""
        found = self._neighbours.creator(log)
        return found.node_key if found and found.endpoint else None

    def reachable(self) -> list[LogId]:
        """All members that can be asked, this node not among them: seeds, where no others are configured."""
        return [each.log for each in self._neighbours.others()]
