"""Pulling: what a lost creator's log lacks in copies is fetched by the nearest from whoever has it, and so is
what a node missed while it was away.
"""

from dataclasses import replace

import pytest

from tests.journey.pull_scene import FAR, SEGMENT, SILENT_S, Village, grown, short_segments, village
from tracehold.core.placement import Candidate, nearest
from tracehold.journey.health import Health
from tracehold.journey.viewing import HOUR_S


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    short_segments(monkeypatch)


def order(made: Village, segment: int) -> list[int]:
    """The nodes that keep a segment, the first choice first."""
    able = [Candidate(m.number, m.operator_number, m.log) for m in made.chain.members[1:]]
    return [each.node for each in nearest(made.log, segment, able, own=1)]


async def test_a_lost_creators_segment_is_taken_by_the_nearest() -> None:
    """Of four others one has it, three copies are wanted: the two nearest of the others take it, and the
    third takes nothing.
    """
    made = await village(4)
    grown(made.branch, 200)
    await made.anchor(100, 200)
    first = order(made, 0)
    await made.ship(first[3], 200)
    made.lose(1)
    await made.pull()
    for node in (first[0], first[1], first[3]):
        assert await made.root(node) == made.branch.checkpoints[200].root
        assert await made.has(node, 0, 200)
    assert await made.size(first[2]) == 0


async def test_nothing_is_taken_while_the_creator_lives() -> None:
    """Up or only suspect, its log is its own job."""
    made = await village(3)
    grown(made.branch, 100)
    await made.anchor(100)
    await made.ship(2, 100)
    for health in (Health.UP, Health.SUSPECT):
        for node in made.nodes.values():
            node.sight.healths[1] = health
        await made.pull()
        assert [await made.size(number) for number in (3, 4)] == [0, 0]
    made.lose(1)
    await made.pull()
    assert [await made.size(number) for number in (3, 4)] == [100, 100]


async def test_a_node_that_was_away_while_three_segments_closed_catches_up() -> None:
    """The rest of the segment that it keeps comes at once, from others though the creator is up; closed ones
    as their courier asks for them.
    """
    made = await village(2, target=2)
    end = 4 * SEGMENT - 10
    grown(made.branch, 50)
    await made.ship(2, 50)
    grown(made.branch, end)
    await made.anchor(150, 256, 512, 600, 768, 1000, end)
    await made.ship(3, end)
    await made.pull(2)
    assert await made.size(2) == SEGMENT
    # The courier's questions for the others: how far is the copy?
    for size in (512, 768, end):
        assert (await made.nodes[2].holder.take(made.branch, made.branch.shipment(size, size))).size == 256
    await made.pull(2)
    assert await made.root(2) == made.branch.checkpoints[end].root
    assert await made.has(2, 0, end)


async def test_a_small_lag_is_left_to_the_courier() -> None:
    """While its creator is up."""
    made = await village(2)
    grown(made.branch, 100)
    await made.ship(2, 100)
    grown(made.branch, 100 + FAR)
    await made.anchor(100, 100 + FAR)
    await made.ship(3, 100 + FAR)
    await made.pull(2)
    assert await made.size(2) == 100
    made.nodes[2].sight.healths[1] = Health.SUSPECT
    made.clock.time += SILENT_S
    await made.pull(2)
    assert await made.size(2) == 100 + FAR


async def test_a_later_segment_alone_comes_with_its_base() -> None:
    """Whoever takes only the second segment has all control records before it, and can go on."""
    made = await village(4, target=2)
    end = SEGMENT + 60
    grown(made.branch, end)
    await made.anchor(SEGMENT, end)
    takers = [order(made, segment)[:2] for segment in (0, 1)]
    has = next(node for node in made.nodes if node not in (takers[0][0], takers[1][0]))
    await made.ship(has, end)
    made.lose(1)
    await made.pull()
    for segment, span in enumerate([(0, SEGMENT), (SEGMENT, end)]):
        (taker,) = [node for node in order(made, segment) if node != has][:1]
        assert await made.has(taker, *span)
        controls = await made.nodes[taker].holder.store.controls(made.log)
        assert [entry.index for entry in controls][:3] == [0, 1, 2]


