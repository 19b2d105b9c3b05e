"""The control records of an evidence file, which the files of many records share: read, replayed and proved
once for all of them.
"""

from collections.abc import Sequence
from functools import cached_property

from tracehold.core.errors import Rejected
from tracehold.core.ids import Root
from tracehold.core.merkle import leaf_hash, root_from_inclusion
from tracehold.core.receipt import Receipt, parse_receipt
from tracehold.core.record import CONTROL_KINDS, Record, check_signature, parse
from tracehold.core.roster import Roster


class Vouchers:
    """Control records with their receipts, in order. Roster and root are found when first asked for."""

    def __init__(self, controls: Sequence[tuple[bytes, bytes]]) -> None:
        """Raises MALFORMED_PROOF and what `record.parse` raises."""
        self._controls = [_read(raw, receipt) for raw, receipt in controls]

    def __len__(self) -> int:
        return len(self._controls)

    @cached_property
    def roster(self) -> Roster:
        """Roster by these records, not to be changed. Raises PROOF_INVALID where they are not in order,
        and where one of them may not say what it says.
        """
        indexes = [receipt.index for _, receipt in self._controls]
        if indexes[:1] != [0] or indexes != sorted(set(indexes)):
            raise _false(f"control records stand by position, the log header first; got {indexes}")
        roster = Roster.from_header(self._controls[0][0])
        for record, receipt in self._controls[1:]:
            check_signature(record, roster.check(record, receipt.index))
            roster.apply(receipt.index, record)
        return roster

    @cached_property
    def root(self) -> Root:
        """The one root that all of them lead to. Raises PROOF_INVALID."""
        first, *others = ((receipt.index, _root(record, receipt)) for record, receipt in self._controls)
        for index, root in others:
            if root != first[1]:
                raise _false(f"control record {index}: root {root.hex()}, expected {first[1].hex()}")
        return first[1]

    def check_shared(self, own: Receipt) -> None:
        """Returns if all their receipts are of the checkpoint of this one. Raises PROOF_INVALID."""
        if self._checkpoints != {(own.protected, own.signature)}:
            raise _false("a control record's receipt is of another checkpoint than the record's")

    @cached_property
    def _checkpoints(self) -> set[tuple[bytes, bytes]]:
        return {(receipt.protected, receipt.signature) for _, receipt in self._controls}


def _read(raw: bytes, receipt: bytes) -> tuple[Record, Receipt]:
    record, proof = parse(raw), parse_receipt(receipt)
    # What no step would read is refused before the next is read: a file's cost stays that of what it says.
    if record.header.kind not in CONTROL_KINDS or proof.anchor is not None:
        raise Rejected(
            "MALFORMED_PROOF", "only control records stand here, and their receipts hold no anchor"
        )
    return record, proof


def _root(record: Record, receipt: Receipt) -> Root:
    return root_from_inclusion(leaf_hash(record.fingerprint), receipt.index, receipt.size, receipt.path)


def _false(message: str) -> Rejected:
    return Rejected("PROOF_INVALID", message)
