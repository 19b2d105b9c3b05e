"""The follower of the chain: what its contract says is taken over page by page, up to a bookmark that is a
block's hash. What a reorganisation replaces is undone to the last block that both branches have, and done
again.

What a crash means: a page is taken over as a whole or not at all, and the next start goes on behind it. What
is to be told of a page is told before it is taken over, so it may be told twice, and is never left out.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from tracehold.core import cbor
from tracehold.core.anchor import Anchor
from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.journey.follow import Trouble, patiently, untold
from tracehold.journey.members import Members, anchor_of
from tracehold.journey.ports import Network
from tracehold.journey.ports.followed import (
    Anchored,
    Change,
    Feed,
    Followed,
    NodeEnrolled,
    Page,
    Place,
)
from tracehold.journey.settle import Fault
from tracehold.journey.states import Sleep

REMEMBERED = 1_000
"""Anchors of undone blocks, at most, whose roots are compared with those that come in their place."""


@dataclass(frozen=True, slots=True)
class ChainStanding:
    """How far the chain is followed: the bookmark (None before the first block), the chain's newest and
    newest final block as they were last seen, and how many reorganisations were undone since the start.
    """

    bookmark: Place | None = None
    height: int = -1
    final: int = -1
    undone: int = 0

    @property
    def block(self) -> int:
        """Number of the last block that was taken over, -1 before the first."""
        return self.bookmark.number if self.bookmark else -1

    @property
    def behind(self) -> int:
        """Blocks that are there and not taken over."""
        return max(0, self.height - self.block)


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who hears of what: `head` of the newest anchor of each log in a page, `heard` of events that were taken
    over or undone, `progress` of every page, `reread` that what never changes did: a block that was final is
    on the chain no more, or a node that was enrolled is not.
    """

    head: Callable[[Anchor], Awaitable[None]]
    heard: Callable[[Sequence[Change]], None] = lambda _: None
    progress: Callable[[ChainStanding], None] = lambda _: None
    reread: Callable[[], None] = lambda: None


class ChainWatch:
    """One per node. One task runs `run`; anybody may read `standing`."""

    def __init__(
        self,
        feed: Feed,
        network: Callable[[], Awaitable[Network]],
        kept: Followed,
        listeners: Listeners,
        fault: Fault,
    ) -> None:
        """`network` asks the ledger for the contract's fixed points."""
        self._feed = feed
        self._ask = network
        self._network: Network | None = None
        self._kept = kept
        self._listeners = listeners
        self._fault = fault
        self._members: tuple[Place | None, Members] = None, Members()
        self._gone: dict[tuple[int, int], bytes] = {}
        self.standing = ChainStanding()

    async def run(self, poll: float, sleep: Sleep, trouble: Trouble = untold) -> NoReturn:
        """Step for ever, with `poll` seconds between two looks once all is taken over. Raises what is Broken
        here.
        """
        while True:
            more = await patiently(self.step, sleep, trouble)
            await sleep(0 if more else poll)

    async def step(self) -> bool:
        """Take over one page, or undo what is not on the chain any more; whether more is to be done at once.
        Harmless to repeat. Raises `Unavailable` and what is Broken in the store or the chain.
        """
        network = await self._begin()
        since = await self._kept.newest()
        page = await self._feed.changes(since)
        if page is None:
            await self._back()
            return True
        if page.places:
            await self._take(page, network)
        self.standing = replace(self.standing, bookmark=page.upto, height=page.height, final=page.final)
        if page.places:
            self._listeners.progress(self.standing)
        return page.upto.number < page.height

    async def _begin(self) -> Network:
        if self._network is None:
            network = await self._ask()
            await self._kept.begin(cbor.encode([network.chain_id, network.contract, network.salt]))
            self.standing = replace(self.standing, bookmark=await self._kept.newest())
            self._network = network
        return self._network

    async def _take(self, page: Page, network: Network) -> None:
        members = await self._known(page.since)
        try:
            members.apply(page.changes)
            logs = {member.number: member.log for member in members.all()}
            heads = [anchor_of(network, logs[what.node], each, what) for each, what in _newest(page.changes)]
        except KeyError as error:
            said = "the chain's node lacks logs of enrolments: it was pruned, or is still indexing"
            raise Unavailable("CHAIN_DOWN", said) from error
        for head in heads:
            await self._listeners.head(head)
        self._compare(page.changes)
        await self._kept.take(page)
        self._members = page.upto, members
        if page.changes:
            self._listeners.heard(page.changes)

    async def _known(self, since: Place | None) -> Members:
        """The members at the bookmark, to be continued."""
        at, members = self._members
        if at != since or since is None:
            members = Members().apply(await self._kept.members())
        return Members(members)

    def _compare(self, changes: Sequence[Change]) -> None:
        """One that is anchored again after its block was replaced says the same, if its creator is honest."""
        for change in changes:
            match change.what:
                case Anchored(node=node, size=size, root=root) if self._gone.pop((node, size), root) != root:
                    said = f"node {node} anchored two roots of size {size}, in branches of the chain"
                    self._fault(Rejected("FORK_SEEN", said))

    async def _back(self) -> None:
        """Undo to the last block that is on the chain still.

        A chain that ends before a block proves nothing of it: its node may be behind. That is CHAIN_DOWN.
        """
        places = await self._kept.places()
        stands, falls = 0, len(places)
        while stands < falls:
            middle = (stands + falls) // 2
            if await self._feed.place(places[middle].number) == places[middle]:
                stands = middle + 1
            else:
                falls = middle
        if stands == len(places):
            return  # it came back meanwhile
        if await self._feed.place(places[stands].number) is None:
            known = f"block {places[stands].number}, which was there before"
            raise Unavailable("CHAIN_DOWN", f"the chain's node is behind: it does not know {known}")
        await self._undo(places[stands - 1] if stands else None)

    async def _undo(self, to: Place | None) -> None:
        newest = await self._kept.newest()
        number = to.number if to else -1
        final = min(await self._kept.final(), newest.number if newest else -1)
        if number < final:
            said = f"blocks {number + 1} to {final} were final and are on the chain no more"
            self._fault(Broken("REORGED", f"{said}; what they said is undone"))
        gone = await self._kept.undo(to)
        self.standing = replace(self.standing, bookmark=to, undone=self.standing.undone + 1)
        for each in gone:
            if isinstance(each.what, Anchored) and len(self._gone) < REMEMBERED:
                self._gone[each.what.node, each.what.size] = each.what.root
        if number < final or any(isinstance(each.what, NodeEnrolled) for each in gone):
            self._listeners.reread()
        if gone:
            self._listeners.heard(gone)


def _newest(changes: Sequence[Change]) -> Sequence[tuple[Change, Anchored]]:
    """The newest anchor of each node: all that came before it is under its root."""
    found = {each.what.node: (each, each.what) for each in changes if isinstance(each.what, Anchored)}
    return list(found.values())
