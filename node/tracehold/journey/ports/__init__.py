"""The outside things that a record's journey needs, and what each must promise.

Each method's docstring says: durable on return or not; what may be called at once; whether a repeat is
harmless; which errors it raises, and it raises no others. Adapters do not inherit from these classes: one
behaviour suite per port (`tests/ports`) runs on every back-end, the in-memory one included.
"""

from tracehold.journey.ports.attachments import AttachmentBook, Staged
from tracehold.journey.ports.blobs import Arriving, Blobs, Owner, Unsettled
from tracehold.journey.ports.chain import ChainOutlook, Endpoint, FinalityStanding, Funds, Newest
from tracehold.journey.ports.copies import Copies, Copy, Fork, Witness
from tracehold.journey.ports.earlier import Earlier
from tracehold.journey.ports.graph import Graph, Indexed, Known, MasterDataVersion, Reaching
from tracehold.journey.ports.kept import (
    AnchorState,
    AnchorTask,
    Base,
    Batch,
    Dispute,
    Entry,
    NewEntry,
    Position,
    SignedTransaction,
)
from tracehold.journey.ports.ledger import (
    Acknowledgement,
    Head,
    Ledger,
    Member,
    Mined,
    Network,
    Pledge,
    Role,
)
from tracehold.journey.ports.peers import (
    BasePart,
    Entries,
    Expansion,
    Found,
    Greeting,
    Handed,
    Kept,
    Peer,
    Peers,
    Sent,
    Shipment,
)
from tracehold.journey.ports.record_log import RecordLog

__all__ = [
    "Acknowledgement",
    "AnchorState",
    "AnchorTask",
    "Arriving",
    "AttachmentBook",
    "Base",
    "BasePart",
    "Batch",
    "Blobs",
    "ChainOutlook",
    "Copies",
    "Copy",
    "Dispute",
    "Earlier",
    "Endpoint",
    "Entries",
    "Entry",
    "Expansion",
    "FinalityStanding",
    "Fork",
    "Found",
    "Funds",
    "Graph",
    "Greeting",
    "Handed",
    "Head",
    "Indexed",
    "Kept",
    "Known",
    "Ledger",
    "MasterDataVersion",
    "Member",
    "Mined",
    "Network",
    "NewEntry",
    "Newest",
    "Owner",
    "Peer",
    "Peers",
    "Pledge",
    "Position",
    "Reaching",
    "RecordLog",
    "Role",
    "Sent",
    "Shipment",
    "SignedTransaction",
    "Staged",
    "Unsettled",
    "Witness",
]
