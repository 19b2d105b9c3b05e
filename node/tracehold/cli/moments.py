"""Options of questions that are asked for a moment, and the lines that their answers share."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.output import note, table, usage

if TYPE_CHECKING:
    from tracehold.v1.trace_pb2 import Gap, TracedEvent

AtOption = Annotated[
    str, typer.Option(help="What was true at this time of events (RFC 3339); default now.", metavar="TIME")
]
KnownAtOption = Annotated[
    str,
    typer.Option(help="What was known by this time, by the covering anchors (RFC 3339).", metavar="TIME"),
]
VerifyOption = Annotated[
    str, typer.Option(help="proof: entries are proved again; full: signatures too.", metavar="proof|full")
]

DepthOption = Annotated[int, typer.Option(min=0, max=1000, help="Transformations to follow; 0 means 100.")]
MaxItemsOption = Annotated[
    int, typer.Option(min=0, max=500_000, help="Items that an answer may reach; 0 means 20,000.")
]
StrictTimeOption = Annotated[bool, typer.Option(help="Leave out edges whose output is older than its input.")]


WIDER = "--max-depth and --max-items widen it"
"""Of a truncated answer to a question that has these options."""


def moment(text: str) -> datetime | None:
    """The time that an option names; None for an empty one. Raises BAD_REQUEST."""
    if not text:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise usage(f"{text} is no time", remedy="For example 2026-03-01T12:00:00Z.") from error
    if parsed.tzinfo is None:
        raise usage(f"{text} has no time zone", remedy="Add Z, or an offset such as +02:00.")
    return parsed


def is_full(verify: str) -> bool:
    """Whether signatures are to be checked again. Raises BAD_REQUEST for another word."""
    if verify not in {"", "proof", "full"}:
        raise usage(f"--verify is proof or full, not {verify}")
    return verify == "full"


def as_of(at: str, known_at: str, verify: str) -> dict[str, Any]:
    """The three options as the client's questions take them. Raises BAD_REQUEST."""
    return {"at": moment(at), "known_at": moment(known_at), "full": is_full(verify)}


def print_events(events: "Iterable[TracedEvent]") -> None:
    """One line for each event, in order."""
    from tracehold.cli import shown

    rows: list[tuple[str, ...]] = [
        (
            event.event_time.ToDatetime().isoformat() + "Z",
            event.type.removesuffix("Event"),
            event.action or "-",
            event.biz_step or "-",
            event.role or "-",
            "verified" if event.verified else "NOT VERIFIED",
            shown.name_of(event, "state"),
            event.speaker.party,
            event.fingerprint[:16],
            " ".join(event.flags),
        )
        for event in events
    ]
    table(rows)


def print_noted(events: "Iterable[TracedEvent]") -> None:
    """The same for those of which something is noted: that others dispute or contradict them."""
    print_events(event for event in events if event.flags)


def note_nothing(found: object, words: str) -> None:
    """Say on stderr that an answer is empty, and of what: else it looks as if nothing had been asked."""
    if not found:
        note(f"nothing: {words}")


def note_limits(gaps: "Iterable[Gap]", truncated: bool, remedy: str = "") -> None:
    """Say on stderr where an answer is not whole; `remedy`: which options widen it."""
    from tracehold.cli import shown

    for gap in gaps:
        note(f"gap {shown.name_of(gap, 'reason')} {gap.item}: {gap.detail}".replace(" :", ":"))
    if truncated:
        note("truncated: a limit cut the answer" + (f"; {remedy}" if remedy else ""))
