"""Placement: which nodes keep a segment of a log (docs/spec/placement.md, protocol section 8).

Everybody who knows the members comes to the same order, so nobody assigns holders and nobody can choose
friendly ones: a log's id is the fingerprint of its header, fixed before the segment is there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from blake3 import blake3

from tracehold.core.ids import LogId

ID_BYTES = 20
"""Of a DHT id and of a segment's key, as in Kademlia."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A node that may keep records of others: an active member with the role HOLDER. Node and operator by
    their numbers in the contract; `log` is the node's own.
    """

    node: int
    operator: int
    log: LogId


def dht_id(log: LogId) -> bytes:
    """A node's place on the ring: the first 20 bytes of SHA-256 of its log id. It outlives every key of the
    node (protocol section 5).
    """
    return sha256(log).digest()[:ID_BYTES]


def segment_key(log: LogId, segment: int) -> bytes:
    """A segment's place on the ring: 20 bytes of BLAKE3 over log id and number (8 bytes, big-endian)."""
    return blake3(log + segment.to_bytes(8, "big")).digest()[:ID_BYTES]


def distance(node: LogId, key: bytes) -> int:
    """Kademlia's metric between a node and a place on the ring: XOR, read as a number."""
    return int.from_bytes(dht_id(node), "big") ^ int.from_bytes(key, "big")


def nearest(log: LogId, segment: int, nodes: Iterable[Candidate], *, own: int) -> list[Candidate]:
    """Who keeps a segment of this log, the first choice first: of each operator the node nearest to the
    segment, nearest operators first, ties by node number. None of `own`, the number of the log's operator.
    """
    key = segment_key(log, segment)
    order = sorted(nodes, key=lambda each: (distance(each.log, key), each.node))
    first: dict[int, Candidate] = {}
    for each in order:
        if each.operator != own:
            first.setdefault(each.operator, each)
    return list(first.values())
