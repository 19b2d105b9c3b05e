"""Who speaks in one log, by position: the keys, mandates and moves that its control
records set (protocol section 4).

A signature is valid if its key was enrolled before the record's index, not revoked before it, and its party
did not move away in between. Claimed times never decide, so a revoked key cannot back-date. The node key
speaks for the operator: that of the log's header from entry 0 on, later ones from their rotation on.
"""

from collections.abc import Iterator, Sequence

from tracehold.core.control import (
    Control,
    Enrol,
    LogHeader,
    Mandate,
    Move,
    Redact,
    Revoke,
    Rotate,
    Snapshot,
    decode_control,
)
from tracehold.core.errors import Rejected
from tracehold.core.ids import KeyId, LogId, NetworkId
from tracehold.core.keybook import Enrolment, KeyBook, Moved, NodeKeys, Revocation
from tracehold.core.keys import PublicKey
from tracehold.core.record import CONTROL_KINDS, Kind, Record, check_signature
from tracehold.core.speaker import Level, Speaker

__all__ = ["Level", "Roster", "Speaker"]


class Roster:
    """The keys and mandates of one log. Control records are applied in
    order; questions may be asked of any position.
    """

    def __init__(self, header: LogHeader, operator: str, log: LogId) -> None:
        """Use `from_header`, which checks."""
        self.network: NetworkId = header.network
        self._node_keys = NodeKeys([Enrolment(header.node_key, -1)])
        self.operator = operator
        self.log = log
        self._book = KeyBook()
        # The first mandate of each of a party's keys: a later one by the same key says no more.
        self._mandates: dict[str, dict[KeyId, int]] = {}

    @classmethod
    def from_header(cls, record: Record) -> "Roster":
        """The roster of the log that starts with `record`, whose signature and form are checked here.

        Raises BAD_CONTROL, BAD_SIGNATURE or WRONG_NETWORK.
        """
        header = decode_control(record.header.kind, record.payload)
        if not isinstance(header, LogHeader):
            raise Rejected("BAD_CONTROL", "entry 0 of a log is its header", path="header.kind")
        check_signature(record, header.node_key)
        if record.header.aud != header.network:
            raise Rejected("WRONG_NETWORK", "the log header names two networks", path="header.aud")
        return cls(header, record.header.iss, LogId(record.fingerprint))

    def copy(self) -> "Roster":
        """An independent copy, to try out a batch that holds its own control records."""
        twin = object.__new__(Roster)
        twin.__dict__.update(self.__dict__)
        twin._node_keys = self._node_keys.copy()
        twin._book = self._book.copy()
        twin._mandates = {party: dict(given) for party, given in self._mandates.items()}
        return twin

    @property
    def node_key(self) -> PublicKey:
        """The key that signs for the operator in the next entry, and the checkpoint over all so far."""
        return self._node_keys.newest

    def node_keys(self) -> Sequence[PublicKey]:
        """Every key that ever signed for the operator, the one in force last."""
        return [node.key for node in self._node_keys.keys]

    def node_key_at(self, size: int) -> PublicKey:
        """The key that signs the checkpoint of this size."""
        return self._node_keys.at(size)

    def signs_up_to(self, node_key: bytes) -> int | None:
        """The largest size whose checkpoint this node key (32 bytes) signs; None while it is in force, 0
        where it never was.
        """
        return self._node_keys.end(node_key)

    def parties(self) -> frozenset[str]:
        """Every party that ever had a key in this log."""
        return frozenset(self._book.keys)

    def movers(self) -> Iterator[str]:
        """Parties that ever moved away from this log or came to it."""
        yield from self._book.moves
        yield from self._book.arrivals

    def moves(self, party: str) -> Sequence[Moved]:
        """How the party moved away from this log, by position; without moves that a revocation doubts."""
        return self._book.undoubted(party, self._book.moves.get(party, ()))

    def arrivals(self, party: str) -> Sequence[Moved]:
        """How the party came to this log from others; without moves that a revocation doubts."""
        return self._book.undoubted(party, self._book.arrivals.get(party, ()))

    def check(self, record: Record, index: int) -> PublicKey:
        """The key under which a record at `index` must verify (`check_signature` is the caller's next step).

        Raises WRONG_NETWORK, UNKNOWN_PARTY, KEY_NOT_ENROLLED or KEY_REVOKED.
        """
        header = record.header
        if header.aud != self.network:
            raise Rejected("WRONG_NETWORK", "the record was signed for another network", path="header.aud")
        if header.kid in self._node_keys:
            return self._node_keys.signing(header.kid, index)
        return self._book.enrolment(header.iss, header.kid, index).key

    def speaker(self, record: Record, index: int) -> Speaker:
        """Who speaks in a record at `index`, and on whose word. Raises as `check` does."""
        self.check(record, index)
        party, kid = record.header.iss, record.header.kid
        if kid not in self._node_keys:
            suspect = self._book.suspect(party, kid, index)
            return Speaker(party, self.operator, Level.SIGNED_BY_PARTY, suspect)
        if party == self.operator:
            return Speaker(party, self.operator, Level.SIGNED_BY_PARTY)
        left = self._book.left(party, index)
        since = left.index if left else -1
        given = [(by, at) for by, at in self._mandates.get(party, {}).items() if since < at < index]
        if not given:
            return Speaker(party, self.operator, Level.DELEGATED_ASSERTED)
        # One mandate that nobody doubts is enough: a party heals a doubted one by giving it again.
        suspect = all(self._book.suspect(party, by, at) for by, at in given)
        return Speaker(party, self.operator, Level.DELEGATED_WITH_MANDATE, suspect)

    def apply(self, index: int, record: Record) -> None:
        """Let the control record at `index` take effect from the next entry on; other kinds change nothing.

        The record's signature must have been checked under `check(record, index)`. Raises BAD_CONTROL
        where its signer may not say it, and what `check` raises. Applying entry 0 again changes nothing.
        """
        if record.header.kind == Kind.NODE:
            raise Rejected("BAD_CONTROL", "a node record is no entry of a log", path="header.kind")
        if record.header.kind not in CONTROL_KINDS or (index == 0 and bytes(record.fingerprint) == self.log):
            return
        self.check(record, index)
        self._hear(index, record, decode_control(record.header.kind, record.payload))

    def _hear(self, index: int, record: Record, says: Control) -> None:
        match says:
            case Enrol():
                self._enrol(index, record, says)
            case Mandate():
                self._mandate(index, record, says)
            case Move():
                self._move(index, record, says)
            case Redact():
                _check_place(index, says)
            case Revoke():
                self._revoke(index, record, says)
            case Rotate():
                self._rotate(index, record, says)
            case Snapshot():
                self._snapshot(record)
            case LogHeader():
                raise Rejected("BAD_CONTROL", "a log has one header, its entry 0", path="header.kind")

    def speaks_as_operator(self, record: Record) -> bool:
        """Whether it is signed with a node key of this log, past or present, and in the operator's name."""
        return record.header.kid in self._node_keys and record.header.iss == self.operator

    def _rotate(self, index: int, record: Record, rotate: Rotate) -> None:
        if not self.speaks_as_operator(record):
            raise Rejected("BAD_CONTROL", "only the node key names the next one", path="header.kid")
        if rotate.key.kid in self._node_keys or rotate.key.kid in self._book.enrolled:
            # A node key that was a party's would make that party's word the operator's, and back.
            raise Rejected("BAD_CONTROL", "the new node key is in use, or was", path="payload.1")
        self._node_keys.keys.append(Enrolment(rotate.key, index))

    def _enrol(self, index: int, record: Record, enrol: Enrol) -> None:
        if not self.speaks_as_operator(record):
            raise Rejected("BAD_CONTROL", "only the node key enrols, for its operator", path="header.kid")
        if enrol.key.kid in self._node_keys:
            if enrol.party == self.operator and enrol.key.kid == self.node_key.kid:
                # It says what the header implies. Every log has it as second entry, so that no path is empty.
                return
            # Otherwise the operator could make its own word look like the party's.
            raise Rejected("BAD_CONTROL", "the node key is nobody else's key", path="payload.2")
        self._book.enrol(enrol.party, enrol.key, index)

    def _snapshot(self, record: Record) -> None:
        # Whether it lists what is there is for those who keep all control records to say (`core.snapshot`).
        if not self.speaks_as_operator(record):
            raise Rejected("BAD_CONTROL", "only the node key makes snapshots", path="header.kid")

    def _mandate(self, index: int, record: Record, mandate: Mandate) -> None:
        party = record.header.iss
        if record.header.kid in self._node_keys:
            raise Rejected("BAD_CONTROL", "a mandate is signed by the party's own key", path="header.kid")
        if mandate.operator != self.operator or mandate.log not in (None, self.log):
            raise Rejected("BAD_CONTROL", "the mandate is for another operator or log", path="payload")
        self._mandates.setdefault(party, {}).setdefault(record.header.kid, index)

    def _move(self, index: int, record: Record, move: Move) -> None:
        if record.header.kid in self._node_keys:
            raise Rejected("BAD_CONTROL", "a move is signed by the party's own key", path="header.kid")
        if move.log == move.left or self.log not in (move.log, move.left):
            # It names both, so that nobody moves a party away from other logs with it.
            raise Rejected("BAD_CONTROL", "the move is between other logs", path="payload")
        if self.log == move.log and move.operator != self.operator:
            raise Rejected("BAD_CONTROL", "the move is to another operator", path="payload.1")
        moves = self._book.moves if self.log == move.left else self._book.arrivals
        moved = Moved(index, record.header.kid, move)
        moves.setdefault(record.header.iss, []).append(moved)

    def _revoke(self, index: int, record: Record, revoke: Revoke) -> None:
        if revoke.suspect_since is not None and revoke.suspect_since > index:
            raise Rejected("BAD_CONTROL", "suspect since an entry that is not there yet", path="payload.2")
        party: str | None = record.header.iss
        if self.speaks_as_operator(record):
            party, known = None, revoke.kid in self._book.enrolled
        elif record.header.kid in self._node_keys:
            raise Rejected("BAD_CONTROL", "the node key revokes for its operator only", path="header.iss")
        else:
            known = revoke.kid in self._book.keys[record.header.iss]
        if not known:
            raise Rejected("BAD_CONTROL", "no such key that this signer may revoke", path="payload.1")
        self._book.revoke(revoke.kid, party, Revocation(index, revoke.suspect_since))


def _check_place(index: int, redact: Redact) -> None:
    # Whether its signer may is for those to say who have the record (`core.redaction`).
    if redact.index >= index:
        raise Rejected("BAD_CONTROL", "redacts an entry that is not there yet", path="payload.2")