async def test_what_was_acknowledged_and_never_anchored_outlives_the_creator() -> None:
    """Replicated records beyond the newest anchor are fetched too, in a log that was never anchored as
    well.
    """
    made = await village(3)
    grown(made.branch, 90)
    await made.ship(2, 90)
    made.lose(1)
    await made.pull()
    for node in (3, 4):
        assert await made.has(node, 0, 90)


async def test_a_tail_behind_a_closed_segment_is_fetched() -> None:
    """The anchor stands at the segment's end, and the next one has entries that nobody anchored."""
    made = await village(3)
    grown(made.branch, SEGMENT + 34)
    await made.anchor(SEGMENT)
    await made.ship(2, SEGMENT + 34)
    made.lose(1)
    await made.pull()
    for node in (3, 4):
        assert await made.has(node, 0, SEGMENT + 34)


async def test_a_revoked_creators_log_is_taken_at_once() -> None:
    """Though it answers: nobody may ship it any more."""
    made = await village(3)
    grown(made.branch, 100)
    await made.anchor(100)
    await made.ship(2, 100)
    made.chain.members[0] = replace(made.chain.members[0], active=False)
    await made.pull()
    assert [await made.size(number) for number in (3, 4)] == [100, 100]


async def test_nobody_takes_anything_in_a_storm() -> None:
    """Nor before everybody was looked at; a copy that is behind is brought on all the same."""
    made = await village(3)
    grown(made.branch, 100)
    await made.ship(3, 40)
    await made.anchor(100)
    await made.ship(2, 100)
    made.lose(1)
    for node in made.nodes.values():
        node.sight.calm = False
    await made.pull()
    assert [await made.size(number) for number in (3, 4)] == [100, 0]


async def test_progress_is_told() -> None:
    """When it begins, at each tenth, and at the end, with from whom and how much."""
    made = await village(2)
    grown(made.branch, 250)
    await made.anchor(*range(30, 250, 60), 250)
    await made.ship(2, 250)
    made.lose(1)
    await made.pull(3)
    told = made.nodes[3].told
    assert [what for what, _ in told][:1] == ["begun"]
    assert [what for what, _ in told][-1:] == ["ended"]
    assert {what for what, _ in told[1:-1]} == {"comes on"}
    last = told[-1][1]
    assert (last.from_node, last.to_node, last.done_entries, last.entries) == (2, 3, 250, 250)
    assert last.done_bytes == sum(len(entry.raw) for entry in made.branch.entries)
    assert made.nodes[3].puller.standing() == ()


async def test_a_creator_that_only_ships_is_not_lost() -> None:
    """One without an address is never heard when it is looked for; its courier is."""
    made = await village(3)
    grown(made.branch, 100)
    await made.anchor(100)
    await made.ship(2, 100)
    made.lose(1)
    await made.ship(3, 70)
    await made.pull(3)
    assert await made.size(3) == 70
    made.clock.time += SILENT_S
    await made.pull(3)
    assert await made.size(3) == 100


async def test_a_number_that_was_given_up_loses_no_log() -> None:
    """A node that was revoked and enrolled again has two numbers and one log, which it ships."""
    made = await village(3)
    grown(made.branch, 100)
    await made.anchor(100)
    await made.ship(2, 100)
    made.chain.members.insert(0, replace(made.chain.members[0], number=99, active=False))
    await made.pull()
    assert [await made.size(number) for number in (3, 4)] == [0, 0]


async def test_where_the_nearest_takes_nothing_the_next_does_in_time() -> None:
    """It may have no room, and nobody asks it: after an hour one more feels meant."""
    made = await village(3, target=2)
    grown(made.branch, 100)
    await made.anchor(100)
    has, near, far = order(made, 0)[2], *order(made, 0)[:2]
    await made.ship(has, 100)
    made.lose(1)
    await made.pull(far)
    await made.clock.pass_by(HOUR_S - 1)
    await made.pull(far)
    assert await made.size(far) == 0
    await made.clock.pass_by(1)
    await made.pull(far)
    assert await made.size(far) == 100
    await made.pull(near)
    assert await made.size(near) == 0
