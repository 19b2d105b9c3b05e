"""The keys of one log's parties by position: when each was enrolled, when it was revoked, when its party came
or moved away (protocol section 4).

The book only remembers; who may change it is for `roster` to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from tracehold.core.control import Move
from tracehold.core.errors import Rejected
from tracehold.core.ids import KeyId
from tracehold.core.keys import PublicKey


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A key of a party, and the entry that enrolled it."""

    key: PublicKey
    since: int


@dataclass(frozen=True, slots=True)
class Revocation:
    """The entry that revoked a key first, and the earliest that any revocation doubts."""

    index: int
    suspect_since: int | None

    def joined(self, other: "Revocation | None") -> "Revocation":
        """Both as one."""
        if other is None:
            return self
        doubts = [doubt for doubt in (self.suspect_since, other.suspect_since) if doubt is not None]
        return Revocation(min(self.index, other.index), min(doubts, default=None))


@dataclass(frozen=True, slots=True)
class Moved:
    """The entry by which a party moved away from a log or came to it, and the key that signed it."""

    index: int
    kid: KeyId
    move: Move


@dataclass(slots=True)
class NodeKeys:
    """The keys that sign for the operator, by position: each in the entries behind its own, up to and with
    that of the next one.
    """

    keys: list[Enrolment]

    def copy(self) -> "NodeKeys":
        """One that can grow apart."""
        return NodeKeys(list(self.keys))

    def __contains__(self, kid: KeyId) -> bool:
        """Whether it is one of them, in force or not."""
        return any(node.key.kid == kid for node in self.keys)

    @property
    def newest(self) -> PublicKey:
        """The one in force in the next entry."""
        return self.keys[-1].key

    def at(self, size: int) -> PublicKey:
        """The one in force in entry `size`, and so for the checkpoint over all entries before it."""
        return next(node.key for node in reversed(self.keys) if node.since < size)

    def end(self, key: bytes) -> int | None:
        """The largest size whose checkpoint this key (32 bytes) signs; None while it is in force, 0 where it
        is none of them.
        """
        for node, later in zip_longest(self.keys, self.keys[1:]):
            if node.key.raw == key:
                return later.since if later else None
        return 0

    def signing(self, kid: KeyId, index: int) -> PublicKey:
        """The key of this name, if it is in force at `index`. Raises KEY_NOT_ENROLLED, KEY_REVOKED."""
        at = next(at for at, node in enumerate(self.keys) if node.key.kid == kid)
        if self.keys[at].since >= index:
            raise Rejected("KEY_NOT_ENROLLED", "it is no node key yet", path="header.kid")
        for later in self.keys[at + 1 : at + 2]:
            if later.since < index:
                raise Rejected("KEY_REVOKED", f"replaced by entry {later.since}", path="header.kid")
        return self.keys[at].key


@dataclass(slots=True)
class KeyBook:
    """What the control records of one log say of the parties' keys, so far."""

    keys: dict[str, dict[KeyId, Enrolment]] = field(default_factory=dict)
    enrolled: set[KeyId] = field(default_factory=set)
    # By kid and party; party None is the operator's revocation, which holds for every party, so that it costs
    # the same however many share the key.
    revoked: dict[tuple[KeyId, str | None], Revocation] = field(default_factory=dict)
    moves: dict[str, list[Moved]] = field(default_factory=dict)
    arrivals: dict[str, list[Moved]] = field(default_factory=dict)

    def copy(self) -> "KeyBook":
        """One that can grow apart."""
        keys = {party: dict(keys) for party, keys in self.keys.items()}
        moves = {party: list(moves) for party, moves in self.moves.items()}
        arrivals = {party: list(moves) for party, moves in self.arrivals.items()}
        return KeyBook(keys, set(self.enrolled), dict(self.revoked), moves, arrivals)

    def enrolment(self, party: str, kid: KeyId, index: int) -> Enrolment:
        """The enrolment under which the key signs at `index`. Raises UNKNOWN_PARTY, KEY_NOT_ENROLLED or
        KEY_REVOKED.
        """
        keys = self.keys.get(party, {})
        first = next(iter(keys.values()), None)  # keys stand by position
        if first is None or first.since >= index:
            raise Rejected("UNKNOWN_PARTY", f"no key of {party} is enrolled here", path="header.iss")
        enrolment = keys.get(kid)
        if enrolment is None or enrolment.since >= index:
            raise Rejected("KEY_NOT_ENROLLED", f"this key is not enrolled for {party}", path="header.kid")
        revocation = self.revocation(party, kid)
        if revocation is not None and revocation.index < index:
            raise Rejected("KEY_REVOKED", f"revoked by entry {revocation.index}", path="header.kid")
        left = self.left(party, index)
        if left is not None and enrolment.since < left.index:
            raise Rejected("KEY_REVOKED", f"its party moved away by entry {left.index}", path="header.kid")
        return enrolment

    def enrol(self, party: str, key: PublicKey, index: int) -> None:
        """The key signs for the party from the next entry on; once more changes nothing.

        Raises BAD_CONTROL for one that was revoked, or whose party moved away since: nobody could tell by its
        positions which of two stays it signed in.
        """
        left = self.left(party, index)
        known = self.keys.get(party, {}).get(key.kid)
        ended = left is not None and known is not None and known.since < left.index
        if ended or self.revocation(party, key.kid) is not None:
            raise Rejected("BAD_CONTROL", "a revoked key does not come back", path="payload.2")
        self.keys.setdefault(party, {}).setdefault(key.kid, Enrolment(key, index))
        self.enrolled.add(key.kid)

    def revoke(self, kid: KeyId, party: str | None, said: Revocation) -> None:
        """The key signs no more, for this party or (None) for any. Again, it changes no position; it may say
        that the key was suspect earlier.
        """
        self.revoked[kid, party] = said.joined(self.revoked.get((kid, party)))

    def revocation(self, party: str, kid: KeyId) -> Revocation | None:
        """What is said against this key of this party, by anybody who may."""
        own, general = self.revoked.get((kid, party)), self.revoked.get((kid, None))
        return general if own is None else own.joined(general)

    def suspect(self, party: str, kid: KeyId, index: int) -> bool:
        """Whether a revocation doubts what the key signed at `index`."""
        revocation = self.revocation(party, kid)
        doubt = None if revocation is None else revocation.suspect_since
        return doubt is not None and doubt <= index

    def left(self, party: str, index: int) -> Moved | None:
        """The last move of the party away from here before `index`."""
        return next((moved for moved in reversed(self.moves.get(party, ())) if moved.index < index), None)

    def undoubted(self, party: str, moves: Sequence[Moved]) -> Sequence[Moved]:
        """Those of the party's moves that were signed by a key that nobody doubts."""
        return [moved for moved in moves if not self.suspect(party, moved.kid, moved.index)]
