"""A creator's log of two short segments, and its pieces as a holder's store takes them: a base, and batches
with what is found wrong in them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from tests.journey.holding_scene import Branch, operator_of
from tests.journey.scene import FARM_KEY, MILL, MILL_KEY, NETWORK, SALTS, Clock, control, damaged, statement
from tracehold.adapters.memory import police
from tracehold.core.control import Enrol, Snapshot
from tracehold.core.ids import LogId
from tracehold.core.keys import Ed25519Key
from tracehold.core.record import CONTROL_KINDS
from tracehold.core.snapshot import Listed
from tracehold.core.tiles import Coord
from tracehold.journey import fsck, replay
from tracehold.journey.base import ways
from tracehold.journey.own_log import Identity, open_log
from tracehold.journey.ports import Base, Batch, Dispute, RecordLog

SEGMENT = 256
"""Entries of a segment where `short_segments` is in force: one tile, so that little has to be signed."""
WRONG = {101: "BAD_CONTROL", 104: "BAD_SIGNATURE", SEGMENT + 2: "BAD_SIGNATURE"}
"""What a holder disputes."""


def short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let those who check a store count in these segments."""
    for module in (police, fsck, replay):
        monkeypatch.setattr(module, "SEGMENT_ENTRIES", SEGMENT)


@dataclass
class Pieces:
    """The log and what it is made of. `early` are the batches of the first segment, `late` the others."""

    branch: Branch
    early: Sequence[Batch]
    late: Sequence[Batch]

    @property
    def log(self) -> LogId:
        """The log's id."""
        return self.branch.log

    def base(self) -> Base:
        """What the second segment rests on."""
        tiles: dict[Coord, bytes] = {}
        for batch in self.early:
            tiles |= dict(batch.tiles)
        controls = [
            (at, new) for at, new in enumerate(self.branch.entries[:SEGMENT]) if new.kind in CONTROL_KINDS
        ]
        wanted = ways([at for at, _ in controls], SEGMENT)
        return Base(self.log, SEGMENT, [(at, tiles[at]) for at in sorted(wanted)], controls)

    def parts(self) -> Sequence[Base]:
        """The base, in one part for each control record."""
        whole = self.base()
        first = replace(whole, controls=whole.controls[:1])
        return [first, *(replace(whole, tiles=(), controls=[each]) for each in whole.controls[1:])]


def listed(branch: Branch) -> Snapshot:
    """The snapshot that belongs at the end of the branch."""
    found = Listed()
    for at, entry in enumerate(branch.entries):
        if entry.kind in CONTROL_KINDS:
            found.add(at, entry.fingerprint)
    return found.snapshot()


def disputed(batch: Batch) -> Batch:
    """The batch with what a holder finds wrong in it."""
    places = range(batch.first, batch.first + len(batch.entries))
    return replace(batch, disputes=[Dispute(at, code, 1) for at, code in WRONG.items() if at in places])


async def pieces(snapshot: Callable[[Branch], bytes] | None = None) -> Pieces:
    """Segment 0 with five control records, of which one has no effect; segment 1 with a snapshot of them (or
    what else shall stand there), what the mill says, and another snapshot.
    """
    branch = await Branch.begun(Clock())
    first = Batch(branch.log, 0, branch.entries[:2], (), branch.checkpoints[2])
    branch.seal(*[statement(at).raw for at in range(3, 100)])
    wrong = control(Enrol(MILL, FARM_KEY.public), key=FARM_KEY)
    branch.seal(control(Enrol(MILL, MILL_KEY.public)).raw, wrong.raw, *[statement(at).raw for at in range(2)])
    branch.seal(damaged(statement(7)).raw, *[statement(at).raw for at in range(branch.size + 1, SEGMENT)])
    assert branch.size == SEGMENT
    tiles = await branch.store.tiles(branch.log, [Coord(0, 0)])
    early = [replace(first, tiles=list(tiles.items())), *map(disputed, branch.batches)]
    made = snapshot(branch) if snapshot else control(listed(branch)).raw
    branch.seal(made, statement(1, key=MILL_KEY, party=MILL).raw, damaged(statement(8)).raw)
    branch.seal(control(listed(branch)).raw, statement(9).raw)
    return Pieces(branch, early, [disputed(batch) for batch in branch.batches[len(early) - 1 :]])


async def own_log(store: RecordLog) -> LogId:
    """The holder's own log, which every store has first."""
    identity = Identity(operator_of(2), Ed25519Key.from_seed(b"\x02" * 32), NETWORK)
    return (await open_log(store, identity, Clock().now, SALTS)).log
