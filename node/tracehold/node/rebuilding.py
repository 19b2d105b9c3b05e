"""`tracehold rebuild`: a node's data folder made again from the chain and from those who keep its log.

    1  the folder is marked as an older copy of itself, before anything is in it
    2  the own log up to its newest anchor, each step proved (`journey/regrow`)
    3  its end, from every active holder (`journey/own_head`)
    4  all of it read again, and compared with every root on the chain
    5  the logs of others that were kept (`journey/refill`)

Nothing is signed for anybody, and nothing is sealed: the start that follows compares everything once more,
and
signs for no log of others before the chain tells that nothing that was signed here is forgotten.

What a crash means: run it again. A node started on a folder that is not done yet seals nothing.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tracehold.adapters.ethereum.ledger import EthereumLedger
from tracehold.adapters.keyfiles.sole import sole_user
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.config import Config
from tracehold.core.errors import Broken, Rejected, TraceholdError, Unavailable
from tracehold.core.ids import LogId, Root
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.spans import Spans
from tracehold.journey.fetching import Means
from tracehold.journey.fsck import check_log
from tracehold.journey.holders import Holders
from tracehold.journey.holding import Holding
from tracehold.journey.own_head import Asking, OwnHead
from tracehold.journey.own_log import OwnLog
from tracehold.journey.pacing import Pace
from tracehold.journey.ports import Member, Peer
from tracehold.journey.refill import Lacking, Refilling, kept_before, standing
from tracehold.journey.regrow import REMEDY, Anchors, Regrowing, anchors_of, furthest_signed
from tracehold.journey.room import Room
from tracehold.journey.sources import Patient
from tracehold.journey.tree import root_at
from tracehold.journey.underway import Underway
from tracehold.journey.witness import Witnessing
from tracehold.node.attachments import disk_of
from tracehold.node.custody import RESTORED
from tracehold.node.looking import Look, looking
from tracehold.node.own import REBUILDING, data_folder, identity_of, open_ledger, open_store

Tell = Callable[[str, int, int], None]
"""Told (what is done, entries or segments that are done, in all)."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What there is to rebuild from: the anchored end of the own log, by segment the nodes that say they keep
    it, and the members that do not answer.
    """

    log: LogId
    anchored: int
    keepers: Mapping[int, Sequence[int]]
    silent: Sequence[int]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came back. `handed` are entries of the own log by the node that handed them over, good or bad;
    `signed` are states of it that nobody had a checkpoint of; `kept` is what is here of the logs of others,
    `lacking` what is not.
    """

    log: LogId
    size: int
    root: Root
    anchored: int
    erased: int
    signed: int
    handed: Mapping[int, int]
    kept: Mapping[LogId, Spans]
    lacking: Sequence[Lacking]
    faults: Sequence[str]
    seconds: float


@dataclass(slots=True)
class _Site:
    """What a rebuild works with."""

    config: Config
    ledger: EthereumLedger
    look: Look
    me: Member
    anchors: Anchors
    peers: Sequence[tuple[Peer, Mapping[LogId, Spans]]]
    silent: Sequence[int]
    tell: Tell
    faults: list[str] = field(default_factory=list)

    def fault(self, error: TraceholdError) -> None:
        """Somebody handed over what cannot be."""
        self.faults.append(str(error))


