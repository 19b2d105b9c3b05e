"""How far one lookup reaches: for which other keys the nodes that it found are the right ones too.

Announcing goes through the ring region by region, with one lookup each, where a lookup per key would ask the
same nodes again and again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tracehold.core.dht.keys import KEY_BYTES, Key, distance


@dataclass(frozen=True, slots=True)
class Region:
    """The keys that differ from `key` in their last `bits` bits only. They stand together where keys are
    sorted.
    """

    key: Key
    bits: int

    def covers(self, key: Key) -> bool:
        """Whether the key is one of them; `self.key` is."""
        return distance(self.key, key) >> self.bits == 0


def region_of(key: Key, found: Sequence[bytes], replicas: int, *, all_there_are: bool) -> Region:
    """The region in which `found` has the `replicas` nearest nodes of every key.

    `found` are the ids of the nodes nearest to `key`, in any order. Those nearer than the farthest of them
    are all known. So is a whole subtree of the ring, the largest that fits below that distance; a key in it
    has its nearest nodes there too, if there are enough (Kademlia, section 2.1: XOR is unidirectional). If
    not, the region is the key alone.
    """
    if all_there_are:
        return Region(key, 8 * KEY_BYTES)
    distances = [distance(key, each) for each in found]
    bits = max(distances, default=0).bit_length() - 1
    inside = sum(each >> bits == 0 for each in distances) if bits > 0 else 0
    return Region(key, bits if inside >= replicas else 0)
