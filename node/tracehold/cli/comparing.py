"""One question by what was known at two times: the option that asks for it, and the lines of its answer."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracehold.cli.moments import moment, note_limits, note_nothing, print_events
from tracehold.cli.output import reported, table, usage
from tracehold.cli.question import Door, ask

if TYPE_CHECKING:
    from tracehold.v1.trace_pb2 import CompareResponse, Difference
    from tracehold_client.comparing import Question

ComparedOption = Annotated[
    str,
    typer.Option(
        help="Show what is different from --known-at to this time (RFC 3339); now: to all that is known.",
        metavar="TIME",
    ),
]

NOW = "now"
SIGNS = {"ADDED": "+", "WITHDRAWN": "-", "CHANGED": "~"}


def ask_compared(
    question: "Callable[[], Question]",
    known_at: str,
    compared_with: str,
    door: Door,
    as_json: bool,
    out: Path | None,
) -> None:
    """Ask for the differences of a question from `known_at` on, and print them; there is no file of them to
    go `out`. Errors are reported, those of making the question too.
    """
    from tracehold_client.comparing import compare

    with reported(as_json):
        if out is not None:
            raise usage("--out saves one answer, not what is different between two")
        if not known_at:
            raise usage(
                "--compared-with is the second of two times, and --known-at names the first",
                remedy="For example --known-at 2026-03-01T12:00:00Z --compared-with now.",
            )
    ask(
        lambda client: compare(client, question(), None if compared_with == NOW else moment(compared_with)),
        _show,
        door,
        as_json,
    )


def _show(answer: "CompareResponse") -> None:
    table([_row(each) for each in answer.differences])
    print_events(answer.events)
    note_nothing(answer.differences, "both answers are the same")
    note_limits(answer.gaps, answer.truncated)


def _row(found: "Difference") -> tuple[str, ...]:
    from tracehold.cli import shown

    what = found.item or ("" if found.name else found.fingerprint[:16])
    where = [found.parent, found.name, found.fingerprint[:16] if found.item else ""]
    return (
        SIGNS.get(shown.name_of(found, "kind"), "?"),
        shown.name_of(found, "subject").lower(),
        " ".join(filter(None, [what, *where])),
        " -> ".join(filter(None, [found.before, found.after])),
        "by " + ", ".join(cause[:16] for cause in found.causes),
    )