async def outlook(config: Config) -> Outlook:
    """Look, and change nothing. Raises CHAIN_DOWN, NOT_A_MEMBER, BAD_CONFIG."""
    async with _site(config, _untold) as site:
        segments = range(-(-site.anchors.size // SEGMENT_ENTRIES))
        sources = _sources(site)
        keepers = {
            at: [each.node for each in sources if each.end(at * SEGMENT_ENTRIES) > at * SEGMENT_ENTRIES]
            for at in segments
        }
        return Outlook(site.me.log, site.anchors.size, keepers, site.silent)


async def rebuild(config: Config, tell: Tell) -> Rebuilt:
    """Make the folder whole. Harmless to repeat, and after a crash anywhere.

    Raises `Unavailable` REBUILD_INCOMPLETE where the own log is not wholly to be had, STORE_BUSY or KEY_BUSY
    while a node runs on the folder, CHAIN_DOWN; `Rejected` NOT_A_MEMBER, BAD_CONFIG, CONFLICT where another
    log is in the folder; what is Broken here: LOG_FORKED, CORRUPT.
    """
    begun = time.monotonic()
    folder = data_folder(config)
    with sole_user(config.keys.ledger):
        async with _site(config, tell) as site:
            # Before anything comes back: a folder that holds a part of its log is an older copy of itself.
            (folder / RESTORED).touch()
            (folder / REBUILDING).touch()
            async with open_store(config) as store:
                sources = _sources(site)
                regrowing = Regrowing(store, site.anchors, sources, site.fault, _grows(tell))
                own = await _own(site, store, regrowing)
                erased = await _prove(site, store, own)
                (folder / REBUILDING).unlink(missing_ok=True)
                lacking = await _refill(site, store)
                _, *others = await store.logs()
                return Rebuilt(
                    own.log,
                    own.size,
                    own.range.root(),
                    site.anchors.size,
                    erased,
                    regrowing.signed,
                    {each.node: each.handed for each in sources if each.handed},
                    {log: tuple(await store.spans(log)) for log in others},
                    lacking,
                    site.faults,
                    time.monotonic() - begun,
                )


@asynccontextmanager
async def _site(config: Config, tell: Tell) -> AsyncIterator[_Site]:
    if not config.peers.listen:
        said = "[peers] listen is empty: the node keeps to itself, and nobody keeps its log"
        raise Rejected("BAD_CONFIG", said, path="peers.listen", remedy="Restore a backup.")
    tell("asking the chain and the members", 0, 0)
    async with open_ledger(config) as ledger, looking(config) as look:
        me = await ledger.myself()
        if me is None or not me.active:
            raise Rejected("NOT_A_MEMBER", "the contract knows no active node of this account")
        peers, silent = await _answering(look)
        yield _Site(config, ledger, look, me, await anchors_of(ledger, me), peers, silent, tell)


def _grows(tell: Tell) -> Callable[[int, int], None]:
    return lambda done, of: tell("fetching the own log", done, of)


async def _answering(look: Look) -> tuple[Sequence[tuple[Peer, Mapping[LogId, Spans]]], Sequence[int]]:
    """The members that answer, with what they say they keep; and the numbers of the others."""
    peers = await look.peers.holders(())
    answers = await asyncio.gather(*(peer.hello() for peer in peers), return_exceptions=True)
    found, silent = [], []
    for peer, answer in zip(peers, answers, strict=True):
        if isinstance(answer, Unavailable):
            silent.append(peer.node)
        elif isinstance(answer, BaseException):
            raise answer
        else:
            found.append((peer, answer.coverage))
    return found, silent


def _sources(site: _Site) -> Sequence[Patient]:
    return [Patient(peer, kept.get(site.me.log, ()), asyncio.sleep) for peer, kept in site.peers]


async def _own(site: _Site, store: SqliteLog, regrowing: Regrowing) -> OwnLog:
    """The own log, with its end."""
    identity = identity_of(site.config, (await site.ledger.network()).network_id)
    regrowing.tail = await furthest_signed(regrowing.sources, site.anchors, identity.key.public)
    own = await regrowing.grow(await regrowing.begin(identity))
    site.tell("asking every holder for the end of the log", 0, 0)
    target = site.config.replication.target
    holders = await Holders.open(store, store.copies, own.log, target)
    asking = Asking(site.look.peers, 0.0, asyncio.sleep, site.fault)
    try:
        own = await OwnHead(store, site.ledger, holders, asking).recover(own, restored=True)
    except Unavailable as error:
        if error.code != "STARTING":
            raise
        raise Unavailable("REBUILD_INCOMPLETE", error.message, remedy=REMEDY) from error
    own.identity.under(own.roster.node_key)
    return own


async def _prove(site: _Site, store: SqliteLog, own: OwnLog) -> int:
    """Every entry, signature, tile and checkpoint read again, and every anchored root compared; how many
    entries are erased. Raises what is Broken.
    """

    def progress(done: int, of: int) -> None:
        site.tell("reading all of it again", done, of)

    found = await check_log(store, own.log, progress)
    for state in site.anchors.states:
        if state.size > own.size or await root_at(store, own.log, state.size) != state.root:
            raise Broken("LOG_FORKED", f"the chain has another root at size {state.size} of the own log")
    return found.erased


async def _refill(site: _Site, store: SqliteLog) -> Sequence[Lacking]:
    members = standing(await site.ledger.members())
    wanted = await kept_before(store, site.ledger.feed, site.me, members)
    witnessing = Witnessing(store, store.copies, site.ledger, time.time, site.fault)
    underway = Underway(time.monotonic)
    room = Room(disk_of(site.config), site.config.replication.quota_bytes)
    pace = Pace(0, asyncio.sleep, time.monotonic)
    holding = Holding(witnessing, room, underway=underway)
    means = Means(witnessing, holding, underway, pace, asyncio.sleep, time.time)

    def progress(done: int, of: int) -> None:
        site.tell("fetching segments of others", done, of)

    refilling = Refilling(means, site.me, site.ledger, site.peers, site.fault, progress)
    return await refilling.fetch(wanted, members)


def _untold(_: str, __: int, ___: int) -> None:
    pass
