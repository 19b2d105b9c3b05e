"""The node's part of the directory: made where there are other nodes and a network key."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from typing import NoReturn

from tracehold.adapters.dht import KademliaTable
from tracehold.adapters.keyfiles import read_network_key
from tracehold.adapters.peers import GrpcTalk
from tracehold.adapters.sqlite_directory import DirectoryFile, SqliteOffers, SqliteShelf
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.config import Config
from tracehold.core.dht.keys import Key, NetworkKey
from tracehold.core.errors import Broken
from tracehold.core.ids import LogId
from tracehold.core.keys import PublicKey
from tracehold.journey.announce import Announcer
from tracehold.journey.contacts import Contacts
from tracehold.journey.counted import Counters
from tracehold.journey.dialogue import Dialogue
from tracehold.journey.directory import Directory, Seat
from tracehold.journey.follow import Bell
from tracehold.journey.locating import Locating
from tracehold.journey.lookup import Lookups
from tracehold.journey.neighbours import Neighbours
from tracehold.journey.offering import Offering
from tracehold.journey.parsed import Events
from tracehold.journey.ports.directory import Offers, ShelfLimits
from tracehold.journey.register import NeighbourRegister
from tracehold.journey.seal import Sealer
from tracehold.journey.tidying import tidy
from tracehold.node.faults import Faults
from tracehold.node.own import data_folder
from tracehold.node.peering import Peering

DIRECTORY_FILE = "directory.sqlite"
AGAIN_S = 60.0
"""Seconds after which a follower that failed is begun anew."""

_PAGE = 5_000
_EVER_MS = 1 << 62
_LAST = Key(b"\xff" * 20)

Follower = Callable[[], Awaitable[NoReturn]]


@dataclass(frozen=True, slots=True)
class PresentKey:
    """The node key in force, as a signer: a rotation changes it while the node runs."""

    sealer: Sealer

    @property
    def public(self) -> PublicKey:
        """The verifying key."""
        return self.sealer.own.identity.key.public

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self.sealer.own.identity.key.sign(message)


@dataclass(frozen=True, slots=True)
class Ring:
    """What answers, asks and follows. `locating` says whom questions go to."""

    seat: Seat
    offers: Offers
    directory: Directory
    lookups: Lookups
    locating: Locating
    followers: Mapping[str, Follower]

    async def announce_anew(self) -> None:
        """Let all be announced again at once: what was signed with a former node key counts no more. Raises
        STORE_BUSY.
        """
        after = None
        while due := await self.offers.due(_EVER_MS, after, _LAST, _PAGE):
            await self.offers.announced([each.key for each in due], 0)
            after = due[-1].key


@dataclass(frozen=True, slots=True)
class Given:
    """The parts of the node on which the directory stands. `events` is shared with all who parse them."""

    config: Config
    store: SqliteLog
    sealer: Sealer
    bell: Bell
    faults: Faults
    counters: Counters
    events: Events


@asynccontextmanager
async def open_directory(given: Given, peering: Peering | None) -> AsyncIterator[Ring | None]:
    """The parts, put together; None where the node keeps to itself, or has no network key. The file is closed
    at the end.

    Raises BAD_CONFIG for the key's file, SCHEMA_NEWER and STORE_BUSY for the directory's.
    """
    secret = read_network_key(given.config.keys.network) if peering else None
    if peering is None or secret is None:
        yield None
        return
    with closing(DirectoryFile(data_folder(given.config) / DIRECTORY_FILE)) as file:
        ring = _ring(given, peering, file, NetworkKey(secret))
        try:
            yield ring
        finally:
            await ring.lookups.close()


def _ring(given: Given, peering: Peering, file: DirectoryFile, secret: NetworkKey) -> Ring:
    settings, neighbours = given.config.directory, peering.neighbours
    seat, offers = _seat(given, peering, file), SqliteOffers(file)
    dialogue = Dialogue(seat, GrpcTalk(peering.peers.line), asyncio.sleep)
    lookups = Lookups(seat, dialogue, time.monotonic, asyncio.sleep)
    announcing = Bell()
    offering = Offering(given.store, offers, secret, announcing.ring, given.events)
    announcer = Announcer(
        seat, PresentKey(given.sealer), lookups, dialogue, offers, os.urandom, settings.announce_per_s
    )
    seeds = _seeds(neighbours, settings.seeds)
    contacts = Contacts(seat, lookups, dialogue, offers, seeds, asyncio.sleep, os.urandom)
    trouble = given.faults.trouble
    followers: dict[str, Follower] = {
        "contacts": contacts.run,
        "offer": lambda: offering.run(given.bell, asyncio.sleep, trouble("directory offer")),
        "announce": lambda: announcer.run(announcing, asyncio.sleep, trouble("directory announce")),
        "tidy": lambda: tidy(seat, asyncio.sleep, trouble("directory tidy")),
    }
    sheltered = {name: _sheltered(follower, given.faults) for name, follower in followers.items()}
    locating = Locating(lookups, secret, lambda: len(neighbours.leaves), settings.ask_all_upto)
    return Ring(seat, offers, Directory(seat, time.monotonic), lookups, locating, sheltered)


def _seat(given: Given, peering: Peering, file: DirectoryFile) -> Seat:
    settings, register = given.config.directory, NeighbourRegister(peering.neighbours)
    limits = ShelfLimits(settings.records_of_key, settings.records_of_member, settings.records_total)
    own = given.sealer.own.log
    table = KademliaTable(own, lambda log: register.node_key(log) is not None)
    return Seat(own, register, table, SqliteShelf(file, limits), time.time, given.counters)


def _seeds(neighbours: Neighbours, named: Sequence[str]) -> Callable[[], Sequence[LogId]]:
    """The members at these endpoints, as they are now; all, where none is named."""
    return lambda: [each.log for each in neighbours.others() if not named or each.endpoint in named]


def _sheltered(follower: Follower, faults: Faults) -> Follower:
    """The follower, begun anew after what nobody foresaw. The directory is a hint: questions and uploads go
    on without it, so it stops no node.
    """

    async def run() -> NoReturn:
        while True:
            try:
                await follower()
            except Broken:
                raise
            except Exception as error:  # noqa: BLE001  told to the operator
                faults.error(error)
                await asyncio.sleep(AGAIN_S)

    return run
