"""Posts of a mesh that take part in the directory, over their lines."""

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tests.journey.scene import NETWORK, START
from tests.ports.mesh import Post
from tracehold.adapters.dht import KademliaTable
from tracehold.adapters.memory.directory import MemoryOffers, MemoryShelf
from tracehold.adapters.peers import GrpcTalk
from tracehold.core.dht.keys import Key
from tracehold.core.dht.provider import sign_provider
from tracehold.journey.announce import Announcer
from tracehold.journey.contacts import Contacts
from tracehold.journey.dialogue import Dialogue
from tracehold.journey.directory import Directory, Seat
from tracehold.journey.lookup import Lookups
from tracehold.journey.register import NeighbourRegister


@dataclass
class Ringed:
    """What a post has of the directory."""

    seat: Seat
    offers: MemoryOffers
    directory: Directory
    dialogue: Dialogue
    lookups: Lookups
    contacts: Contacts
    announcer: Announcer


async def slowly(seconds: float) -> None:
    """Patience for a machine that many share."""
    await asyncio.sleep(5 * seconds)


def ringed(post: Post) -> Ringed:
    """Let the post take part: it answers, and knows nobody yet. Its lookups are to be closed."""
    log, register = post.node.log, NeighbourRegister(post.neighbours)
    table = KademliaTable(log, lambda other: register.node_key(other) is not None)
    seat = Seat(log, register, table, MemoryShelf(), lambda: START)
    offers, random, seconds = MemoryOffers(), Random(post.node.number), itertools.count()
    dialogue = Dialogue(seat, GrpcTalk(post.peers.line), slowly)
    lookups = Lookups(seat, dialogue, _ticks, slowly)
    contacts = Contacts(seat, lookups, dialogue, offers, register.reachable, slowly, random.randbytes)
    key = post.node.sealer.own.identity.key
    announcer = Announcer(seat, key, lookups, dialogue, offers, random.randbytes, per_s=1e9)
    directory = Directory(seat, lambda: float(next(seconds)))
    post.service._directory = directory
    post.ring = Ringed(seat, offers, directory, dialogue, lookups, contacts, announcer)
    return post.ring


def _ticks() -> float:
    return asyncio.get_running_loop().time() / 5


def providers(post: Post, count: int = 50) -> Sequence[bytes]:
    """Honest provider records of a post, each of another key."""
    key, now = post.node.sealer.own.identity.key, int(START * 1000)
    keys = [Key(bytes([number]) * 20) for number in range(count)]
    return [sign_provider(each, post.node.log, 1, now, NETWORK, key).raw for each in keys]
