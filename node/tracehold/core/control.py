"""What control records say: the header of a log, and who may speak in it (docs/spec/control.md).

Payloads are deterministic CBOR maps with small integer keys; unknown keys are refused, so that nothing
stands in a log that one release obeys and another overlooks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tracehold.core import cbor
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint, KeyId, LogId, NetworkId, Root
from tracehold.core.keys import Alg, PublicKey
from tracehold.core.record import Kind, check_party


@dataclass(frozen=True, slots=True)
class LogHeader:
    """Entry 0 of a log: its network, its first node key (Ed25519),
    32 random bytes, the log it continues if any.
    """

    network: NetworkId
    node_key: PublicKey
    nonce: bytes
    predecessor: LogId | None = None


@dataclass(frozen=True, slots=True)
class Enrol:
    """From the next entry on, `key` signs for `party`."""

    party: str
    key: PublicKey


@dataclass(frozen=True, slots=True)
class Mandate:
    """The signing party lets `operator` sign for it, in every log of that operator or only in `log`."""

    operator: str
    log: LogId | None = None


@dataclass(frozen=True, slots=True)
class Revoke:
    """From the next entry on, the key no longer signs. What it
    signed since entry `suspect_since` stays, flagged.
    """

    kid: KeyId
    suspect_since: int | None = None


@dataclass(frozen=True, slots=True)
class Redact:
    """Whoever keeps entry `index` of this log, which is the record `fingerprint`, deletes its bytes."""

    fingerprint: Fingerprint
    index: int


@dataclass(frozen=True, slots=True)
class Rotate:
    """From the next entry on, and in every checkpoint over this one, `key` is the node key (Ed25519)."""

    key: PublicKey


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All control records before this entry: how many, and the RFC 9162 root over their (index, fingerprint)
    (`core.snapshot`), with the version of the rules by which the creator read them.
    """

    controls: int
    root: Root
    rules: int


@dataclass(frozen=True, slots=True)
class Move:
    """The signing party leaves the log `left` for `log` of `operator`, which vouches for it from now on. It
    is said in both logs, with the same key.
    """

    operator: str
    log: LogId
    left: LogId


_MAX_ITEMS = 64  # values in a payload; ours have at most eight

Control = LogHeader | Enrol | Mandate | Move | Redact | Revoke | Rotate | Snapshot

KIND_OF: dict[type[Control], Kind] = {
    LogHeader: Kind.LOG_HEADER,
    Enrol: Kind.ENROL,
    Mandate: Kind.MANDATE,
    Move: Kind.MOVE,
    Redact: Kind.REDACT,
    Revoke: Kind.REVOKE,
    Rotate: Kind.ROTATE,
    Snapshot: Kind.SNAPSHOT,
}
"""The kind under which each is signed."""


def encode_control(control: Control) -> bytes:
    """The payload that says `control`."""
    parts: dict[int, Any]
    match control:
        case LogHeader(network, node_key, nonce, predecessor):
            parts = {1: network, 2: node_key.cose_key(), 3: nonce, 4: predecessor}
        case Enrol(party, key):
            parts = {1: party, 2: key.cose_key()}
        case Mandate(operator, log):
            parts = {1: operator, 2: log}
        case Move(operator, log, left):
            parts = {1: operator, 2: log, 3: left}
        case Redact(fingerprint, index):
            parts = {1: fingerprint, 2: index}
        case Revoke(kid, suspect_since):
            parts = {1: kid, 2: suspect_since}
        case Rotate(key):
            parts = {1: key.cose_key()}
        case Snapshot(controls, root, rules):
            parts = {1: controls, 2: root, 3: rules}
    return cbor.encode({key: value for key, value in parts.items() if value is not None})


def decode_control(kind: str, payload: bytes) -> Control:
    """What a control record of `kind` says; BAD_CONTROL where it does not have the form of its kind."""
    reader = _READERS.get(kind)
    if reader is None:
        raise Rejected("BAD_CONTROL", "the kind is no control record of this release", path="header.kind")
    try:
        fields = _Fields(cbor.decode(payload, _MAX_ITEMS))
        control = reader(fields)
        fields.finish()
    except Rejected as error:
        if error.code == "BAD_CONTROL":
            raise
        raise Rejected("BAD_CONTROL", error.message, path="payload") from error
    return control


class _Fields:
    """The map of a payload, taken field by field, so that what nobody took is noticed."""

    def __init__(self, parts: Any) -> None:
        if type(parts) is not dict:
            raise Rejected("BAD_CONTROL", "the payload is a map", path="payload")
        self._left = parts

    def bytes32(self, key: int) -> bytes:
        value = self._left.pop(key, None)
        if type(value) is not bytes or len(value) != 32:
            raise Rejected("BAD_CONTROL", "32 bytes must stand here", path=f"payload.{key}")
        return value

    def log(self, key: int) -> LogId | None:
        return LogId(self.bytes32(key)) if key in self._left else None

    def key(self, key: int) -> PublicKey:
        value = self._left.pop(key, None)
        if type(value) is not bytes:
            raise Rejected("BAD_CONTROL", "an encoded COSE_Key must stand here", path=f"payload.{key}")
        return PublicKey.from_cose(value)

    def node_key(self, key: int) -> PublicKey:
        found = self.key(key)
        if found.alg is not Alg.EDDSA:
            # Checkpoint notes of C2SP know Ed25519 only.
            raise Rejected("BAD_CONTROL", "a node key is Ed25519", path=f"payload.{key}")
        return found

    def party(self, key: int) -> str:
        value = self._left.pop(key, None)
        check_party(value, "BAD_CONTROL", f"payload.{key}")
        return str(value)

    def position(self, key: int) -> int | None:
        if key not in self._left:
            return None
        value = self._left.pop(key)
        if type(value) is not int or value < 0:
            raise Rejected("BAD_CONTROL", "a position in the log must stand here", path=f"payload.{key}")
        return value

    def count(self, key: int) -> int:
        value = self._left.pop(key, None)
        if type(value) is not int or value < 0:
            raise Rejected("BAD_CONTROL", "a number must stand here", path=f"payload.{key}")
        return value

    def finish(self) -> None:
        if self._left:
            raise Rejected("BAD_CONTROL", f"unknown keys {sorted(self._left, key=str)}", path="payload")


def _log_header(fields: _Fields) -> LogHeader:
    return LogHeader(NetworkId(fields.bytes32(1)), fields.node_key(2), fields.bytes32(3), fields.log(4))


_READERS: dict[str, Callable[[_Fields], Control]] = {
    Kind.LOG_HEADER: _log_header,
    Kind.ENROL: lambda fields: Enrol(fields.party(1), fields.key(2)),
    Kind.MANDATE: lambda fields: Mandate(fields.party(1), fields.log(2)),
    Kind.MOVE: lambda fields: Move(fields.party(1), LogId(fields.bytes32(2)), LogId(fields.bytes32(3))),
    Kind.REDACT: lambda fields: Redact(Fingerprint(fields.bytes32(1)), fields.count(2)),
    Kind.REVOKE: lambda fields: Revoke(KeyId(fields.bytes32(1)), fields.position(2)),
    Kind.ROTATE: lambda fields: Rotate(fields.node_key(1)),
    Kind.SNAPSHOT: lambda fields: Snapshot(fields.count(1), Root(fields.bytes32(2)), fields.count(3)),
}
