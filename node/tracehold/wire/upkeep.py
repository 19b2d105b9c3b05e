"""The messages that say how the upkeep of copies stands."""

from google.protobuf.timestamp_pb2 import Timestamp

from tracehold.journey.upkeep import DrainStanding, MemberStanding, RepairStanding, ScrubStanding
from tracehold.v1 import verify_pb2
from tracehold.wire.times import from_s
from tracehold.wire.words import number_of


def repair_message(repair: RepairStanding) -> verify_pb2.Repair:
    """A copy that is being made good."""
    return verify_pb2.Repair(
        log=repair.log.hex(),
        segment=repair.segment,
        from_node=repair.from_node,
        to_node=repair.to_node,
        done_entries=repair.done_entries,
        entries=repair.entries,
        done_bytes=repair.done_bytes,
        since=from_s(repair.since),
    )


def member_message(member: MemberStanding) -> verify_pb2.MemberStanding:
    """Another member."""
    return verify_pb2.MemberStanding(
        node=member.node,
        operator=member.operator,
        health=number_of(verify_pb2.Health, member.health),
        silent_s=member.silent_s,
        draining=member.draining,
    )


def scrub_message(scrub: ScrubStanding | None) -> verify_pb2.Scrub | None:
    """The reading over of what is kept; None where there is none."""
    if scrub is None:
        return None
    return verify_pb2.Scrub(
        pass_started_at=_time(scrub.pass_started_at),
        done_entries=scrub.done_entries,
        entries=scrub.entries,
        bad=scrub.bad,
        mended=scrub.mended,
        last_whole_pass_at=_time(scrub.last_whole_pass_at),
    )


def drain_message(drain: DrainStanding | None) -> verify_pb2.Drain | None:
    """Leaving; None where the node stays."""
    if drain is None:
        return None
    return verify_pb2.Drain(
        since=_time(drain.since),
        left_segments=drain.left_segments,
        segments=drain.segments,
        left_entries=drain.left_entries,
        done=drain.done,
        revoked=drain.revoked,
    )


def _time(seconds: float) -> Timestamp | None:
    return from_s(seconds) if seconds else None
