"""What every command shares: answers on stdout, everything else on stderr, and documented exit codes.

Exit codes: 0 done, 1 refused, 2 malformed input or usage, 5 not reachable, 70 broken.
`verify` documents its own (`cli/verify.py`).
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from tracehold.core.errors import Rejected, TraceholdError

DONE, REFUSED, MALFORMED, UNREACHABLE, BROKEN = 0, 1, 2, 5, 70

_MALFORMED_CODES = frozenset(
    {"MALFORMED_COSE", "MALFORMED_JSON", "MALFORMED_PROOF", "MALFORMED_XML", "BAD_REQUEST", "BAD_CONFIG"}
)

JsonOption = Annotated[bool, typer.Option("--json", help="Answer as one JSON document on stdout.")]


def exit_code(error: TraceholdError) -> int:
    """The exit code of an error: by who must act."""
    if error.family == "unavailable":
        return UNREACHABLE
    if error.family == "broken":
        return BROKEN
    return MALFORMED if error.code in _MALFORMED_CODES else REFUSED


@contextmanager
def reported(as_json: bool) -> Iterator[None]:
    """Turn our errors into one clear message with cause and remedy, and the documented exit code."""
    try:
        yield
    except TraceholdError as error:
        show_error(error, as_json)
        raise typer.Exit(exit_code(error)) from error
    except BrokenPipeError as error:
        # The reader of our output went away (`| head`). Python would complain once
        # more at its own exit: give it a sink.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(DONE) from error


def show_error(error: TraceholdError, as_json: bool) -> None:
    """Cause and remedy on stderr; with `as_json` as one JSON object on stdout too, for scripts."""
    if as_json:
        show_json(
            {
                "error": {
                    "code": error.code,
                    "message": error.message,
                    "path": error.path,
                    "remedy": error.remedy,
                }
            }
        )
    at = f" ({error.path})" if error.path else ""
    note(f"error {error.code}: {error.message}{at}")
    note(f"  what to do: {error.remedy}")


def show_json(document: Any) -> None:
    """One JSON document on stdout."""
    lines = json.dumps(document, indent=2, ensure_ascii=False).split("\n")
    typer.echo("\n".join(map(plain, lines)))


def plain(text: str) -> str:
    """The text on one line, as nothing but text: what others wrote draws no lines, moves no cursor, hides and
    turns nothing. What is not printable is spelled as in JSON.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else json.dumps(letter)[1:-1] for letter in text)


def say(text: str) -> None:
    """One line of an answer on stdout, as `plain` has it."""
    typer.echo(plain(text))


def note(text: str) -> None:
    """One line for the human at the terminal, on stderr, so that stdout stays clean; as `plain` has it."""
    typer.echo(plain(text), err=True)


def table(rows: list[tuple[str, ...]]) -> None:
    """Rows in aligned columns on stdout, each cell as `plain` has it."""
    if not rows:
        return
    cells = [tuple(map(plain, row)) for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    for row in cells:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def usage(message: str, *, remedy: str = "See --help.") -> Rejected:
    """A malformed call: exit code 2."""
    return Rejected("BAD_REQUEST", message, remedy=remedy)
