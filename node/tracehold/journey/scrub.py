"""Scrub (follower): read over everything that is kept, own and foreign, again and again, and put right what
the disk damaged. `mending` says how.

A pass goes through the logs in the order in which they came, one tile of leaves (256 entries) after the
other, at a bounded rate; what somebody just found damaged goes before. What cannot be mended is told once,
kept in a list, and tried again: until then it is like a gap, and holds up nothing.

Durable: where the pass is, and the list.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from tracehold.core.errors import Broken, TraceholdError
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.limits import TILE_WIDTH
from tracehold.journey.damaged import DamagedPlaces, Place
from tracehold.journey.follow import Trouble, patiently, untold
from tracehold.journey.mending import Copies, Damage, Looked, Mender
from tracehold.journey.ports import RecordLog
from tracehold.journey.scrub_pass import Pass
from tracehold.journey.sound_tiles import Tree
from tracehold.journey.states import Sleep, within
from tracehold.journey.upkeep import ScrubStanding
from tracehold.journey.walk import trees_at

DAY_S = 86_400.0
"""Seconds from the begin of one pass to that of the next."""
AGAIN_S = 600.0
"""Seconds after which what could not be mended is tried again."""
LOOK_S = 30.0
"""Seconds between two looks whether anything is due."""
MOST_ASKED = 1_000
"""Records that wait to be looked at, at most."""

REMEDY = "It is tried again by itself; see whether other holders of the log are up, then run tracehold scrub."


def untold_damage(_: Damage) -> None:
    """Tells nobody."""


async def unmended(_: Sequence[Damage]) -> None:
    """Tells nobody."""


@dataclass(frozen=True, slots=True)
class Hearers:
    """Who is told: `damage` of all that was found, mended or not; `fault` of what is left; `mended` of what
    was put right, so that it is used again: it raises nothing.
    """

    fault: Callable[[TraceholdError], None]
    damage: Callable[[Damage], None] = untold_damage
    mended: Callable[[Sequence[Damage]], Awaitable[None]] = unmended


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast: record bytes in a second (0: no pass begins by itself), and the clocks."""

    bytes_per_s: int
    sleep: Sleep
    now: Callable[[], float]


