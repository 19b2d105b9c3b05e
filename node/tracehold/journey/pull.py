"""Pull (follower): fetches from other nodes what this node shall hold and nobody ships: segments of creators
that are lost, and what copies here lack after a time away (`duties`).

One pull of a log at a time, and two logs at once. Whoever keeps the segment is asked, nearest first, one
after the other where one is slow, false, busy or has no more; the creator last. What is kept is proved
(`ranges`), so nobody is believed. A pull yields to uploads of this node, and keeps to the rate that is set.

What a crash means: what is on disk is the progress. The next look goes on behind it, and fetches once more at
most what leads to one anchor.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

from tracehold.core.errors import Broken, Rejected, TraceholdError, Unavailable
from tracehold.core.ids import LogId
from tracehold.journey.duties import Duty, View, duties
from tracehold.journey.fetching import Fetch, Means, Short
from tracehold.journey.follow import Trouble, untold
from tracehold.journey.health import Outlook
from tracehold.journey.own_log import Now
from tracehold.journey.ports import Peer, Peers
from tracehold.journey.rests import Rests
from tracehold.journey.states import Sleep, within
from tracehold.journey.upkeep import RepairStanding
from tracehold.journey.viewing import Views

AT_ONCE = 2
"""Logs that are fetched at once."""

PAUSE_S = 0.5
"""Seconds between two looks at least, however often somebody rings."""

FALSE_S = 3_600.0
"""Seconds for which whoever handed over what cannot be is asked no more for that log, and whoever was too
slow or had less than it said is asked behind all others.
"""

OURS = frozenset({"QUOTA", "FORK_SEEN", "DISK_LOW", "CHAIN_DOWN", "STORE_BUSY", "NOT_A_MEMBER", "DRAINING"})
"""Codes of what no other source would change: the log is put off."""

LASTING = frozenset({"QUOTA", "FORK_SEEN", "DISK_LOW", "NOT_A_MEMBER"})
"""Those of them that seldom pass."""

LASTING_S = 600.0
"""Seconds for which such a log is put off."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How a node pulls: copies that are wanted of each segment, seconds between two looks, and who is told of
    what holds a pull up, and of sources that hand over what cannot be. `leaving`: whether this node is about
    to leave, and takes nothing.
    """

    target: int
    poll_s: float
    trouble: Trouble = untold
    fault: Callable[[TraceholdError], None] = untold
    leaving: Callable[[], bool] = lambda: False


class Puller:
    """One per node. One task runs `run`."""

    def __init__(
        self,
        means: Means,
        peers: Peers,
        outlook: Outlook,
        terms: Terms,
        sleep: Sleep,
        now: Now,
    ) -> None:
        """`now` is any clock in seconds that is never set back."""
        self._means = means
        self._views = Views(means.witnessing, means.underway, outlook, terms.target, now)
        self._peers = peers
        self._terms = terms
        self._sleep = sleep
        self._now = now
        self._running: dict[LogId, tuple[Fetch, asyncio.Task[None]]] = {}
        self._rests = Rests(now)
        self._false: dict[tuple[LogId, int], float] = {}
        self._slow: dict[tuple[LogId, int], float] = {}
        self._looked = now()

    async def run(self) -> NoReturn:
        """Look and pull, for ever. Ends by cancellation, or raises what is Broken here."""
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    ring, self._looked = self._means.underway.bell.next(), self._now()
                    try:
                        await self._begin(tasks)
                        self._terms.trouble(self._rests.trouble())
                    except Unavailable as error:
                        self._terms.trouble(error)
                    await self._rest(ring)
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def step(self) -> bool:
        """One look, and everything that is due now fetched to its end; False where nothing was due. For
        tests, and whoever waits for it.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._begin(tasks)
                return bool(self._running)
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    def standing(self) -> tuple[RepairStanding, ...]:
        """What is being fetched now."""
        return tuple(fetch.standing() for fetch, _ in self._running.values() if fetch.source)

    # -- which

    async def _begin(self, tasks: asyncio.TaskGroup) -> None:
        view = await self.view()
        if view is None or self._terms.leaving():
            return
        due = await duties(view)
        self._rests.keep(due)
        for duty in self._rests.ordered(due):
            log = duty.creator.log
            if len(self._running) == AT_ONCE:
                return
            if log in self._running or self._rests.resting(duty) or (view.tail(duty) and self._tails()):
                continue
            if sources := self._sources(view, duty):
                fetch = Fetch(self._means, duty, view.me.number, self._terms.leaving)
                task = tasks.create_task(self._pull(fetch, sources))
                self._running[log] = fetch, task
                task.add_done_callback(partial(self._ended, log))

    def _tails(self) -> bool:
        """Whether as many pulls as may are of what only members' word stands for: the others have a place."""
        return sum(f.duty.stop > f.duty.anchored for f, _ in self._running.values()) >= AT_ONCE - 1

    def _ended(self, log: LogId, _: asyncio.Task[None]) -> None:
        self._running.pop(log, None)
        self._means.underway.bell.ring()

    async def view(self) -> View | None:
        """What this node knows now; None while it is no member."""
        return await self._views.look()

    def _sources(self, view: View, duty: Duty) -> Sequence[int]:
        """Who is asked, in order. A creator that is up ships by itself."""
        at = view.end(duty)
        own = duty.creator.number if view.up(duty.creator) and not view.lost(duty.creator) else 0
        log, now = duty.creator.log, self._now()
        self._false = {key: until for key, until in self._false.items() if until > now}
        there = [each.number for each in view.keepers(duty.creator, at) if each.number != own]
        self._slow = {key: until for key, until in self._slow.items() if until > now}
        asked = [node for node in there if (log, node) not in self._false]
        return sorted(asked, key=lambda node: (log, node) in self._slow)

    async def _rest(self, ring: asyncio.Event) -> None:
        waiting = asyncio.ensure_future(ring.wait())
        try:
            await within(waiting, min([self._terms.poll_s, *self._rests.left_s()]), self._sleep)
        finally:
            waiting.cancel()
        if (left := self._looked + PAUSE_S - self._now()) > 0:
            await self._sleep(left)

    # -- one of them

    async def _pull(self, fetch: Fetch, sources: Sequence[int]) -> None:
        log = fetch.log
        try:
            with self._means.underway.pull(log, fetch.duty.segment):
                await self._ask(fetch, sources)
            self._rests.over(fetch.duty)
        except (Unavailable, Rejected) as error:
            self._put_off(fetch, error)
        except Broken as error:
            if error.code != "CORRUPT":
                raise
            # A copy that is damaged here; the others go on.
            self._terms.fault(error)
            self._put_off(fetch, error)
        finally:
            fetch.ended()

    async def _ask(self, fetch: Fetch, sources: Sequence[int]) -> None:
        """Fetch from one source after the other until the duty is done. Raises why it is not."""
        for lossy in (False, True):
            honest = [node for node in sources if (fetch.log, node) not in self._false]
            for node in honest:
                peer = await self._peers.node(node)
                if peer is not None and await self._from(fetch, peer, lossy=lossy):
                    return
            if not fetch.bare.issuperset(honest):
                break
        raise fetch.trouble or Unavailable("PEER_DOWN", f"nobody hands over log {fetch.log.hex()}")

    async def _from(self, fetch: Fetch, peer: Peer, *, lossy: bool) -> bool:
        """Fetch from one source; whether the duty is done."""
        try:
            await fetch.take(peer, lossy=lossy)
        except Short as error:
            fetch.bare.add(peer.node)
            fetch.trouble = error
        except (Unavailable, Rejected) as error:
            if error.code in OURS or fetch.hopeless:
                raise
            fetch.trouble = error
            self._slow[fetch.log, peer.node] = self._now() + FALSE_S
            if isinstance(error, Rejected):
                self._false[fetch.log, peer.node] = self._now() + FALSE_S
                self._terms.fault(error)
        return fetch.done

    def _put_off(self, fetch: Fetch, error: TraceholdError) -> None:
        if error.code == "DRAINING":
            return  # no trouble: `_begin` takes nothing while it is to leave
        whole = fetch.hopeless or error.code in OURS
        lasting = fetch.hopeless or error.code in LASTING or isinstance(error, Broken)
        wait_s = LASTING_S if lasting else None
        self._rests.put_off(fetch.duty, error, wait_s, whole=whole, came_on=bool(fetch.done_bytes))
