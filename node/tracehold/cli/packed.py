"""How much of what was inside of the containers that events name, at that moment."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tracehold.cli.asking import Gaps, each_of, note_gaps
from tracehold.core.epcis.model import Action, AggregationEvent, AssociationEvent, Event, TransformationEvent
from tracehold.core.fsma204 import Amount
from tracehold.core.fsma204.statements import PIECE, is_much, subjects
from tracehold.core.gs1.levels import Level, level

if TYPE_CHECKING:
    from tracehold.v1.trace_pb2 import Content, GetContentsResponse
    from tracehold_client import AsyncClient

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST = 1_000
"""Containers of one event that are looked into. Of an event with more no amounts are said."""
_NO_CONTAINERS = {Level.PLACE, Level.PARTY}

Asked = tuple[str, int]
"""A container, and when, in microseconds."""


async def packed(
    client: "AsyncClient",
    asked: Mapping[str, Event],
    events: Mapping[str, Event],
    known_at: datetime | None,
    gaps: Gaps,
) -> dict[str, tuple[Amount, ...]]:
    """By fingerprint, for the events in `asked`: what was in all of the containers that the event names.
    `events`: those that are at hand, from which follows which names are of pieces. What the answers lack is
    noted in `gaps`.
    """
    named = {name: [(each, _when(event)) for each in _containers(event)] for name, event in asked.items()}
    for name in [name for name, each in named.items() if len(each) > MOST]:
        gaps["", "TRUNCATED", f"the record {name} names more than {MOST} containers"] = None
        del named[name]
    wanted = dict.fromkeys(one for each in named.values() for one in each)

    async def ask(one: Asked) -> "GetContentsResponse":
        at = _EPOCH + timedelta(microseconds=one[1])
        return await client.contents(one[0], at=at, known_at=known_at)

    answers = await each_of(wanted, ask)
    for one, answer in answers.items():
        note_gaps(gaps, one[0], answer.gaps, answer.truncated)
    found = {name: _outermost({one[0]: answers[one] for one in each}) for name, each in named.items()}
    return {name: tuple(_amounts(each, events)) for name, each in found.items()}


def _when(event: Event) -> int:
    """When things were inside: what is taken out by the event was so right before it."""
    what = event.what
    unpacks = not isinstance(what, TransformationEvent) and what.action is Action.DELETE
    return event.instant - 1 if unpacks else event.instant


def _containers(event: Event) -> list[str]:
    """Whatever the event names that may hold something."""
    what = event.what
    parent = what.parent if isinstance(what, AggregationEvent | AssociationEvent) else None
    pieces = [each.canonical for each in (*([parent] if parent else []), *subjects(event).epcs)]
    return [each for each in dict.fromkeys(pieces) if level(each) not in _NO_CONTAINERS and not is_much(each)]


def _outermost(answers: "Mapping[str, GetContentsResponse]") -> "list[Content]":
    """What is in the containers: once, where one of them is in another one."""
    inside = {name: [*answer.children, *answer.components] for name, answer in answers.items()}
    inner = {content.item for each in inside.values() for content in each}
    return [content for name, each in inside.items() if name not in inner for content in each]


def _amounts(held: "Sequence[Content]", events: Mapping[str, Event]) -> Iterable[Amount]:
    pieces = set()
    for each in held:
        if each.HasField("quantity"):
            yield Amount(each.item, each.quantity, each.uom or PIECE)
        elif not _is_piece(each, events):
            yield Amount(each.item, None, "")
        elif each.item not in pieces:
            pieces.add(each.item)
            yield Amount(each.item, 1.0, PIECE)


def _is_piece(held: "Content", events: Mapping[str, Event]) -> bool:
    """By its name, or as the event says that put it there."""
    if level(held.item) is not Level.OPAQUE:
        return not is_much(held.item)
    told = events.get(held.told_by)
    return told is not None and held.item in {each.canonical for each in subjects(told).epcs}