class Scrubber:
    """One per store. `load`, `run`, `whole` and `once` belong to one task; all else may be called by
    everybody.
    """

    def __init__(self, store: RecordLog, copies: Copies, speed: Speed, hearers: Hearers) -> None:
        self._store = store
        self._copies = copies
        self._speed = speed
        self._hearers = hearers
        self._places = DamagedPlaces(store)
        self._left: dict[Place, tuple[int, float]] = {}  # how much, and when it was tried
        self._pass = Pass(store, speed.now)
        self._asked: dict[Fingerprint, None] = {}
        self._woken = asyncio.Event()
        self._wanted: asyncio.Event | None = None
        self._untied: dict[LogId, float] = {}  # when the newest tree of a log was found damaged
        self._mender: Mender | None = None
        self._mended = 0

    @property
    def standing(self) -> ScrubStanding:
        """How far it is, and what it found since the start."""
        now = self._pass
        bad = sum(count for count, _ in self._left.values())
        begun = now.begun if now.runs else 0.0
        return ScrubStanding(begun, now.done, now.entries, bad, self._mended, now.ended)

    @property
    def hurrying(self) -> bool:
        """Whether a pass that was asked for is on its way."""
        return self._pass.runs and self._pass.hurry

    def damaged(self, record: Fingerprint) -> None:
        """Somebody just read this record, and its bytes or its proof do not hold: it is looked at next."""
        if len(self._asked) < MOST_ASKED:
            self._asked[record] = None
            self._woken.set()

    async def run(self, trouble: Trouble = untold) -> NoReturn:
        """Follow for ever. Raises what is Broken in the store, but no CORRUPT."""
        await self.load()
        while True:
            self._woken.clear()
            read = await patiently(self.once, self._speed.sleep, trouble)
            await self._rest(read)

    async def whole(self, progress: Callable[[int, int], None]) -> None:
        """One pass over everything, from the begin, at full speed."""
        await self.load()
        ended = self.ask()
        while not ended.is_set():
            await self.once()
            progress(self._pass.done, self._pass.entries)
            await asyncio.sleep(0)

    async def load(self) -> None:
        """Go on where the last process was."""
        await self._pass.load()
        self._left = dict.fromkeys(await self._places.load(), (1, 0.0))

    def ask(self) -> asyncio.Event:
        """Ask for a pass from the first entry on, at full speed; set when it has ended."""
        self._wanted = self._wanted or asyncio.Event()
        self._untied.clear()
        self._woken.set()
        return self._wanted

    async def once(self) -> int:
        """One step: what was found damaged, else what is to be tried again, else the next of a pass that is
        due. How many bytes that counts for, 1 at least where there was anything to do; 0 where nothing
        is due. Raises `Unavailable`, and what is Broken in the store, but no CORRUPT.
        """
        if self._asked:
            return await self._look_at_asked()
        due = [place for place, (_, tried) in self._left.items() if self._passed(tried, AGAIN_S)]
        if due:
            return (await self._look(due[0])).cost
        if self._wanted and not self.hurrying:
            await self._pass.begin(hurry=True)
        elif not self._pass.runs:
            if not self._speed.bytes_per_s or not self._passed(self._pass.begun, DAY_S):
                return 0
            await self._pass.begin(hurry=False)
        place = await self._pass.next()
        if place is None:
            self._told_end()
            return 1
        looked = await self._look(place)
        self._pass.done += looked.entries
        return looked.cost

    def _told_end(self) -> None:
        if self._wanted:
            self._wanted.set()
            self._wanted = None

    async def _look(self, place: Place) -> Looked:
        """Look at one place, and put it right."""
        log = (await self._store.logs())[place.log]
        trees = list(await trees_at(self._store, log, place.number))
        if trees and log in self._untied and not self._passed(self._untied[log], AGAIN_S):
            trees.pop(0)
        for tree in trees:
            looked = await self._look_under(tree, place.number)
            if not looked.untied:
                await self._note(place, looked)
                return looked
            self._untied[log] = self._speed.now()
            await self._note(Place(place.log, (tree.size - 1) // TILE_WIDTH), looked)
        return Looked()

    async def _look_under(self, tree: Tree, number: int) -> Looked:
        spans = await self._store.spans(tree.log)
        if self._mender is None or (self._mender.tree, self._mender.spans) != (tree, spans):
            self._mender = Mender(self._store, self._copies, tree, spans)
        looked = await self._mender.look(number)
        if looked.damages:
            self._mender = None  # what it remembers was read before
        return looked

    async def _note(self, place: Place, looked: Looked) -> None:
        if left := looked.left:
            self._left[place] = len(left), self._speed.now()
            await self._places.add(place)
        elif self._left.pop(place, None):
            await self._places.remove(place)
        for each in looked.damages:
            self._hearers.damage(each)
            if not each.mended:
                said = f"{each}, and no other node hands it over"
                self._hearers.fault(Broken("CORRUPT", said, remedy=REMEDY))
        if mended := [each for each in looked.damages if each.mended]:
            self._mended += len(mended)
            await self._hearers.mended(mended)

    async def _look_at_asked(self) -> int:
        """Look at all records that somebody found damaged, wherever they stand."""
        names, self._asked = list(self._asked), {}
        logs = {log: at for at, log in enumerate(await self._store.logs())}
        found = {
            Place(logs[at.log], at.index // TILE_WIDTH) for at in (await self._store.find(names)).values()
        }
        for name in names:
            # Where it stands in several logs, this is the copy that is read.
            try:
                read = await self._store.entries([name])
            except Broken as broken:
                if broken.code != "CORRUPT":
                    raise
                continue
            found |= {Place(logs[each.log], each.index // TILE_WIDTH) for each in read.values()}
        fresh = [place for place in sorted(found) if not self._tried_lately(place)]
        return sum([(await self._look(place)).cost for place in fresh], 1)

    def _tried_lately(self, place: Place) -> bool:
        """Whether others were asked for it a moment ago: who reads it again and again asks nobody."""
        return place in self._left and not self._passed(self._left[place][1], LOOK_S)

    def _passed(self, then: float, seconds: float) -> bool:
        """Whether so much time went by. What is ahead of now was noted under a wrong clock, long ago."""
        return not 0 <= self._speed.now() - then < seconds

    async def _rest(self, read: int) -> None:
        """Wait as long as the rate asks for, or until somebody finds damage."""
        if read and (self.hurrying or not self._speed.bytes_per_s):
            await asyncio.sleep(0)
            return
        woken = asyncio.ensure_future(self._woken.wait())
        try:
            await within(woken, read / self._speed.bytes_per_s if read else LOOK_S, self._speed.sleep)
        finally:
            woken.cancel()
