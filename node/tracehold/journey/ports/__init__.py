"""The outside things that a record's journey needs, and what each must promise.

Each method's docstring says: durable on return or not; what may be called at once; whether a repeat is
harmless; which errors it raises, and it raises no others. Adapters do not inherit from these classes: one
behaviour suite per port (`tests/ports`) runs on every back-end, the in-memory one included.
"""

from tracehold.journey.ports.graph import Graph, Indexed, Known, MasterDataVersion
from tracehold.journey.ports.ledger import Acknowledgement, Head, Ledger, Member, Mined, Network, Role
from tracehold.journey.ports.peers import Entries, Expansion, Found, Peer, Peers
from tracehold.journey.ports.record_log import (
    AnchorState,
    AnchorTask,
    Batch,
    Entry,
    NewEntry,
    Position,
    RecordLog,
    SignedTransaction,
)

__all__ = [
    "Acknowledgement",
    "AnchorState",
    "AnchorTask",
    "Batch",
    "Entries",
    "Entry",
    "Expansion",
    "Found",
    "Graph",
    "Head",
    "Indexed",
    "Known",
    "Ledger",
    "MasterDataVersion",
    "Member",
    "Mined",
    "Network",
    "NewEntry",
    "Peer",
    "Peers",
    "Position",
    "RecordLog",
    "Role",
    "SignedTransaction",
]
