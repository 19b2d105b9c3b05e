"""Answers of questions on the wire: traces, histories, contents, locations, master data."""

from collections.abc import Iterable
from typing import Any

from google.protobuf.struct_pb2 import Struct

from tracehold.core import strict_json
from tracehold.core.errors import Rejected
from tracehold.core.lineage import Gap, GapReason
from tracehold.journey import answers
from tracehold.v1 import trace_pb2 as pb
from tracehold.wire.times import from_ms, from_us
from tracehold.wire.words import number_of, speaker_message, state_number

MAX_SHOWN_DEPTH = 24
"""Levels of JSON in a Struct. Each takes three levels of messages,
and readers stop at 100 (protobuf's default).
"""


def trace_message(answer: answers.TraceAnswer) -> pb.TraceResponse:
    """What an item was made from, or went into."""
    return pb.TraceResponse(
        item=answer.item,
        items=[
            pb.TracedItem(item=each.item, depth=each.depth, via=[fp.hex() for fp in each.via])
            for each in answer.items
        ],
        events=[event_message(each) for each in answer.events],
        gaps=gap_messages(answer.gaps),
        truncated=answer.truncated,
        next_page_token=answer.next_page_token,
        coverage=coverage_messages(answer.coverage),
        timings=pb.Timings(
            graph_us=answer.timings.graph_us,
            rules_us=answer.timings.rules_us,
            verify_us=answer.timings.verify_us,
        ),
    )


def history_message(answer: answers.HistoryAnswer) -> pb.GetHistoryResponse:
    """What happened to an item."""
    return pb.GetHistoryResponse(
        item=answer.item,
        events=[event_message(each) for each in answer.events],
        gaps=gap_messages(answer.gaps),
        truncated=answer.truncated,
        next_page_token=answer.next_page_token,
        coverage=coverage_messages(answer.coverage),
    )


def contents_message(answer: answers.ContentsAnswer) -> pb.GetContentsResponse:
    """What is in an item."""
    return pb.GetContentsResponse(
        item=answer.item,
        children=[content_message(each) for each in answer.children],
        components=[content_message(each) for each in answer.components],
        events=[event_message(each) for each in answer.events],
        gaps=gap_messages(answer.gaps),
        truncated=answer.truncated,
        coverage=coverage_messages(answer.coverage),
    )


def locate_message(answer: answers.LocateAnswer) -> pb.LocateResponse:
    """Which holders keep which records about an item."""
    return pb.LocateResponse(
        item=answer.item,
        locations=[
            pb.Location(
                fingerprint=each.fingerprint.hex(),
                log=each.log.hex(),
                index=each.index,
                state=state_number(each.state),
                speaker=speaker_message(each.speaker),
                holders=each.holders,
                kind=each.kind,
            )
            for each in answer.locations
        ],
        gaps=gap_messages(answer.gaps),
        next_page_token=answer.next_page_token,
    )


def masterdata_message(answer: answers.MasterDataAnswer) -> pb.GetMasterdataResponse:
    """What parties say about a product, a place or a party."""
    return pb.GetMasterdataResponse(
        id=answer.id,
        versions=[_said(each) for each in answer.versions],
        gaps=gap_messages(answer.gaps),
    )


def event_message(event: answers.Statement) -> pb.TracedEvent:
    """One event of an answer."""
    return pb.TracedEvent(
        event_id=event.event_id,
        fingerprint=event.fingerprint.hex(),
        event_time=from_us(event.instant),
        type=event.type,
        action=event.action,
        biz_step=event.step,
        biz_location=event.place,
        speaker=speaker_message(event.speaker),
        verified=event.verified,
        signature_checked=event.signature_checked,
        state=state_number(event.state),
        log=event.log.hex(),
        index=event.index,
        role=event.role,
        via=event.via,
        flags=event.flags,
    )


def gap_messages(gaps: Iterable[Gap]) -> list[pb.Gap]:
    """Where an answer is not whole. That a limit cut it is said by `truncated`, not by a gap."""
    return [
        pb.Gap(item=gap.item, reason=number_of(pb.GapReason, gap.reason), detail=gap.detail)
        for gap in gaps
        if gap.reason is not GapReason.TRUNCATED
    ]


def json_struct(payload: bytes, *steps: str) -> Struct | None:
    """The payload's JSON object, or the one that stands in it at `steps`. For reading only.

    None where it holds none, or one that a Struct cannot carry to every reader:
    nested deeper than `MAX_SHOWN_DEPTH`, or with a number beyond a double. One odd
    record must not spoil the answer that it is in.
    """
    try:
        value: Any = strict_json.loads(payload)
        for step in steps:
            value = value.get(step) if isinstance(value, dict) else None
        if not isinstance(value, dict) or _deeper(value, MAX_SHOWN_DEPTH):
            return None
        struct = Struct()
        struct.update(value)
    except (Rejected, OverflowError):
        return None
    return struct


def _deeper(value: Any, levels: int) -> bool:
    """Whether arrays and objects are nested in `value` more than so many levels deep."""
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_deeper(each, levels - 1) for each in inner)


def coverage_messages(coverage: Iterable[answers.Coverage]) -> list[pb.Coverage]:
    """What an answer rests on."""
    return [
        pb.Coverage(log=each.log.hex(), size=each.size, indexed=each.indexed, anchored=each.anchored)
        for each in coverage
    ]


def content_message(content: answers.Content) -> pb.Content:
    """Something in something."""
    return pb.Content(
        item=content.item,
        parent=content.parent,
        quantity=content.quantity,
        uom=content.uom,
        since=from_us(content.since),
        depth=content.depth,
        told_by=content.opened_by.hex(),
    )


def _said(said: answers.Said) -> pb.MasterdataVersion:
    return pb.MasterdataVersion(
        type=said.type,
        speaker=speaker_message(said.speaker),
        fingerprint=said.fingerprint.hex(),
        element=json_struct(said.payload, "element"),
        verified=said.verified,
        state=state_number(said.state),
        known_at=None if said.known_ms is None else from_ms(said.known_ms),
    )
