"""Security: a base that lacks a control record, since whoever handed it over left it out, is proved as far as
it goes. Nobody relies on it before the snapshot behind it shows that nothing is missing.
"""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.journey.holding_scene import Branch
from tests.journey.kept_scene import SEGMENT, Pieces, listed, own_log, pieces, short_segments
from tests.journey.scene import FARM, FARM_KEY, MILL, MILL_KEY, OPERATOR, Clock, control, statement
from tracehold.adapters.memory.graph import MemoryGraph
from tracehold.adapters.memory.log import MemoryLog
from tracehold.core.control import Enrol, Redact
from tracehold.core.errors import Rejected
from tracehold.core.record import Kind, parse
from tracehold.core.tiles import Coord
from tracehold.journey import base as bases
from tracehold.journey.base import proved, ways
from tracehold.journey.erase import Eraser
from tracehold.journey.index import Indexer
from tracehold.journey.ports import Base, Batch
from tracehold.journey.speakers import Speakers

ENROLMENT = 100
"""Where the mill is enrolled, that speaks in the second segment."""


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    short_segments(monkeypatch)
    monkeypatch.setattr(bases, "SEGMENT_ENTRIES", SEGMENT)


def without(whole: Base, left_out: int) -> Base:
    """The base as a liar gives it."""
    controls = [each for each in whole.controls if each[0] != left_out]
    needed = ways([at for at, _ in controls], whole.start)
    return replace(whole, controls=controls, tiles=[tile for tile in whole.tiles if tile[0] in needed])


async def redacting() -> Pieces:
    """A log whose first segment redacts its entry 5, and enrols somebody afterwards."""
    branch = await Branch.begun(Clock())
    first = Batch(branch.log, 0, branch.entries[:2], (), branch.checkpoints[2])
    branch.seal(*[statement(at).raw for at in range(3, 100)])
    named = Redact(branch.entries[5].fingerprint, 5)
    branch.seal(control(named, key=FARM_KEY, party=FARM).raw, control(Enrol(MILL, MILL_KEY.public)).raw)
    branch.seal(*[statement(at).raw for at in range(branch.size, SEGMENT)])
    tiles = await branch.store.tiles(branch.log, [Coord(0, 0)])
    early = [replace(first, tiles=list(tiles.items())), *branch.batches]
    branch.seal(control(listed(branch)).raw, statement(1).raw)
    return Pieces(branch, early, branch.batches[len(early) - 1 :])


async def begun(store: MemoryLog, cut: Pieces, base: Base) -> None:
    """Keep the base, as a pull does."""
    await store.begin(await proved(store, base, cut.branch.checkpoints[SEGMENT].root, OPERATOR))


async def refused(speakers: Speakers, cut: Pieces) -> Sequence[tuple[int, str]]:
    """Which entries of the second segment come from nobody who may speak."""
    roster, found = await speakers.roster(cut.log), list[tuple[int, str]]()
    assert roster is not None
    for at, entry in enumerate(cut.branch.entries[SEGMENT:], SEGMENT):
        try:
            roster.check(parse(entry.raw), at)
        except Rejected as error:
            found.append((at, error.code))
    return found


async def test_an_enrolment_left_out_of_a_base_is_in_force_once_it_came() -> None:
    """Attack: questions are answered and the index runs before an honest source gives the whole base."""
    cut, store = await pieces(), MemoryLog()
    await own_log(store)
    assert ENROLMENT in [at for at, _ in cut.base().controls]
    speakers, graph = Speakers(store), MemoryGraph()
    told: list[int] = []
    indexer = Indexer(store, graph, speakers, lambda said: told.append(said.index))
    await begun(store, cut, without(cut.base(), ENROLMENT))
    await speakers.roster(cut.log)
    await indexer.once()
    await begun(store, cut, cut.base())
    for batch in cut.late:
        await store.append(batch)
    while await indexer.once():
        pass
    assert await refused(speakers, cut) == await refused(Speakers(store), cut)
    assert SEGMENT + 1 not in [at for at, _ in await refused(speakers, cut)]
    assert SEGMENT + 1 not in told


async def test_a_redaction_left_out_of_a_base_is_carried_out_once_it_came() -> None:
    """Attack: the record that it names must not stay until this process ends."""
    cut, store = await redacting(), MemoryLog()
    await own_log(store)
    eraser = Eraser(store, MemoryGraph())
    (redaction,) = [at for at, entry in cut.base().controls if entry.kind == Kind.REDACT]
    for batch in cut.early[:3]:  # the record itself is kept, and the redaction is in the hole behind it
        await store.append(batch)
    assert await eraser.once() == 0
    await begun(store, cut, without(cut.base(), redaction))
    assert await eraser.once() == 0
    await begun(store, cut, cut.base())
    for batch in cut.late:
        await store.append(batch)
    assert await eraser.once() == 1
