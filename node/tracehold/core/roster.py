"""Who speaks in one log, by position: the keys and mandates that its control records set (protocol
section 4).

A signature is valid if its key was enrolled before the record's index and not revoked before it. Claimed
times never decide, so a revoked key cannot back-date. The node key of the log's header speaks for the
operator from entry 0 on.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from tracehold.core.control import Enrol, LogHeader, Mandate, Revoke, decode_control
from tracehold.core.errors import Rejected
from tracehold.core.ids import KeyId, LogId, NetworkId
from tracehold.core.keys import PublicKey
from tracehold.core.record import CONTROL_KINDS, Kind, Record, check_signature


class Level(StrEnum):
    """On whose word a party is said to speak."""

    SIGNED_BY_PARTY = "SIGNED_BY_PARTY"
    DELEGATED_WITH_MANDATE = "DELEGATED_WITH_MANDATE"
    DELEGATED_ASSERTED = "DELEGATED_ASSERTED"


@dataclass(frozen=True, slots=True)
class Speaker:
    """The party that speaks and the operator that vouches; `suspect` where a revocation doubts the key or
    mandate.
    """

    party: str
    operator: str
    level: Level
    suspect: bool = False


@dataclass(frozen=True, slots=True)
class _Enrolment:
    key: PublicKey
    since: int
    revoked: int | None = None
    suspect_since: int | None = None

    def in_force(self, index: int) -> bool:
        return self.since < index and (self.revoked is None or index <= self.revoked)

    def suspect(self, index: int) -> bool:
        return self.suspect_since is not None and self.suspect_since <= index


@dataclass(frozen=True, slots=True)
class _Mandate:
    since: int
    kid: KeyId


class Roster:
    """The keys and mandates of one log. Control records are applied in order; questions may be asked of
    any position.
    """

    def __init__(self, header: LogHeader, operator: str, log: LogId) -> None:
        """Use `from_header`, which checks."""
        self.network: NetworkId = header.network
        self.node_key = header.node_key
        self.operator = operator
        self.log = log
        self._keys: dict[str, dict[KeyId, _Enrolment]] = {}
        self._mandates: dict[str, _Mandate] = {}

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
        twin._keys = {party: dict(keys) for party, keys in self._keys.items()}
        twin._mandates = dict(self._mandates)
        return twin

    def parties(self) -> frozenset[str]:
        """Every party that ever had a key in this log."""
        return frozenset(self._keys)

    def check(self, record: Record, index: int) -> PublicKey:
        """The key under which a record at `index` must verify (`check_signature` is the caller's next step).

        Raises WRONG_NETWORK, UNKNOWN_PARTY, KEY_NOT_ENROLLED or KEY_REVOKED.
        """
        header = record.header
        if header.aud != self.network:
            raise Rejected("WRONG_NETWORK", "the record was signed for another network", path="header.aud")
        if header.kid == self.node_key.kid:
            return self.node_key
        return self._enrolment(header.iss, header.kid, index).key

    def speaker(self, record: Record, index: int) -> Speaker:
        """Who speaks in a record at `index`, and on whose word. Raises as `check` does."""
        self.check(record, index)
        party, kid = record.header.iss, record.header.kid
        if kid != self.node_key.kid:
            suspect = self._keys[party][kid].suspect(index)
            return Speaker(party, self.operator, Level.SIGNED_BY_PARTY, suspect)
        if party == self.operator:
            return Speaker(party, self.operator, Level.SIGNED_BY_PARTY)
        mandate = self._mandates.get(party)
        if mandate is None or mandate.since >= index:
            return Speaker(party, self.operator, Level.DELEGATED_ASSERTED)
        suspect = self._keys[party][mandate.kid].suspect(mandate.since)
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
        match decode_control(record.header.kind, record.payload):
            case Enrol() as enrol:
                self._enrol(index, record, enrol)
            case Mandate() as mandate:
                self._mandate(index, record, mandate)
            case Revoke() as revoke:
                self._revoke(index, record, revoke)
            case LogHeader():
                raise Rejected("BAD_CONTROL", "a log has one header, its entry 0", path="header.kind")

    def _enrolment(self, party: str, kid: KeyId, index: int) -> _Enrolment:
        keys = self._keys.get(party, {})
        if not any(enrolment.since < index for enrolment in keys.values()):
            raise Rejected("UNKNOWN_PARTY", f"no key of {party} is enrolled here", path="header.iss")
        enrolment = keys.get(kid)
        if enrolment is None or enrolment.since >= index:
            raise Rejected("KEY_NOT_ENROLLED", f"this key is not enrolled for {party}", path="header.kid")
        if not enrolment.in_force(index):
            raise Rejected("KEY_REVOKED", f"revoked by entry {enrolment.revoked}", path="header.kid")
        return enrolment

    def _speaks_as_operator(self, record: Record) -> bool:
        return record.header.kid == self.node_key.kid and record.header.iss == self.operator

    def _enrol(self, index: int, record: Record, enrol: Enrol) -> None:
        if not self._speaks_as_operator(record):
            raise Rejected("BAD_CONTROL", "only the node key enrols, for its operator", path="header.kid")
        if enrol.key.kid == self.node_key.kid:
            if enrol.party == self.operator:
                # It says what the header implies. Every log has it as second entry, so that no path is empty.
                return
            # Otherwise the operator could make its own word look like the party's.
            raise Rejected("BAD_CONTROL", "the node key is nobody else's key", path="payload.2")
        keys = self._keys.setdefault(enrol.party, {})
        known = keys.setdefault(enrol.key.kid, _Enrolment(enrol.key, index))
        if known.revoked is not None:
            raise Rejected("BAD_CONTROL", "a revoked key does not come back", path="payload.2")

    def _mandate(self, index: int, record: Record, mandate: Mandate) -> None:
        party = record.header.iss
        if record.header.kid == self.node_key.kid:
            raise Rejected("BAD_CONTROL", "a mandate is signed by the party's own key", path="header.kid")
        if mandate.operator != self.operator or mandate.log not in (None, self.log):
            raise Rejected("BAD_CONTROL", "the mandate is for another operator or log", path="payload")
        self._mandates.setdefault(party, _Mandate(index, record.header.kid))

    def _revoke(self, index: int, record: Record, revoke: Revoke) -> None:
        if revoke.suspect_since is not None and revoke.suspect_since > index:
            raise Rejected("BAD_CONTROL", "suspect since an entry that is not there yet", path="payload.2")
        if self._speaks_as_operator(record):
            parties = [party for party, keys in self._keys.items() if revoke.kid in keys]
        elif record.header.kid == self.node_key.kid:
            raise Rejected("BAD_CONTROL", "the node key revokes for its operator only", path="header.iss")
        else:
            parties = [record.header.iss] if revoke.kid in self._keys[record.header.iss] else []
        if not parties:
            raise Rejected("BAD_CONTROL", "no such key that this signer may revoke", path="payload.1")
        for party in parties:
            keys = self._keys[party]
            keys[revoke.kid] = _revoked(keys[revoke.kid], index, revoke.suspect_since)


def _revoked(enrolment: _Enrolment, index: int, suspect_since: int | None) -> _Enrolment:
    """Revoking again changes no position; it may say that the key was suspect earlier."""
    doubts = [doubt for doubt in (enrolment.suspect_since, suspect_since) if doubt is not None]
    return replace(
        enrolment,
        revoked=index if enrolment.revoked is None else enrolment.revoked,
        suspect_since=min(doubts, default=None),
    )
