"""The `Table` port over k-buckets."""

from collections.abc import Callable, Sequence

from kademlia.node import Node

from tracehold.adapters.dht.server import Contact, MemberServer
from tracehold.core.dht.keys import Key
from tracehold.core.ids import LogId

BUCKET = 20
"""Contacts of one part of the ring: k of Kademlia."""

PATIENCE = 2
"""Silences in a row after which a contact goes."""


class KademliaTable:
    """One per node, on one thread."""

    def __init__(self, own: LogId, member: Callable[[LogId], bool], bucket: int = BUCKET) -> None:
        """`member` says whether a log is that of an active member that can be reached. It is asked again at
        every use, since members go.
        """
        self._own = own
        self._member = member
        self._router = MemberServer(own, bucket).protocol.router
        self._silences: dict[LogId, int] = {}

    def nearest(self, key: Key, count: int) -> Sequence[LogId]:
        """See `ports.Table.nearest`."""
        while True:
            found: list[LogId] = [each.log for each in self._router.find_neighbors(Node(key), k=count)]
            gone = [log for log in found if not self._member(log)]
            if not gone:
                return found
            for log in gone:
                self.drop(log)

    def answered(self, log: LogId) -> None:
        """See `ports.Table.answered`."""
        self._silences.pop(log, None)
        self._add(log)

    def asked(self, log: LogId) -> None:
        """See `ports.Table.asked`."""
        if log in self._silences:
            # Else one that asks and never answers would come back with full patience each time.
            self._silences[log] = min(self._silences[log], PATIENCE - 1)
        self._add(log)

    def silent(self, log: LogId) -> bool:
        """See `ports.Table.silent`."""
        self._silences[log] = self._silences.get(log, 0) + 1
        if self._silences[log] < PATIENCE:
            return False
        known = log in self.contacts()
        self._router.remove_contact(Contact(log))
        return known

    def drop(self, log: LogId) -> None:
        """See `ports.Table.drop`."""
        self._silences.pop(log, None)
        self._router.remove_contact(Contact(log))

    def contacts(self) -> Sequence[LogId]:
        """See `ports.Table.contacts`."""
        return [each.log for bucket in self._router.buckets for each in bucket.get_nodes()]

    def ranges(self) -> Sequence[tuple[int, int]]:
        """See `ports.Table.ranges`."""
        return [bucket.range for bucket in self._router.buckets]

    def _add(self, log: LogId) -> None:
        if log != self._own and self._member(log):
            self._router.add_contact(Contact(log))
