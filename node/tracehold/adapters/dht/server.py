"""The package `kademlia`, pinned exactly, as far as it is used, and what is put in place of its parts.

Of the package are the ids and the metric (`Node`), the k-buckets with their replacements (`KBucket`), the
table's splitting (`RoutingTable`), and the facade that puts them together (`Server`). Not of it: its
datagrams
(messages go over PeerService, between members who prove who they are), its lookups, which wait for the
slowest of a round, and its store of one unsigned value a key. tests/unit/test_kademlia_contract.py states
everything that is relied on, so that another version of the package fails there.
"""

import heapq
from typing import Any

from kademlia.network import Server
from kademlia.node import Node
from kademlia.protocol import KademliaProtocol
from kademlia.routing import RoutingTable

from tracehold.core.ids import LogId
from tracehold.core.placement import dht_id


class Contact(Node):  # type: ignore[misc]
    """A member on the ring. It has no address here: that is in its node record."""

    def __init__(self, log: LogId) -> None:
        super().__init__(dht_id(log))
        self.log = log


class ExactTable(RoutingTable):  # type: ignore[misc]
    """The package's table with three of its ways changed."""

    def find_neighbors(self, node: Any, k: int | None = None, exclude: Any = None) -> list[Any]:
        """The nearest contacts, exactly. The package walks outward from the bucket until it has enough: it
        misses nearer ones, and finds none where the right side is exhausted first. It also leaves out a
        contact that is at the very place.
        """
        left_out = exclude.id if exclude else None
        contacts = (each for bucket in self.buckets for each in bucket.get_nodes() if each.id != left_out)
        return heapq.nsmallest(k or self.ksize, contacts, key=node.distance_to)

    def add_contact(self, node: Any) -> None:
        """A bucket that is full and not to be split keeps the newcomer as a replacement. The package pings
        its oldest contact over its own transport, and evicts it, alive, when that says nothing.
        """
        while True:
            index = self.get_bucket_for(node)
            bucket = self.buckets[index]
            kept = bucket.add_node(node)
            if kept or not (bucket.has_in_range(self.node) or bucket.depth() % 5):
                return
            self.split_bucket(index)

    def get_bucket_for(self, node: Any) -> int:
        """The bucket whose range has the id. The package looks one bucket too far for the last id of a range,
        where the split did not put it.
        """
        return next(at for at, bucket in enumerate(self.buckets) if bucket.has_in_range(node))


class _Members(KademliaProtocol):  # type: ignore[misc]
    """Holds the table. It is given no transport, so no message reaches its `rpc_` methods."""

    def __init__(self, source_node: Any, storage: Any, ksize: int) -> None:
        super().__init__(source_node, storage, ksize)
        self.router = ExactTable(self, ksize, source_node)

    def welcome_if_new(self, node: Any) -> None:
        """The contact enters the table, and that is all. The package sends a newcomer everything that it
        keeps near it: tens of thousands of messages for one.
        """
        self.router.add_contact(node)


class MemberServer(Server):  # type: ignore[misc]
    """The facade for one member: complete once it is made, and it never listens."""

    protocol_class = _Members

    def __init__(self, log: LogId, ksize: int) -> None:
        super().__init__(ksize=ksize, node_id=dht_id(log))
        self.protocol = self._create_protocol()

    async def listen(self, port: int, interface: str = "") -> None:
        """Refused: this node speaks to members over PeerService alone."""
        raise RuntimeError("the package's own datagrams are not spoken")
