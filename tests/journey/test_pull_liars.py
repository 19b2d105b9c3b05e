"""Sources that hand over what is not the creator's log, or nothing, or too little: whatever they say, what is
kept is the creator's log, from whoever has it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import cast

import pytest

from tests.journey.pull_scene import SEGMENT, Village, grown, short_segments, village
from tests.journey.scene import OPERATOR, settle
from tracehold.adapters.memory.peers import MemoryLine
from tracehold.core.checkpoint import sign_checkpoint
from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.core.keys import Ed25519Key
from tracehold.core.record import fingerprint
from tracehold.journey import ranges
from tracehold.journey.health import Health
from tracehold.journey.ports import BasePart, Entries, Handed, Peer, Sent
from tracehold.journey.pull import FALSE_S

END = SEGMENT + 120
ROBBER = Ed25519Key.from_seed(b"robber" + b"r" * 26)


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    short_segments(monkeypatch)


Says = Callable[[MemoryLine, int, int], Awaitable[Handed]]


@dataclass
class Liar:
    """Hands over what it was made to; asked for how much, it remembers."""

    line: MemoryLine
    says: Says
    base_says: Callable[[BasePart], BasePart | None] = lambda part: part
    asked: int = 0

    @property
    def node(self) -> int:
        """Its number."""
        return self.line.node

    async def handing(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Handed:
        """What it was made to say."""
        self.asked += 1
        return await self.says(self.line, start, stop)

    async def base(self, log: LogId, start: int, part: int) -> BasePart | None:
        """What it has, as it was made to change it."""
        found = await self.line.base(log, start, part)
        return self.base_says(found) if found else None


async def honest(line: MemoryLine, start: int, stop: int) -> Handed:
    """What it has."""
    log = (await line.to.log.logs())[1]
    return await line.handing(log, start, stop)


def changed(handed: Handed, sent: Sequence[Sent]) -> Handed:
    """Other entries under the same checkpoint."""
    return replace(handed, entries=replace(handed.entries, entries=tuple(sent)))


async def wrong_bytes(line: MemoryLine, start: int, stop: int) -> Handed:
    """One record is another, under the right fingerprint."""
    handed = await honest(line, start, stop)
    first, *rest = handed.entries.entries
    return changed(handed, [Sent(b"another", first.fingerprint), *rest])


async def wrong_order(line: MemoryLine, start: int, stop: int) -> Handed:
    """All the right records, two in each other's place."""
    handed = await honest(line, start, stop)
    first, second, *rest = handed.entries.entries
    return changed(handed, [second, first, *rest])


async def left_out(line: MemoryLine, start: int, stop: int) -> Handed:
    """One record less."""
    handed = await honest(line, start, stop)
    return changed(handed, handed.entries.entries[1:])


async def one_more(line: MemoryLine, start: int, stop: int) -> Handed:
    """One record more than was asked for."""
    handed = await honest(line, start, stop)
    return changed(handed, [*handed.entries.entries, Sent(b"more", fingerprint(b"more"))])


async def stale(line: MemoryLine, start: int, stop: int) -> Handed:
    """A checkpoint from before these entries."""
    handed = await honest(line, start, stop)
    log = (await line.to.log.logs())[1]
    return replace(handed, checkpoint=await line.checkpoint(log, 3))


async def elsewhere(line: MemoryLine, start: int, stop: int) -> Handed:
    """Entries from another place."""
    handed = await honest(line, start, stop)
    return replace(handed, entries=replace(handed.entries, start=start + 1))


async def forged(line: MemoryLine, start: int, stop: int) -> Handed:
    """The right entries under a checkpoint that somebody else signed."""
    handed = await honest(line, start, stop)
    old = handed.checkpoint
    assert old is not None
    new = sign_checkpoint(
        old.log, old.size, old.root, old.time_ms, old.time_ms, operator=OPERATOR, key=ROBBER
    )
    return replace(handed, checkpoint=new)


async def backdated(line: MemoryLine, start: int, stop: int) -> Handed:
    """The right entries under a checkpoint of an impossible time."""
    handed = await honest(line, start, stop)
    assert handed.checkpoint is not None
    return replace(handed, checkpoint=replace(handed.checkpoint, time_ms=1))


async def nothing(line: MemoryLine, start: int, stop: int) -> Handed:
    """It says that it keeps the log, and has nothing of it."""
    return Handed(Entries(start, (), 0), None)


async def bare(line: MemoryLine, start: int, stop: int) -> Handed:
    """Of what is no control record, no bytes."""
    handed = await honest(line, start, stop)
    sent = handed.entries.entries
    return changed(handed, [replace(e, raw=b"") if e.raw.startswith(b"entry") else e for e in sent])


async def busy(line: MemoryLine, start: int, stop: int) -> Handed:
    """Later."""
    raise Unavailable("TOO_MANY_CALLS", "later")


async def trickle(line: MemoryLine, start: int, stop: int) -> Handed:
    """Always as little as can be."""
    log = (await line.to.log.logs())[1]
    return await line.handing(log, start, stop, 1)


LIES = [
    wrong_bytes,
    wrong_order,
    left_out,
    one_more,
    stale,
    elsewhere,
    forged,
    backdated,
    nothing,
    bare,
    busy,
]
BLAMED = {wrong_bytes, wrong_order, left_out, one_more, stale, elsewhere, forged, backdated}


