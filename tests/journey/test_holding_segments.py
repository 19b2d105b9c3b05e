"""Later segments: a copy begins behind others on a base that is proved under an anchored root, or goes on
from
one segment into the next; a segment begins with a snapshot of all control records.
"""

from dataclasses import replace

import pytest

from tests.journey.holding_scene import Holder
from tests.journey.scene import FARM_KEY, MILL, MILL_KEY, control, damaged, statement
from tests.journey.segments_scene import CONTROLS, START, long, ship_first
from tracehold.core.control import Enrol, Snapshot
from tracehold.core.ids import Fingerprint, Root
from tracehold.core.snapshot import RULES_VERSION
from tracehold.core.tiles import Coord
from tracehold.journey import giving
from tracehold.journey.ports import Base, Kept, NewEntry


async def test_a_copy_begins_at_a_later_segment() -> None:
    """Entries, roots and speakers are those of the whole log, though of the first segment only the control
    records came; also after a restart.
    """
    made = await long(statement(1, key=MILL_KEY, party=MILL).raw, damaged(statement(2)).raw)
    kept = await made.holder.take(made.branch, await made.first())
    await made.holder.check(made.branch, kept, START + 3, START)
    store, log = made.holder.store, made.branch.log
    assert list(await store.spans(log)) == [(START, START + 3)]
    assert [entry.index for entry in await store.controls(log)] == [*CONTROLS, START]
    assert await made.holder.codes(log) == {START + 2: "BAD_SIGNATURE"}
    made.holder.restart()
    made.branch.seal(statement(3).raw)
    kept = await made.holder.take(made.branch, made.branch.shipment(START + 3, prev_size=START))
    await made.holder.check(made.branch, kept, START + 4, START)
    assert await made.holder.codes(log) == {START + 2: "BAD_SIGNATURE"}


async def test_a_base_comes_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is proved alone and durable; the entries come with the last, also when the holder was restarted
    in between.
    """
    monkeypatch.setattr(giving, "BASE_BYTES", 1)
    made = await long(statement(1).raw)
    parts = await made.bases()
    assert len(parts) == len(CONTROLS)
    first = made.branch.shipment(START, prev_size=START)
    for part in parts[:-1]:
        assert await made.holder.take(made.branch, replace(first, entries=(), base=part)) == Kept(START)
        made.holder.restart()
    kept = await made.holder.take(made.branch, replace(first, base=parts[-1]))
    await made.holder.check(made.branch, kept, START + 2, START)


async def test_without_its_base_a_later_segment_is_not_begun() -> None:
    """The sender is told that nothing is here, and sends the base."""
    made = await long()
    assert await made.holder.take(made.branch, made.branch.shipment(START)) == Kept(0)
    assert await made.holder.logs() == []


async def test_a_base_without_some_control_record_is_found_out() -> None:
    """Attack: a creator withholds the revocation of a key. The snapshot lists it, so the segment is
    refused.
    """
    made = await long()
    (base,) = await made.bases()
    for missing in CONTROLS:
        holder = await Holder.started(made.branch.clock, made.holder.chain, 2)
        controls = [each for each in base.controls if each[0] != missing]
        needed = {Coord(0, at // 256) for at, _ in controls} | {Coord(1, at // 65_536) for at, _ in controls}
        tiles = [each for each in base.tiles if each[0] in needed or each[0].level > 1]
        short = replace(base, controls=controls, tiles=tiles)
        kept = await holder.take(made.branch, replace(await made.first(), base=short))
        assert kept.refused == "LOG_BROKEN"
        assert list(await holder.store.spans(made.branch.log)) == []


@pytest.mark.parametrize("broken", ["record", "place", "tile", "extra tile", "no control", "order"])
async def test_a_false_base_is_not_kept(broken: str) -> None:
    """Attack: whatever is changed in a base is not proved, and nothing of it stays."""
    made = await long()
    (base,) = await made.bases()
    controls, tiles = list(base.controls), list(base.tiles)
    at, old = controls[3]
    if broken == "record":
        other = control(Enrol(MILL, FARM_KEY.public)).raw
        controls[3] = (at, NewEntry(old.fingerprint, other, old.kind))
    elif broken == "place":
        controls[3] = (at - 1, old)
    elif broken == "tile":
        tiles[0] = (tiles[0][0], bytes(32) + tiles[0][1][32:])
    elif broken == "extra tile":
        tiles.append((Coord(0, 7), bytes(256 * 32)))
    elif broken == "no control":
        raw = statement(1).raw
        controls[3] = (at, NewEntry(Fingerprint(bytes(32)), raw, old.kind))
    else:
        controls.reverse()
    false = Base(base.log, base.start, tiles, controls)
    kept = await made.holder.take(made.branch, replace(await made.first(), base=false, entries=()))
    assert kept.refused in {"ROOT_MISMATCH", "BAD_REQUEST"}
    assert await made.holder.logs() == []


async def test_the_base_of_another_log_is_not_kept() -> None:
    """Its entry 0 must be the header that names the log."""
    made = await long()
    caller = made.branch.neighbour(operator="https://elsewhere.example")
    kept = await made.holder.take(made.branch, await made.first(), caller)
    assert kept.refused == "LOG_BROKEN"
    assert await made.holder.logs() == []


@pytest.mark.parametrize(
    "said", [Snapshot(6, Root(bytes(32)), RULES_VERSION), Snapshot(0, Root(bytes(32)), 1)]
)
async def test_a_segment_begins_with_a_true_snapshot(said: Snapshot) -> None:
    """One that lists something else breaks the log, and nothing of the segment is kept."""
    made = await long(snapshot=said)
    assert (await made.holder.take(made.branch, await made.first())).refused == "LOG_BROKEN"
    assert list(await made.holder.store.spans(made.branch.log)) == []


async def test_a_copy_goes_on_from_one_segment_into_the_next() -> None:
    """A shipment ends where its segment does, since the next one may have other holders. Whoever has the one
    before needs no base; the snapshot is held against what is here.
    """
    made = await long(statement(1).raw)
    await ship_first(made, START - 1)
    over = made.branch.shipment(START - 1)
    assert (await made.holder.take(made.branch, over)).refused == "BAD_REQUEST"
    await made.holder.take(made.branch, made.branch.shipment(START - 1, START))
    kept = await made.holder.take(made.branch, made.branch.shipment(START, prev_size=START))
    await made.holder.check(made.branch, kept, START + 2, START)
    assert list(await made.holder.store.spans(made.branch.log)) == [(0, START + 2)]


async def test_the_segments_before_may_come_later() -> None:
    """A hole is filled from its start, question by question, and the spans join."""
    made = await long(statement(1).raw)
    await made.holder.take(made.branch, await made.first())
    question = replace(made.branch.shipment(START, START), prev_size=0)
    assert await made.holder.take(made.branch, question) == Kept(0)
    await ship_first(made, START)
    assert list(await made.holder.store.spans(made.branch.log)) == [(0, START + 2)]
    kept = await made.holder.take(made.branch, question)
    await made.holder.check(made.branch, kept, START)
    made.branch.seal(statement(2).raw)
    kept = await made.holder.take(made.branch, made.branch.shipment(START + 2, prev_size=START))
    await made.holder.check(made.branch, kept, START + 3, START)
