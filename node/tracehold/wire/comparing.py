"""Differences between answers on the wire."""

from tracehold.core.lineage import Difference
from tracehold.journey.compare import CompareAnswer
from tracehold.v1 import trace_pb2 as pb
from tracehold.wire.answers import coverage_messages, event_message, gap_messages
from tracehold.wire.words import number_of


def compare_message(answer: CompareAnswer) -> pb.CompareResponse:
    """What is different, and the records that it names."""
    return pb.CompareResponse(
        item=answer.asked[0] if len(answer.asked) == 1 else "",
        asked=answer.asked,
        differences=[_difference(each) for each in answer.differences],
        events=[event_message(each) for each in answer.events],
        gaps=gap_messages(answer.gaps),
        truncated=answer.truncated,
        next_page_token=answer.next_page_token,
        coverage=coverage_messages(answer.coverage),
    )


def _difference(found: Difference) -> pb.Difference:
    part = found.part
    return pb.Difference(
        kind=number_of(pb.DifferenceKind, found.kind),
        subject=number_of(pb.DifferenceSubject, part.aspect),
        item=part.item,
        parent=part.parent,
        name=part.name,
        fingerprint=part.record.hex() if part.record else "",
        before=found.before,
        after=found.after,
        causes=[name.hex() for name in found.causes],
    )
