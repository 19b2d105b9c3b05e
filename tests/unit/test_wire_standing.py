"""How the copies of the own log are told: in the status, and in the metrics."""

import asyncio

from tracehold.api.metrics import Metrics
from tracehold.core.ids import LogId
from tracehold.journey.holders import CopyCount
from tracehold.journey.kept_logs import KeptLog
from tracehold.journey.segments import HolderStanding, SegmentStanding
from tracehold.wire.standing import MAX_KEPT, MAX_SEGMENTS, Standing, status_message

MILL = HolderStanding(2, "https://mill.example", True, 0)
SHOP = HolderStanding(3, "https://shop.example", False, 7)


def segment(number: int, kept: int = 3, *holders: HolderStanding) -> SegmentStanding:
    """A segment that has so many copies of 3."""
    return SegmentStanding(number, CopyCount(kept, 3), holders or (MILL,))


def standing(*segments: SegmentStanding) -> Standing:
    """A node whose log has these segments."""
    return Standing("0", "urn:op", sealed=20, replicated=13, anchored=9, segments=segments)


def test_the_status_names_holders_and_how_far_they_are() -> None:
    """With operator, whether they answer, and what they lack."""
    message = status_message(standing(segment(0, 2, MILL, SHOP)))
    assert (message.replicated, message.copies.kept, message.copies.target) == (13, 2, 3)
    (told,) = message.segments
    assert [(h.node, h.operator, h.up, h.behind) for h in told.holders] == [
        (2, "https://mill.example", True, 0),
        (3, "https://shop.example", False, 7),
    ]


def test_the_status_shows_the_newest_segment_and_those_that_lack_copies() -> None:
    """Whole old ones are left out, and the answer is bounded: the oldest that lack come first."""
    numbers = [each.segment for each in status_message(standing(*map(segment, range(9)))).segments]
    assert numbers == [8]
    some = [segment(number, 2 if number in {1, 4} else 3) for number in range(9)]
    message = status_message(standing(*some))
    assert [each.segment for each in message.segments] == [1, 4, 8]
    assert message.copies.kept == 2
    many = status_message(standing(*(segment(number, 1) for number in range(1_000)))).segments
    assert [each.segment for each in many] == [*range(MAX_SEGMENTS - 1), 999]


def test_a_log_without_segments_has_one_copy() -> None:
    """Before anything is sealed."""
    assert status_message(standing()).copies.kept == 1


def page(metrics: Metrics, now: Standing) -> dict[str, float]:
    """The series of the page."""

    async def told() -> Standing:
        return now

    lines = asyncio.run(metrics.page(told)).decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")}


def test_the_metrics_tell_copies_and_holders() -> None:
    """The fewest copies of any segment; each holder once, over all its segments; none that holds no more."""
    metrics = Metrics()
    series = page(metrics, standing(segment(0, 3, MILL), segment(1, 2, MILL, SHOP)))
    assert series["tracehold_copies"] == 2
    assert series["tracehold_copies_target"] == 3
    assert series["tracehold_sealed"] - series["tracehold_replicated"] == 7
    assert series['tracehold_holder_up{node="2"}'] == 1
    assert series['tracehold_holder_up{node="3"}'] == 0
    assert series['tracehold_holder_behind{node="3"}'] == 7
    series = page(metrics, standing(segment(0, 3, MILL)))
    assert 'tracehold_holder_up{node="3"}' not in series


def test_kept_logs_are_told():
    """Each with what is kept, acknowledged, final, disputed and forked."""
    kept = KeptLog(LogId(b"l" * 32), "https://mill.example", 2, 90, 100, 80, 70, 6, True)
    message = status_message(Standing("0", "urn:op", kept=(kept,)))
    (told,) = message.kept
    assert (told.log, told.operator, told.node) == ("6c" * 32, "https://mill.example", 2)
    assert (told.entries, told.size, told.acknowledged, told.final) == (90, 100, 80, 70)
    assert (told.disputed, told.forked) == (6, True)
    assert len(status_message(Standing("0", "urn:op", kept=(kept,) * (MAX_KEPT + 1))).kept) == MAX_KEPT
