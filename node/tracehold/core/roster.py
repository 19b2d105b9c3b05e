"""Who speaks in one log, by position: the keys and mandates that its control
records set (protocol section 4).

A signature is valid if its key was enrolled before the record's index and not revoked before
it. Claimed times never decide, so a revoked key cannot back-date. The node key of the log's
header speaks for the operator from entry 0 on.
"""

from dataclasses import dataclass
from enum import StrEnum

from tracehold.core.control import Enrol, LogHeader, Mandate, Revoke, Snapshot, decode_control
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
    """The party that speaks and the operator that vouches; `suspect`
    where a revocation doubts the key or mandate.
    """

    party: str
    operator: str
    level: Level
    suspect: bool = False


@dataclass(frozen=True, slots=True)
class _Enrolment:
    key: PublicKey
    since: int


@dataclass(frozen=True, slots=True)
class _Revocation:
    """The entry that revoked a key first, and the earliest that any revocation doubts."""

    index: int
    suspect_since: int | None

    def joined(self, other: "_Revocation | None") -> "_Revocation":
        if other is None:
            return self
        doubts = [doubt for doubt in (self.suspect_since, other.suspect_since) if doubt is not None]
        return _Revocation(min(self.index, other.index), min(doubts, default=None))


class Roster:
    """The keys and mandates of one log. Control records are applied in
    order; questions may be asked of any position.
    """

    def __init__(self, header: LogHeader, operator: str, log: LogId) -> None:
        """Use `from_header`, which checks."""
        self.network: NetworkId = header.network
        self.node_key = header.node_key
        self.operator = operator
        self.log = log
        self._keys: dict[str, dict[KeyId, _Enrolment]] = {}
        self._enrolled: set[KeyId] = set()
        # By kid and party; party None is the operator's revocation, which holds for every party, so that it
        # costs the same however many share the key.
        self._revoked: dict[tuple[KeyId, str | None], _Revocation] = {}
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
        twin._keys = {party: dict(keys) for party, keys in self._keys.items()}
        twin._enrolled = set(self._enrolled)
        twin._revoked = dict(self._revoked)
        twin._mandates = {party: dict(given) for party, given in self._mandates.items()}
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
            suspect = self._suspect(party, kid, index)
            return Speaker(party, self.operator, Level.SIGNED_BY_PARTY, suspect)
        if party == self.operator:
            return Speaker(party, self.operator, Level.SIGNED_BY_PARTY)
        given = [(by, since) for by, since in self._mandates.get(party, {}).items() if since < index]
        if not given:
            return Speaker(party, self.operator, Level.DELEGATED_ASSERTED)
        # One mandate that nobody doubts is enough: a party heals a doubted one by giving it again.
        suspect = all(self._suspect(party, by, since) for by, since in given)
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
            case Snapshot():
                self._snapshot(record)
            case LogHeader():
                raise Rejected("BAD_CONTROL", "a log has one header, its entry 0", path="header.kind")

    def _enrolment(self, party: str, kid: KeyId, index: int) -> _Enrolment:
        keys = self._keys.get(party, {})
        first = next(iter(keys.values()), None)  # keys stand by position
        if first is None or first.since >= index:
            raise Rejected("UNKNOWN_PARTY", f"no key of {party} is enrolled here", path="header.iss")
        enrolment = keys.get(kid)
        if enrolment is None or enrolment.since >= index:
            raise Rejected("KEY_NOT_ENROLLED", f"this key is not enrolled for {party}", path="header.kid")
        revocation = self._revocation(party, kid)
        if revocation is not None and revocation.index < index:
            raise Rejected("KEY_REVOKED", f"revoked by entry {revocation.index}", path="header.kid")
        return enrolment

    def _revocation(self, party: str, kid: KeyId) -> _Revocation | None:
        own, general = self._revoked.get((kid, party)), self._revoked.get((kid, None))
        return general if own is None else own.joined(general)

    def _suspect(self, party: str, kid: KeyId, index: int) -> bool:
        revocation = self._revocation(party, kid)
        doubt = None if revocation is None else revocation.suspect_since
        return doubt is not None and doubt <= index

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
        if self._revocation(enrol.party, enrol.key.kid) is not None:
            raise Rejected("BAD_CONTROL", "a revoked key does not come back", path="payload.2")
        keys = self._keys.setdefault(enrol.party, {})
        keys.setdefault(enrol.key.kid, _Enrolment(enrol.key, index))
        self._enrolled.add(enrol.key.kid)

    def _snapshot(self, record: Record) -> None:
        # Whether it lists what is there is for those who keep all control records to say (`core.snapshot`).
        if not self._speaks_as_operator(record):
            raise Rejected("BAD_CONTROL", "only the node key makes snapshots", path="header.kid")

    def _mandate(self, index: int, record: Record, mandate: Mandate) -> None:
        party = record.header.iss
        if record.header.kid == self.node_key.kid:
            raise Rejected("BAD_CONTROL", "a mandate is signed by the party's own key", path="header.kid")
        if mandate.operator != self.operator or mandate.log not in (None, self.log):
            raise Rejected("BAD_CONTROL", "the mandate is for another operator or log", path="payload")
        self._mandates.setdefault(party, {}).setdefault(record.header.kid, index)

    def _revoke(self, index: int, record: Record, revoke: Revoke) -> None:
        if revoke.suspect_since is not None and revoke.suspect_since > index:
            raise Rejected("BAD_CONTROL", "suspect since an entry that is not there yet", path="payload.2")
        party: str | None = record.header.iss
        if self._speaks_as_operator(record):
            party, known = None, revoke.kid in self._enrolled
        elif record.header.kid == self.node_key.kid:
            raise Rejected("BAD_CONTROL", "the node key revokes for its operator only", path="header.iss")
        else:
            known = revoke.kid in self._keys[record.header.iss]
        if not known:
            raise Rejected("BAD_CONTROL", "no such key that this signer may revoke", path="payload.1")
        # Revoking again changes no position; it may say that the key was suspect earlier.
        said = _Revocation(index, revoke.suspect_since)
        self._revoked[revoke.kid, party] = said.joined(self._revoked.get((revoke.kid, party)))
