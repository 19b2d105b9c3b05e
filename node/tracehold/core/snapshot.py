"""What a snapshot lists: the control records of a log before an entry (protocol section 2).

Entry 0 of each segment after the first is a snapshot, so that whoever keeps only later segments knows that it
has every record that says who may speak.
"""

from tracehold.core.control import Snapshot
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint
from tracehold.core.tree import CompactRange, leaf_hash

RULES_VERSION = 2
"""Of the rules by which records are judged. Raise it when what some bytes mean at some position changes. 2
defines the kind `custody`.
"""


class Listed:
    """The control records of a log as far as they were told, folded into the tree that a snapshot names."""

    def __init__(self) -> None:
        self._tree = CompactRange()
        self.upto = 0
        """Index after the last one."""

    def copy(self) -> "Listed":
        """One that can grow apart."""
        twin = Listed()
        twin._tree, twin.upto = self._tree.copy(), self.upto
        return twin

    def add(self, index: int, fingerprint: Fingerprint) -> None:
        """The next control record, by index. ValueError for one that is not behind the last."""
        if index < self.upto:
            raise ValueError("control records are listed in the order of the log")
        self._tree.append(leaf_hash(index.to_bytes(8, "big") + fingerprint))
        self.upto = index + 1

    @property
    def count(self) -> int:
        """How many there are."""
        return self._tree.end

    def snapshot(self) -> Snapshot:
        """What a snapshot that stands behind them says."""
        return Snapshot(self.count, self._tree.root(), RULES_VERSION)

    def check(self, said: Snapshot) -> None:
        """Returns if `said` lists these and no others; raises BAD_CONTROL. The rules version is not compared:
        logs outlive releases.
        """
        own = self.snapshot()
        if (said.controls, said.root) != (own.controls, own.root):
            raise Rejected(
                "BAD_CONTROL", "the snapshot does not list the log's control records", path="payload"
            )
