"""How far a lookup reaches: for which other keys the nodes that it found are the right ones too.

Announcing goes through the ring region by region, with a lookup or two each, where a lookup per key would ask
the same nodes again and again.
"""

from collections.abc import Collection
from dataclasses import dataclass

from tracehold.core.dht.keys import KEY_BYTES, Key, distance

WHOLE = 8 * KEY_BYTES
"""Bits of the whole ring."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a lookup saw: ids of the nodes nearest to `key`, and which of them are alive. `whole` where there
    are no others in the network.
    """

    key: Key
    met: Collection[bytes]
    alive: Collection[bytes]
    whole: bool = False

    @property
    def bits(self) -> int:
        """All nodes were met that differ from the key in their last so many bits only.

        Those nearer than the farthest that was met are known; so is a whole subtree of the ring, the largest
        that fits below that distance (Kademlia, section 2.1: XOR is unidirectional).
        """
        if self.whole:
            return WHOLE
        return max(0, max((distance(self.key, each) for each in self.met), default=0).bit_length() - 1)

    def within(self, bits: int) -> int:
        """How many nodes are alive that differ in their last so many bits only."""
        return sum(distance(self.key, each) >> bits == 0 for each in self.alive)

    @property
    def sibling(self) -> Key:
        """A place in the subtree beside the one that is known."""
        number = int.from_bytes(self.key, "big") ^ (1 << self.bits)
        return Key(number.to_bytes(KEY_BYTES, "big"))


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

    @property
    def last(self) -> Key:
        """The last of them, as keys are sorted."""
        number = int.from_bytes(self.key, "big") | ((1 << self.bits) - 1)
        return Key(number.to_bytes(KEY_BYTES, "big"))


def region_of(seen: Seen, replicas: int) -> Region | None:
    """The region in which `seen` has the nearest `replicas` live nodes of every key; None where the subtree
    that is known has fewer, so that its sibling is to be looked at.
    """
    enough = seen.bits == WHOLE or seen.within(seen.bits) >= replicas
    return Region(seen.key, seen.bits) if enough else None


def region_of_two(seen: Seen, beside: Seen, replicas: int) -> Region:
    """The same for two lookups, the second at the first's `sibling`.

    To a key in the first's subtree all nodes there are nearer than those of the sibling, and of these the
    nearest are those near the key's mirror image. If both have not enough, the region is the key alone.
    """
    bits = min(seen.bits, beside.bits)
    enough = seen.within(seen.bits) + beside.within(bits) >= replicas
    return Region(seen.key, bits if enough else 0)
