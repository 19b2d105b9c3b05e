"""Scrubbing: what reads over everything that is kept, put together for a running node, and for a folder whose
node is down. `tracehold scrub` asks a running node for a pass by a file in its data folder.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.config import Config
from tracehold.core.errors import Rejected, TraceholdError, Unavailable
from tracehold.core.ids import LogId
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.spans import covers
from tracehold.journey.follow import Bell
from tracehold.journey.liveness import Liveness
from tracehold.journey.mending import Copies, Damage, Sources
from tracehold.journey.neighbours import Neighbours
from tracehold.journey.ports import Graph, Peer, Peers
from tracehold.journey.scrub import Hearers, Scrubber, Speed
from tracehold.node.faults import Faults
from tracehold.node.looking import looking
from tracehold.node.own import data_folder, open_store
from tracehold.node.peering import Peering

if TYPE_CHECKING:
    from tracehold.node.parts import Parts

NOTICE_S = 0.5
"""Seconds between two looks whether a pass is asked for."""


def wish_of(config: Config) -> Path:
    """The file whose presence asks the node for a pass; the node removes it when the pass has ended."""
    return data_folder(config) / "scrub"


def scrubbing(
    config: Config, store: SqliteLog, graph: Graph, peering: Peering | None, bell: Bell, faults: Faults
) -> Scrubber:
    """What scrubs in a running node, not running yet; what it mended is indexed once more. Where the node
    keeps to itself nobody is asked.
    """
    sources: Sources = _nobody
    if peering is not None:
        sources = _members(store, peering.peers, peering.neighbours, peering.liveness)
    speed = Speed(config.replication.scrub_bytes_per_s, asyncio.sleep, time.time)
    hearers = Hearers(faults.error, faults.mended, partial(_index_again, graph, bell))
    return Scrubber(store, Copies(sources, faults.error), speed, hearers)


async def _index_again(graph: Graph, bell: Bell, mended: Sequence[Damage]) -> None:
    try:
        for each in mended:
            if each.tile is None:
                await graph.reopen(each.log, each.index)
    except Unavailable:
        pass  # a graph that is down: what it says of the record is as it was
    bell.ring()


async def obeying(parts: "Parts") -> NoReturn:
    """Carry out every pass that is asked for, for ever. One that a crash ended begins again."""
    wish = wish_of(parts.config)
    while True:
        if wish.exists():
            await parts.scrubber.ask().wait()
            wish.unlink(missing_ok=True)
        await asyncio.sleep(NOTICE_S)


@dataclass(frozen=True, slots=True)
class Offline:
    """What one pass over a folder found whose node is down. `alone` says why no other node was asked, where
    none was.
    """

    entries: int
    damages: Sequence[Damage]
    alone: str = ""


async def scrub_folder(config: Config, progress: Callable[[int, int], None]) -> Offline:
    """One pass at full speed over a folder whose node is down; other members are asked over lines of its own
    where the chain tells who they are.

    Raises `Unavailable("STORE_BUSY")` where a node runs on it, and what is Broken in the store.
    """
    damages: list[Damage] = []
    async with open_store(config) as store, _lines(config, store) as (sources, alone):
        copies = Copies(sources, _unheard)
        speed = Speed(0, asyncio.sleep, time.time)
        scrubber = Scrubber(store, copies, speed, Hearers(_unheard, damages.append))
        await scrubber.whole(progress)
        return Offline(scrubber.standing.done_entries, damages, alone)


@asynccontextmanager
async def _lines(config: Config, store: SqliteLog) -> AsyncIterator[tuple[Sources, str]]:
    """Whom to ask, and why nobody where nobody is asked."""
    async with AsyncExitStack() as stack:
        try:
            if not config.peers.listen:
                raise Rejected("BAD_CONFIG", "[peers] listen is empty: the node keeps to itself")
            look = await stack.enter_async_context(looking(config))
            told: tuple[Sources, str] = _members(store, look.peers, look.neighbours), ""
        except TraceholdError as error:
            told = _nobody, f"{error.code}: {error.message}"
        yield told


def _members(
    store: SqliteLog, peers: Peers, neighbours: Neighbours, liveness: Liveness | None = None
) -> Sources:
    """All other members: first those that are known to keep the entry, then who answers."""

    async def sources(log: LogId, index: int) -> Sequence[Peer]:
        creator, everybody = neighbours.creator(log), await peers.holders(())
        likely = {creator.number} if creator else set()
        if log == neighbours.own:
            likely |= {copy.node for copy in await store.copies.holders(index // SEGMENT_ENTRIES)}
        if liveness is not None:
            likely |= {
                each.node for each in everybody if covers(liveness.kept(each.node).get(log, ()), index)
            }

        def later(peer: Peer) -> tuple[bool, bool]:
            return liveness is not None and not liveness.answers(peer.node), peer.node not in likely

        return sorted(everybody, key=later)

    return sources


async def _nobody(_: LogId, __: int) -> Sequence[Peer]:
    return ()


def _unheard(_: TraceholdError) -> None:
    pass
