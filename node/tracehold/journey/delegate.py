"""Delegated uploads: the creator signs for a party that gave it leave, and the same
event is never signed twice, however it is spelled.

Which party a caller may speak for is decided by its token, before this module is asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from blake3 import blake3

from tracehold.core import strict_json
from tracehold.core.epcis.event_hash import statement
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint
from tracehold.core.limits import SALT_BYTES
from tracehold.core.record import Attachment, Audience, Header, Kind, Record, parse, sign
from tracehold.journey.own_log import Identity, Now, RandomBytes

_CONTEXT = "tracehold/received/v1"
_MEANING = "tracehold/received/v2"
_KINDS = frozenset({Kind.EVENT, Kind.MASTERDATA})


@dataclass(frozen=True, slots=True)
class Delegated:
    """An event's JSON-LD (or one master data element) as received, to be signed for `party`. It takes the
    place of the record `supersedes`, where that is given.
    """

    party: str
    payload: bytes
    kind: Kind = Kind.EVENT
    audience: Audience = Audience.NETWORK
    attachments: Sequence[Attachment] = ()
    supersedes: Fingerprint | None = None


def received_key(item: Delegated) -> bytes:
    """The idempotency key of a delegated event: BLAKE3 over (party, what the event states), 32 bytes
    (protocol section 4). All spellings of one event have one key; what is no JSON object counts by its bytes.

    It never leaves the node: without the salt of the record it would let others guess a small payload.
    """
    stated = _stated(item)
    return bytes_key(item) if stated is None else _key(_MEANING, item.party, stated)


def bytes_key(item: Delegated) -> bytes:
    """The key under which master data, and events before their meaning counted, were received: over (party,
    payload)."""
    return _key(_CONTEXT, item.party, item.payload)


def _key(context: str, party: str, said: bytes) -> bytes:
    name = party.encode("utf-8", "surrogatepass")
    hasher = blake3(derive_key_context=context)
    hasher.update(len(name).to_bytes(4, "big") + name)
    hasher.update(said)
    return hasher.digest()


def _stated(item: Delegated) -> bytes | None:
    if item.kind != Kind.EVENT:
        return None
    try:
        event = strict_json.loads(item.payload)
    except Rejected:
        return None
    return statement(event).encode("utf-8", "surrogatepass") if isinstance(event, dict) else None


@dataclass(frozen=True, slots=True)
class Delegation:
    """Signs for others with the node key; a fresh salt for every record."""

    identity: Identity
    now: Now = field(repr=False)
    random_bytes: RandomBytes = field(repr=False)

    def sign(self, item: Delegated, identity: Identity | None = None) -> Record:
        """The record that says `item` in its party's name, under the identity in force where another is
        given. Raises `Rejected` (BAD_HEADER, RECORD_TOO_LARGE, BAD_REQUEST).
        """
        identity = identity or self.identity
        if item.kind not in _KINDS:
            raise Rejected("BAD_REQUEST", "only events and master data are signed by delegation", path="kind")
        if any("\ud800" <= char <= "\udfff" for char in item.party):
            raise Rejected("BAD_HEADER", "a party that is no Unicode text", path="header.iss")
        key = identity.key.public
        header = Header(
            key.alg,
            item.kind,
            key.kid,
            item.party,
            identity.network,
            int(self.now()),
            self.random_bytes(SALT_BYTES),
            item.audience,
            tuple(item.attachments),
            item.supersedes,
        )
        return parse(sign(header, item.payload, identity.key))
