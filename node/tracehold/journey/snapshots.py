"""When a snapshot is sealed: as entry 0 of every later segment, and once a day when the log grew (protocol
section 2). The sealer makes them, and nobody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.record import CONTROL_KINDS, Kind, Record, parse
from tracehold.core.snapshot import Listed
from tracehold.journey.identity import Identity, control_record
from tracehold.journey.ports import Entry, NewEntry

DAY_MS = 86_400_000


@dataclass(slots=True)
class Snapshots:
    """What the next snapshot of a log lists, and when the last one was made (ms; of a log that has none, its
    beginning). Grows by `follow`; a copy can be thrown away with the entries that it followed.
    """

    listed: Listed = field(default_factory=Listed)
    last_ms: int = 0

    @classmethod
    def of(cls, controls: Sequence[Entry]) -> "Snapshots":
        """As after these control records, the header first."""
        made = cls()
        for entry in controls:
            made.follow(entry.index, NewEntry(entry.fingerprint, entry.raw, entry.kind))
        return made

    def copy(self) -> "Snapshots":
        """One that can grow apart."""
        return Snapshots(self.listed.copy(), self.last_ms)

    def due(self, index: int, now_ms: int) -> bool:
        """Whether the entry at `index` must be a snapshot."""
        return index > 0 and (index % SEGMENT_ENTRIES == 0 or now_ms - self.last_ms >= DAY_MS)

    def follow(self, index: int, entry: NewEntry) -> None:
        """The entry stands there now."""
        if entry.kind not in CONTROL_KINDS:
            return
        self.listed.add(index, entry.fingerprint)
        if entry.kind == Kind.SNAPSHOT or index == 0:
            self.last_ms = parse(entry.raw).header.iat * 1000

    def make(self, identity: Identity, log: LogId, index: int, now_ms: int) -> Record:
        """The snapshot for `index`."""
        # To others as good as random, since only the node key makes it.
        salt = sha256(identity.key.sign(b"tracehold/salt/v1\n" + log + index.to_bytes(8, "big"))).digest()
        return control_record(identity, self.listed.snapshot(), now_ms / 1000, lambda count: salt[:count])
