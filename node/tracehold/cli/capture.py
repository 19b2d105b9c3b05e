"""`tracehold capture`: a whole EPCIS document to a node, over
REST; the creator signs for the token's party.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.connection import DEFAULT_REST, RestOption, TlsOption, TokenOption, read_input, read_token
from tracehold.cli.output import REFUSED, JsonOption, note, reported, say, show_json
from tracehold.cli.progress import progress
from tracehold.cli.upload import TimeoutOption, WaitOption, parse_state
from tracehold.core.errors import Unavailable

if TYPE_CHECKING:
    from tracehold_client import State
    from tracehold_client.rest import RestClient

_SHOWN = 20
"""Warnings in words; a document of thousands of events may have as many."""
_FIRST_WAIT, _LONGEST_WAIT, _GROWTH = 0.1, 2.0, 1.6


def capture(
    file: Annotated[
        str, typer.Argument(help="The EPCISDocument (JSON-LD or XML); - reads it from standard input.")
    ],
    wait_for: WaitOption = "SEALED",
    timeout: TimeoutOption = 120.0,
    all_or_nothing: Annotated[
        bool,
        typer.Option("--all-or-nothing", help="Take all events or none; by default as many as possible."),
    ] = False,
    rest: RestOption = DEFAULT_REST,
    token_file: TokenOption = None,
    tls_ca: TlsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Capture a document; the node signs for the token's party.

    Each event and each master data element becomes a record. XML is converted, and kept as it came.

    Exit codes: 0 all taken, 1 some or all refused, 2 malformed, 5 not reachable or not in time, 70 broken.
    """
    with reported(as_json):
        from tracehold_client.rest import RestClient

        state = parse_state(wait_for)
        document = sys.stdin.buffer.read() if file == "-" else read_input(Path(file))
        ca = None if tls_ca is None else read_input(tls_ca)
        client = RestClient(rest, token=read_token(token_file), tls_ca=ca)
        path = client.capture(document, all_or_nothing=all_or_nothing)
        job = _arrived(client, path, state, time.monotonic() + timeout)
        _show(job, state, as_json)
    if not job.get("success", False):
        raise typer.Exit(REFUSED)


def _arrived(client: "RestClient", path: str, state: "State", end: float) -> dict[str, Any]:
    """The capture job when it no longer runs and all its records have reached `state`."""
    with progress(f"waiting for {state.name}", 1):
        for wait in _waits(end, f"the capture job, or a record of it, has not reached {state.name}"):
            job = client.job(path)
            if not job.get("running", False) and all(_reached(each, state) for each in _taken(job)):
                return job
            time.sleep(wait)
    raise AssertionError("waits end by an error")


def _taken(job: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of the job; what was refused has no fingerprint."""
    return [*_of(job, "masterdata"), *_of(job, "events")]


def _of(job: dict[str, Any], part: str) -> list[dict[str, Any]]:
    return [each for each in job.get(part, []) if each.get("fingerprint")]


def _reached(record: dict[str, Any], state: "State") -> bool:
    from tracehold_client import State

    return State.__members__.get(record.get("state", ""), State.NONE) >= state


def _waits(end: float, late: str) -> Iterator[float]:
    """Growing waits until the time `end`; then DEADLINE."""
    wait = _FIRST_WAIT
    while True:
        if time.monotonic() + wait > end:
            raise Unavailable("DEADLINE", late)
        yield wait
        wait = min(wait * _GROWTH, _LONGEST_WAIT)


def _show(job: dict[str, Any], state: "State", as_json: bool) -> None:
    if as_json:
        show_json(job)
        return
    for record in _taken(job):
        again = "  DUPLICATE" if record.get("duplicate") else ""
        say(f"{record['fingerprint']}  {record['state']}{again}")
    errors = job.get("errors", [])
    warnings = job.get("warnings", [])
    for warning in warnings[:_SHOWN]:
        note(f"warning: {warning.get('code')}: {warning.get('message')} ({warning.get('path')})")
    if len(warnings) > _SHOWN:
        note(f"and {_number(warnings[_SHOWN:], 'more warning')}: --json has all")
    for error in errors:
        note(f"refused: {error.get('code')}: {error.get('message')} ({error.get('path')})")
    taken = (
        f"{_number(_of(job, 'events'), 'event')}, {_number(_of(job, 'masterdata'), 'master data element')}"
    )
    note(f"{taken} at {state.name} or beyond; {_number(errors, 'error')}")


def _number(found: list[Any], word: str) -> str:
    return f"{len(found)} {word}{'' if len(found) == 1 else 's'}"