async def told(lie: Says, *, first: bool = True) -> tuple[Village, list[Liar], int, int]:
    """A lost creator's log is at a liar and at an honest node; another one shall take it. The liar is the
    nearer one, or the other one.
    """
    made = await village(3, target=3)
    grown(made.branch, END)
    await made.anchor(80, SEGMENT, SEGMENT + 64, END)
    made.lose(1)
    taker = 4
    for number in (2, 3):
        await made.ship(number, END)
    await made.look()
    view = await made.nodes[taker].puller.view()
    assert view is not None
    near, far = [member.number for member in view.keepers(made.chain.members[0], 0)]
    liar, other = (near, far) if first else (far, near)
    liars: list[Liar] = []

    def lying(line: MemoryLine) -> Liar:
        liars.append(Liar(line, lie))
        return liars[-1]

    made.nodes[taker].table.lies[liar] = lying  # type: ignore[assignment]
    return made, liars, taker, other


@pytest.mark.parametrize("lie", LIES)
async def test_a_liar_costs_nothing_but_time(lie: Says) -> None:
    """The honest one is asked next; the liar is told as a fault where it cannot be a failure."""
    made, liars, taker, _ = await told(lie)
    await made.pull(taker)
    assert await made.root(taker) == made.branch.checkpoints[END].root
    assert await made.has(taker, 0, END)
    assert liars
    assert len(made.nodes[taker].faults) == (1 if lie in BLAMED else 0)
    assert made.nodes[taker].holder.faults == []


@pytest.mark.parametrize("lie", [lie for lie in LIES if lie in BLAMED])
async def test_a_liar_is_not_asked_again(lie: Says) -> None:
    """Alone with it, nothing of what cannot be is kept; it is asked again after an hour."""
    made, liars, taker, other = await told(lie)
    made.lose(other)
    await made.pull(taker)
    assert await made.size(taker) == 0
    asked = sum(liar.asked for liar in liars)
    await made.clock.pass_by(600)
    await made.pull(taker)
    assert sum(liar.asked for liar in liars) == asked
    await made.clock.pass_by(FALSE_S)
    await made.pull(taker)
    assert sum(liar.asked for liar in liars) == 2 * asked
    assert await made.size(taker) == 0


async def test_a_trickle_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever hands over as little as can be is left for another one."""
    monkeypatch.setattr(ranges, "SHORT_ANSWERS", 3)
    made, liars, taker, _ = await told(trickle)
    await made.pull(taker)
    assert await made.has(taker, 0, END)
    assert liars[0].asked == 4


async def test_a_silent_source_is_left_after_a_while() -> None:
    """And its answer is not waited for any more."""

    async def never(line: MemoryLine, start: int, stop: int) -> Handed:
        await made.clock.sleep(1e9)
        raise AssertionError

    made, _, taker, _ = await told(never)
    pulling = asyncio.ensure_future(made.pull(taker))
    for _ in range(1_000):
        await settle()
        await made.clock.pass_by(ranges.ANSWER_S / 4)
        if pulling.done():
            break
    assert pulling.done()
    assert await made.has(taker, 0, END)


async def test_bytes_that_nobody_has_are_kept_as_a_gap_at_last() -> None:
    """All who say they keep the log have the fingerprints only: better a place with a gap than no log. While
    one of them does not answer, it may be the one that has the bytes.
    """
    made, _, taker, other = await told(bare)
    made.nodes[taker].table.peers[other].down = True
    await made.pull(taker)
    assert await made.size(taker) == 0
    made.lose(other)
    await made.clock.pass_by(60)
    await made.pull(taker)
    assert await made.root(taker) == made.branch.checkpoints[END].root
    (entry,) = await made.nodes[taker].holder.store.read(made.log, 5, 6)
    assert entry.erased


def holed(part: BasePart) -> BasePart | None:
    """A tile is missing."""
    return replace(part, base=replace(part.base, tiles=part.base.tiles[1:]))


def wrong_tile(part: BasePart) -> BasePart | None:
    """A hash is another."""
    (at, tile), *rest = part.base.tiles
    return replace(part, base=replace(part.base, tiles=[(at, bytes(32) + tile[32:]), *rest]))


def fewer(part: BasePart) -> BasePart | None:
    """The header is left out."""
    return replace(part, base=replace(part.base, controls=part.base.controls[1:]))


def another(part: BasePart) -> BasePart | None:
    """Of another place."""
    return replace(part, base=replace(part.base, start=2 * SEGMENT))


def endless(part: BasePart) -> BasePart | None:
    """More follows, always."""
    return replace(part, more=True)


def none(_: BasePart) -> BasePart | None:
    """It has none."""
    return None


@pytest.mark.parametrize("lie", [holed, wrong_tile, fewer, another, endless, none])
async def test_a_base_with_a_hole_is_no_base(lie: Callable[[BasePart], BasePart | None]) -> None:
    """The next source gives one; nothing rests on the false one."""
    made = await village(4, target=3)
    grown(made.branch, END)
    await made.anchor(SEGMENT, END)
    for number in (2, 3):
        await made.ship(number, END)
    await made.ship(5, SEGMENT)
    made.lose(1)
    taker = made.nodes[4]
    taker.sight.healths[5] = Health.SUSPECT
    await made.look()
    view = await taker.puller.view()
    assert view is not None
    near = view.keepers(made.chain.members[0], SEGMENT)[0].number
    taker.table.lies[near] = lambda line: cast("Peer", Liar(line, honest, lie))
    await made.pull(4)
    assert await made.has(4, SEGMENT, END)
    assert len(taker.faults) == (lie not in (none, endless))


async def test_a_coverage_that_is_a_lie_keeps_nobody_from_fetching() -> None:
    """It says that it keeps more than there is: what there is comes from the others, and no more is waited
    for than a while.
    """
    made, _, taker, other = await told(honest)
    for node in made.nodes.values():
        node.sight.said[other] = {made.log: ((0, 10**9),)}
    await made.nodes[taker].puller.step()
    await made.nodes[taker].puller.step()
    assert await made.has(taker, 0, END)
