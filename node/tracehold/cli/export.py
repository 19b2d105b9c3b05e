"""`tracehold export`: answers as the sheets that authorities ask for."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.connection import DEFAULT_NODE, NodeOption, TlsOption, TokenOption, open_client
from tracehold.cli.moments import KnownAtOption, moment
from tracehold.cli.output import JsonOption, note, reported, show_json, usage
from tracehold.cli.question import Door

if TYPE_CHECKING:
    from tracehold.cli.gathering import Gathered

app = typer.Typer(help="Sheets of records for authorities.", no_args_is_help=True)

SINCE_ALWAYS, FOR_EVER = "0001-01-02", "9999-12-30"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@app.callback()
def _export() -> None:
    """Sheets of records for authorities."""


@app.command("fsma204")
def fsma204(
    lot: Annotated[str, typer.Option(help="The lot, any GS1 spelling or a URI.")],
    start: Annotated[
        str, typer.Option("--from", help="First day (UTC) or moment (RFC 3339).", metavar="TIME")
    ] = SINCE_ALWAYS,
    end: Annotated[
        str, typer.Option("--to", help="Last day (UTC) or moment (RFC 3339).", metavar="TIME")
    ] = FOR_EVER,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File to write; without it stdout.")] = None,
    known_at: KnownAtOption = "",
    max_items: Annotated[
        int,
        typer.Option(min=1, max=20_000, help="Items to follow; beyond it the sheet says that it was cut."),
    ] = 2_000,
    node: NodeOption = DEFAULT_NODE,
    token_file: TokenOption = None,
    tls_ca: TlsOption = None,
    as_json: JsonOption = False,
) -> None:
    """The traceability records of a lot for the FDA, as CSV.

    One row for each critical tracking event (21 CFR part 1 subpart S), of the lot, of what it was made from
    and of what it went into. What is missing is named with the party that owes it; where the answer is not
    whole, rows at the end say so.

    Exit codes: 0 written, 1 refused, 2 malformed, 5 node not reachable.
    """
    with reported(as_json):
        first, last = span(start, end)
        door = Door(node, token_file, tls_ca)
        gathered = asyncio.run(
            _gather(door, lot, None if end == FOR_EVER else last, moment(known_at), max_items)
        )
        lines = _lines(gathered, first, last)
        document = _document(gathered, lines, start, end)
        if out is not None:
            _write(out, lines)
            document |= {"file": str(out)}
        if as_json:
            show_json(document)
        elif out is None:
            _print(lines)
        events = sum(not _is_gap(line) for line in lines)
        note(f"{events} rows, {len(lines) - events} gaps" + (f"; wrote {out}" if out else ""))


def span(start: str, end: str) -> tuple[datetime, datetime]:
    """From when to when, both included: a day is meant as a whole, in UTC. Raises BAD_REQUEST."""
    first = _day(start) or moment(start)
    day = _day(end)
    last = day + timedelta(days=1, microseconds=-1) if day else moment(end)
    if first is None or last is None or last < first:
        raise usage(f"--from {start} --to {end} is no span of time")
    return first, last


def _day(text: str) -> datetime | None:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    if day >= datetime(9999, 12, 31, tzinfo=UTC):
        raise usage(f"{text} is beyond what can be asked for")
    return day


async def _gather(
    door: Door, lot: str, last: datetime | None, known_at: datetime | None, max_items: int
) -> "Gathered":
    from tracehold.cli.gathering import gather

    async with open_client(door.node, door.token_file, door.tls_ca) as client:
        return await gather(client, lot, last, known_at, max_items)


def _lines(gathered: "Gathered", first: datetime, last: datetime) -> list[dict[str, str]]:
    """The cells of the sheet: events by time, then what keeps the answer from being whole."""
    from tracehold.core.fsma204 import COLUMNS, rows

    found = rows(gathered.told, gathered.known, _micros(first), _micros(last))
    empty = dict.fromkeys(COLUMNS, "")
    gaps = [
        empty | {"critical_tracking_event": GAP, "item": item, "missing": f"{reason}: {detail}"}
        for item, reason, detail in gathered.gaps
    ]
    return [dict(row.cells) for row in found] + gaps


GAP = "gap"
"""In place of a critical tracking event: a row that says where the answer is not whole."""


def _is_gap(line: dict[str, str]) -> bool:
    return line["critical_tracking_event"] == GAP


def _micros(when: datetime) -> int:
    return (when - _EPOCH) // timedelta(microseconds=1)


def _document(gathered: "Gathered", lines: list[dict[str, str]], start: str, end: str) -> dict[str, Any]:
    return {
        "lot": gathered.lot,
        "from": start,
        "to": end,
        "rows": [line for line in lines if not _is_gap(line)],
        "gaps": [
            {"item": item, "reason": reason, "detail": detail} for item, reason, detail in gathered.gaps
        ],
    }


def _csv(lines: list[dict[str, str]]) -> bytes:
    from tracehold.core.fsma204 import COLUMNS, csv_bytes

    return csv_bytes(COLUMNS, lines)


def _write(out: Path, lines: list[dict[str, str]]) -> None:
    try:
        out.write_bytes(_csv(lines))
    except OSError as error:
        raise usage(f"cannot write {out}") from error


def _print(lines: list[dict[str, str]]) -> None:
    typer.echo(_csv(lines), nl=False)
