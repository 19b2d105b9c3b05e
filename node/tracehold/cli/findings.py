"""`tracehold findings`: what is doubtful about records, given the others that the node knows."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from tracehold.cli.connection import DEFAULT_NODE, NodeOption, TlsOption, TokenOption, open_client
from tracehold.cli.output import JsonOption, note, reported, show_json, table
from tracehold.cli.question import Door

if TYPE_CHECKING:
    from tracehold.v1.record_pb2 import Record


def findings(
    fingerprints: Annotated[
        list[str], typer.Argument(help="Fingerprints of records, each 64 hexadecimal digits.")
    ],
    node: NodeOption = DEFAULT_NODE,
    token_file: TokenOption = None,
    tls_ca: TlsOption = None,
    as_json: JsonOption = False,
) -> None:
    """What is doubtful about records: warnings, no refusals.

    Each with its code, the place in the payload and the record beside which it is doubtful, where there is
    one. They come and go as other events come; docs/quality.md has all codes.

    Exit codes: 0 answered, 1 refused, 2 malformed, 5 node not reachable. A finding is no error.
    """
    door = Door(node, token_file, tls_ca)
    with reported(as_json):
        records = asyncio.run(_records([name.lower() for name in fingerprints], door))
        if as_json:
            show_json({"records": [_plain(record) for record in records]})
        else:
            _show(records)


async def _records(fingerprints: Sequence[str], door: Door) -> "list[Record]":
    async with open_client(door.node, door.token_file, door.tls_ca) as client:
        return [await client.record(name) for name in fingerprints]


def _plain(record: "Record") -> dict[str, object]:
    found = [
        {"code": each.code, "path": each.path, "message": each.message, "other": each.other}
        for each in record.findings
    ]
    return {"fingerprint": record.fingerprint, "findings": found}


def _show(records: "Sequence[Record]") -> None:
    """One line for each finding on stdout, words for people on stderr."""
    table(
        [
            (record.fingerprint, each.code, each.path or "(all of it)", each.other or "-")
            for record in records
            for each in record.findings
        ]
    )
    for code, message in sorted(
        {(each.code, each.message) for record in records for each in record.findings}
    ):
        note(f"{code}: {message}")
    for record in records:
        if not record.findings:
            note(f"nothing is found of {record.fingerprint}")
