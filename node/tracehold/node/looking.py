"""A look at the other members from the command line: as this node, beside it or while it is down.

Lines, contacts and lookups are of this look alone; the running node's are not touched.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, closing
from dataclasses import dataclass

from tracehold.adapters.dht import KademliaTable
from tracehold.adapters.keyfiles import certificate_der, read_network_key, read_secret, read_signing_key
from tracehold.adapters.memory.directory import MemoryShelf
from tracehold.adapters.peers import GrpcPeers, GrpcTalk, OwnPair
from tracehold.adapters.sqlite_directory import DirectoryFile, SqliteOffers
from tracehold.config import Config
from tracehold.core.dht.keys import KEY_BYTES, Key, NetworkKey, asked_name, item_key
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.ids import LogId
from tracehold.core.leaf import parse_leaf
from tracehold.journey.dialogue import Dialogue
from tracehold.journey.directory import Seat
from tracehold.journey.inquiry import named
from tracehold.journey.lookup import Holders, Lookups, Nearest
from tracehold.journey.neighbours import Neighbour, Neighbours
from tracehold.journey.register import NeighbourRegister
from tracehold.journey.search import Step
from tracehold.node.directory import DIRECTORY_FILE
from tracehold.node.own import open_ledger


@dataclass(frozen=True, slots=True)
class Look:
    """The members as the contract has them now, and the lines to them."""

    config: Config
    own: LogId
    neighbours: Neighbours
    peers: GrpcPeers

    async def contacts(self) -> Sequence[LogId]:
        """Those that the node knew in the directory when it wrote them down last: at most a minute ago where
        it runs. None where it takes no part.
        """
        path = self.config.node.data_dir / DIRECTORY_FILE
        if not path.exists():
            return ()
        with closing(DirectoryFile(path)) as file:
            return await SqliteOffers(file).contacts()

    async def ping(self, neighbour: Neighbour) -> float | None:
        """Seconds of one question on a line that stands; None where the member does not answer."""
        peer = await self.peers.node(neighbour.number)
        if peer is None:
            return None
        try:
            await peer.checkpoint(neighbour.log)  # the handshake, and who it is
            begun = time.perf_counter()
            await peer.checkpoint(neighbour.log)
        except Unavailable:
            return None
        return time.perf_counter() - begun

    async def route(self, key: Key) -> tuple[Sequence[Step], Nearest, Holders]:
        """How a lookup of this key goes from the node's contacts, and who announced itself under it."""
        register = NeighbourRegister(self.neighbours)
        table = KademliaTable(self.own, lambda log: register.node_key(log) is not None)
        for log in await self.contacts() or register.reachable():
            table.answered(log)
        seat = Seat(self.own, register, table, MemoryShelf(), time.time)
        dialogue = Dialogue(seat, GrpcTalk(self.peers.line), asyncio.sleep)
        lookups = Lookups(seat, dialogue, time.monotonic, asyncio.sleep)
        try:
            steps, nearest = await lookups.route(key)
            return steps, nearest, await lookups.holders(key)
        finally:
            await lookups.close()


@asynccontextmanager
async def looking(config: Config) -> AsyncIterator[Look]:
    """Read the members, and show this node's certificate to those that are asked. Raises CHAIN_DOWN,
    NOT_A_MEMBER, BAD_CONFIG.
    """
    async with open_ledger(config) as ledger:
        member = await ledger.myself()
        if member is None:
            raise Rejected("NOT_A_MEMBER", "the contract knows no node of this account")
        neighbours = Neighbours(ledger, member.log, lambda line: None, _raised)
        await neighbours.refresh()
    async with aclosing(GrpcPeers(neighbours, _pair(config), config.peers.timeout_s)) as peers:
        yield Look(config, member.log, neighbours, peers)


def key_of(config: Config, text: str) -> Key:
    """The key of an item, or the one of these 40 hexadecimal digits. Raises BAD_CONFIG where an item is given
    and there is no network key, BAD_REQUEST for one that has no key.
    """
    if len(text) == 2 * KEY_BYTES and set(text) <= set("0123456789abcdef"):
        return Key(bytes.fromhex(text))
    secret = read_network_key(config.keys.network)
    if secret is None:
        raise Rejected("BAD_CONFIG", "the network key is missing", path="keys.network")
    name = asked_name(named(text, "KEY"))
    if name is None:
        raise Rejected("BAD_REQUEST", "places and parties have no key: all members are asked", path="KEY")
    return item_key(NetworkKey(secret), name)


def _pair(config: Config) -> OwnPair:
    leaf = parse_leaf(certificate_der(config.keys.tls_certificate), read_signing_key(config.keys.node).public)
    return OwnPair(leaf.pem, read_secret(config.keys.tls_key))


def _raised(error: Exception | None) -> None:
    if error is not None:
        raise error
