"""A log in memory for tests of core: deterministic keys, salts and times; every byte is the same on each
run.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from blake3 import blake3

from tracehold.core import merkle, record
from tracehold.core.checkpoint import Checkpoint, sign_checkpoint
from tracehold.core.control import KIND_OF, Control, Enrol, LogHeader, encode_control
from tracehold.core.evidence import Evidence
from tracehold.core.header import Audience, Header
from tracehold.core.ids import KeyId, LogId, NetworkId, Root
from tracehold.core.keys import Ed25519Key, P256Key, SigningKey
from tracehold.core.receipt import Anchor, make_receipt

NETWORK = NetworkId(blake3(b"test network").digest())
OPERATOR = "https://id.gs1.org/417/9521321000010"
FARM = "https://id.gs1.org/417/9521321000027"
MILL = "https://id.gs1.org/417/9521321000034"
NODE_KEY = Ed25519Key.from_seed(b"\x01" * 32)
FARM_KEY = Ed25519Key.from_seed(b"\x02" * 32)
MILL_KEY = P256Key.from_private_value(3)
STRANGER_KEY = Ed25519Key.from_seed(b"\x04" * 32)
START = 1_764_000_000
"""Seconds since 1970: when the test log begins; entry i claims START + i."""


def header(
    key: SigningKey, iss: str, kind: str = record.Kind.EVENT, number: int = 0, network: NetworkId = NETWORK
) -> Header:
    """A header with a salt that follows from its arguments."""
    salt = blake3(f"{iss} {kind} {number}".encode()).digest()[:16]
    kid = KeyId(key.public.kid)
    return Header(key.public.alg, kind, kid, iss, network, START + number, salt, Audience.NETWORK)


def control(says: Control, key: SigningKey, iss: str, number: int = 0) -> bytes:
    """The control record by which `key` says this for `iss`."""
    return record.sign(header(key, iss, KIND_OF[type(says)], number), encode_control(says), key)


class Log:
    """Entry 0 is a header, entry 1 enrols the farm's key; more is appended by the tests."""

    def __init__(self, *, node_key: Ed25519Key = NODE_KEY, operator: str = OPERATOR) -> None:
        self.node_key = node_key
        self.operator = operator
        self.entries: list[bytes] = []
        self._nodes: dict[tuple[int, int], bytes] = {}
        self.say(LogHeader(NETWORK, node_key.public, blake3(b"nonce").digest()))
        self.say(Enrol(FARM, FARM_KEY.public))

    @cached_property
    def id(self) -> LogId:
        """Fingerprint of entry 0."""
        return LogId(record.fingerprint(self.entries[0]))

    def add(self, raw: bytes) -> int:
        """Append any bytes; their index."""
        self.entries.append(raw)
        return len(self.entries) - 1

    def say(self, says: Control, key: SigningKey | None = None, iss: str | None = None) -> int:
        """Append a control record, by default of the operator."""
        return self.add(control(says, key or self.node_key, iss or self.operator, len(self.entries)))

    def event(self, key: SigningKey = FARM_KEY, iss: str = FARM, payload: bytes = b'{"a":1}') -> int:
        """Append an event; its payload is not looked into by core's proofs."""
        return self.add(record.sign(header(key, iss, number=len(self.entries)), payload, key))

    def fill(self, size: int) -> "Log":
        """Append events of the farm until the log has `size` entries."""
        while len(self.entries) < size:
            self.event()
        return self

    def node(self, level: int, index: int) -> bytes:
        """The hash of a node whose leaves are all there."""
        found = self._nodes.get((level, index))
        if found is None:
            if level == 0:
                found = merkle.leaf_hash(record.fingerprint(self.entries[index]))
            else:
                left = self.node(level - 1, 2 * index)
                found = merkle.node_hash(left, self.node(level - 1, 2 * index + 1))
            self._nodes[level, index] = found
        return found

    def root(self, size: int | None = None) -> Root:
        """The root at `size`, by default of all entries."""
        return merkle.subtree_root(0, len(self.entries) if size is None else size, self.node)

    def checkpoint(self, size: int | None = None, time_ms: int = (START + 100) * 1000) -> Checkpoint:
        """Signed at START + 100 s, to be anchored within an hour."""
        size = len(self.entries) if size is None else size
        by = time_ms + 3_600_000
        return sign_checkpoint(
            self.id, size, self.root(size), time_ms, by, operator=self.operator, key=self.node_key
        )

    def receipt(self, index: int, size: int | None = None, anchor: Anchor | None = None) -> bytes:
        """A receipt under the checkpoint at `size`, upgraded where the anchor's size is another."""
        checkpoint = self.checkpoint(size)
        path = merkle.inclusion_path(index, checkpoint.size, self.node)
        grown = None
        if anchor is not None and anchor.size != checkpoint.size:
            grown = merkle.consistency_path(checkpoint.size, anchor.size, self.node)
        return make_receipt(checkpoint, index, path, anchor, grown)

    def evidence(
        self,
        index: int,
        size: int | None = None,
        anchor: Anchor | None = None,
        controls: Sequence[int] = (0, 1),
    ) -> Evidence:
        """Evidence for entry `index` with the control records at these positions."""
        pairs = tuple((self.entries[at], self.receipt(at, size)) for at in controls)
        return Evidence(self.entries[index], self.receipt(index, size, anchor), pairs)


def without_proof(anchor: Anchor) -> Anchor:
    """The same anchor, as a bare claim."""
    return replace(anchor, proof=None)
