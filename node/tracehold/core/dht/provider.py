"""Provider records: "I hold so many records under this key", signed by the holder (docs/spec/directory.md).

The bytes have one form and a fixed length, so one statement has one signature. Who asks resolves the holder
by
its log id among the members of the contract: endpoints are not in it and cannot be forged.
"""

from dataclasses import dataclass
from struct import Struct

from tracehold.core.dht.keys import Key
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId, NetworkId
from tracehold.core.keys import SIGNATURE_BYTES, PublicKey, SigningKey

PREFIX = b"tracehold/provider/v1\n"

MAX_LIFETIME_MS = 48 * 3_600_000
"""A holder that is gone is forgotten after this time."""

SKEW_MS = 300_000
"""How far a holder's clock may be ahead of the reader's."""

MAX_COUNT = 1 << 53
"""What fits into a number of JSON."""

_BODY = Struct(">20s32sQQQ")
PROVIDER_BYTES = _BODY.size + SIGNATURE_BYTES
"""Length of a record: 140 bytes."""


@dataclass(frozen=True, slots=True)
class Provider:
    """The node with the log `holder` says that it holds `count` records under `key`. Times in milliseconds
    since 1970.
    """

    key: Key
    holder: LogId
    count: int
    issued_ms: int
    expires_ms: int
    signature: bytes

    @property
    def raw(self) -> bytes:
        """The record's bytes."""
        return _body(self.key, self.holder, self.count, self.issued_ms, self.expires_ms) + self.signature


def sign_provider(
    key: Key,
    holder: LogId,
    count: int,
    issued_ms: int,
    network: NetworkId,
    signer: SigningKey,
    lifetime_ms: int = MAX_LIFETIME_MS,
) -> Provider:
    """A record by the node key of `holder`. Raises what `parse_provider` would say of it."""
    expires_ms = issued_ms + lifetime_ms
    body = _body(key, holder, count, issued_ms, expires_ms)
    return parse_provider(body + signer.sign(PREFIX + network + body))


def parse_provider(raw: bytes) -> Provider:
    """The record that `raw` is, by its form alone. Raises BAD_REQUEST."""
    if len(raw) != PROVIDER_BYTES:
        raise _bad(f"it has {PROVIDER_BYTES} bytes, not {len(raw)}")
    key, holder, count, issued_ms, expires_ms = _BODY.unpack(raw[: _BODY.size])
    if not 0 < count < MAX_COUNT:
        raise _bad("it counts no records, or too many")
    if not 0 < expires_ms - issued_ms <= MAX_LIFETIME_MS:
        raise _bad("it holds for 48 hours at most, and ends after it was issued")
    return Provider(Key(key), LogId(holder), count, issued_ms, expires_ms, raw[_BODY.size :])


def check_provider(provider: Provider, network: NetworkId, node_key: PublicKey, now_ms: int) -> None:
    """Returns if the record is of this network, in its time, and signed by the holder's node key.

    Raises BAD_REQUEST for its time, BAD_SIGNATURE.
    """
    check_time(provider, now_ms)
    node_key.verify(provider.signature, PREFIX + network + provider.raw[: _BODY.size])


def check_time(provider: Provider, now_ms: int) -> None:
    """Returns if the record is neither expired nor from the future. Raises BAD_REQUEST."""
    if provider.expires_ms <= now_ms:
        raise _bad("it has expired")
    if provider.issued_ms > now_ms + SKEW_MS:
        raise _bad("it was issued in the future")


def _body(key: Key, holder: LogId, count: int, issued_ms: int, expires_ms: int) -> bytes:
    return _BODY.pack(key, holder, count, issued_ms, expires_ms)


def _bad(message: str) -> Rejected:
    return Rejected("BAD_REQUEST", f"the provider record: {message}", path="provider")
