"""How the upkeep of copies is told: in the status, its lines, and the metrics."""

from tests.unit.test_wire_standing import page
from tracehold.api.metrics import Metrics
from tracehold.cli.upkeep import upkeep_lines
from tracehold.core.ids import LogId
from tracehold.journey.upkeep import DrainStanding, MemberStanding, RepairStanding, ScrubStanding
from tracehold.v1 import verify_pb2
from tracehold.wire.standing import MAX_MEMBERS, MAX_REPAIRS, Standing, status_message

REPAIR = RepairStanding(LogId(b"l" * 32), 3, 4, 5, 100, 400, 9_000, 1.5)
LOST = MemberStanding(2, "https://mill.example", "lost", 4_000.0)
LEAVING = MemberStanding(3, "https://shop.example", "up", 0.0, True)
SCRUB = ScrubStanding(10.0, 5, 9, 2, 1, 8.0)
BUSY = Standing(
    "0",
    "urn:op",
    repairs=(REPAIR,),
    members=(LOST, LEAVING),
    scrub=SCRUB,
    draining=DrainStanding(7.0, 2, 6, 9),
)
IDLE = Standing("0", "urn:op", members=(MemberStanding(4, "https://bakery.example", "up", 1.0),))


def test_the_status_tells_what_is_being_made_good() -> None:
    """Every field of each of the four."""
    message = status_message(BUSY)
    (repair,) = message.repairs
    assert (repair.log, repair.segment, repair.from_node, repair.to_node) == ("6c" * 32, 3, 4, 5)
    assert (repair.done_entries, repair.entries, repair.done_bytes) == (100, 400, 9_000)
    assert (repair.since.seconds, repair.since.nanos) == (1, 500_000_000)
    told = [(each.node, each.operator, each.health, each.silent_s, each.draining) for each in message.members]
    assert told == [
        (2, "https://mill.example", verify_pb2.HEALTH_LOST, 4_000.0, False),
        (3, "https://shop.example", verify_pb2.HEALTH_UP, 0.0, True),
    ]
    scrub, drain = message.scrub, message.draining
    assert (scrub.pass_started_at.seconds, scrub.last_whole_pass_at.seconds) == (10, 8)
    assert (scrub.done_entries, scrub.entries, scrub.bad, scrub.mended) == (5, 9, 2, 1)
    assert (drain.since.seconds, drain.left_segments, drain.segments) == (7, 2, 6)
    assert (drain.left_entries, drain.done) == (9, False)


def test_what_does_not_run_is_absent() -> None:
    """No scrub, no leaving, no pass that never was."""
    message = status_message(IDLE)
    assert not message.HasField("scrub")
    assert not message.HasField("draining")
    never = status_message(Standing("0", "urn:op", scrub=ScrubStanding())).scrub
    assert not never.HasField("pass_started_at")
    assert not never.HasField("last_whole_pass_at")


def test_the_answer_is_bounded() -> None:
    """However many there are."""
    many = Standing("0", "urn:op", repairs=(REPAIR,) * 200, members=(LOST,) * 2_000)
    message = status_message(many)
    assert (len(message.repairs), len(message.members)) == (MAX_REPAIRS, MAX_MEMBERS)


def test_the_lines_name_what_is_not_as_it_should_be() -> None:
    """And nothing of members that are up and stay."""
    lines = list(upkeep_lines(status_message(BUSY)))
    assert lines == [
        "repair: segment 3 of 6c6c6c6c from node 4 to node 5, 100 of 400 entries (25 %)",
        "member: node 2 (https://mill.example) LOST, silent for 4000 s",
        "member: node 3 (https://shop.example) leaves",
        "scrub: 5 of 9 entries read, last whole pass 1970-01-01T00:00:08Z, 2 DAMAGED, 1 mended",
        "leaving: 2 of 6 segments and 9 own entries are to be handed over",
    ]
    assert list(upkeep_lines(status_message(IDLE))) == []


def test_a_node_that_has_left_says_that_it_is_revoked() -> None:
    """Not only that all is handed over."""
    left = Standing("0", "urn:op", draining=DrainStanding(7.0, 0, 6, done=True, revoked=True))
    message = status_message(left)
    assert message.draining.revoked
    (line,) = upkeep_lines(message)
    assert "is revoked" in line
    staying = Standing("0", "urn:op", draining=DrainStanding(7.0, 0, 6, done=True))
    (line,) = upkeep_lines(status_message(staying))
    assert line == "leaving: everything is handed over; the node may be stopped"


def test_the_metrics_tell_the_same() -> None:
    """And forget members and repairs that are gone."""
    metrics = Metrics()
    series = page(metrics, BUSY)
    assert (series["tracehold_repairs"], series["tracehold_repair_left_entries"]) == (1, 300)
    assert series['tracehold_member_health{node="2"}'] == 0
    assert series['tracehold_member_silent_seconds{node="2"}'] == 4_000
    assert (series["tracehold_scrub_bad"], series["tracehold_drain_left_segments"]) == (2, 2)
    series = page(metrics, IDLE)
    assert (series["tracehold_repairs"], series["tracehold_drain_left_segments"]) == (0, 0)
    assert 'tracehold_member_health{node="2"}' not in series
    assert series['tracehold_member_health{node="4"}'] == 2
