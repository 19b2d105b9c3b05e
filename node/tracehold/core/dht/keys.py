"""Names and keys of the directory (docs/spec/directory.md, protocol section 7).

Keys are keyed hashes, so that only members can tell who deals in what.
"""

from collections.abc import Iterable
from typing import NewType

from blake3 import blake3

from tracehold.core import placement
from tracehold.core.errors import Rejected
from tracehold.core.gs1 import Level, class_of, level
from tracehold.core.header import Audience
from tracehold.core.ids import LogId

Key = NewType("Key", bytes)
"""A place on the ring, where the nodes' ids are too. 20 bytes."""

NetworkKey = NewType("NetworkKey", bytes)
"""The secret that the members share. 32 bytes."""

KEY_BYTES = placement.ID_BYTES
NETWORK_KEY_BYTES = 32

_OPEN = frozenset({Audience.PUBLIC, Audience.NETWORK, Audience.INTEREST})
_NOWHERE = frozenset({Level.PLACE, Level.PARTY})
"""Half of a company's records name its own places; who asks for one of them asks the company."""


def announceable(audience: str) -> bool:
    """Whether records of this audience may be announced: not those for single parties or authorities, and
    none of an audience that is not known.
    """
    return audience in _OPEN


def names_of(item: str) -> tuple[str, ...]:
    """Under which names records about a canonical item are announced, the finest first.

    A piece goes by its class and a lot by itself and its class. What has no class (logistic units, single
    assets, names that are no GS1 keys) goes by itself, places and parties by nothing.
    """
    found = level(item)
    if found in _NOWHERE:
        return ()
    whole = class_of(item)
    if whole is None:
        return (item,)
    return (item, whole) if found is Level.LOT else (whole,)


def asked_name(item: str) -> str | None:
    """Under which name the holders of records about a canonical item are looked up; None where it has none,
    so that every member has to be asked.
    """
    return next(iter(names_of(item)), None)


def item_key(network_key: NetworkKey, name: str) -> Key:
    """The key of a name: 20 bytes of BLAKE3 over it, keyed with the network key.

    Raises BAD_KEY where that has not 32 bytes.
    """
    if len(network_key) != NETWORK_KEY_BYTES:
        raise Rejected("BAD_KEY", f"a network key has {NETWORK_KEY_BYTES} bytes, not {len(network_key)}")
    return Key(blake3(name.encode(), key=network_key).digest()[:KEY_BYTES])


def keys_of(network_key: NetworkKey, items: Iterable[str]) -> frozenset[Key]:
    """All keys under which a record that touches these canonical items is announced. Raises BAD_KEY."""
    names = {name for item in items for name in names_of(item)}
    return frozenset(item_key(network_key, name) for name in names)


def segment_key(log: LogId, segment: int) -> Key:
    """The key of a segment of a log: the one by which its holders are chosen. It is no secret, nor is the
    chain's list of logs.
    """
    return Key(placement.segment_key(log, segment))


def distance(one: bytes, other: bytes) -> int:
    """Kademlia's metric between two places on the ring: XOR, read as a number."""
    return int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
