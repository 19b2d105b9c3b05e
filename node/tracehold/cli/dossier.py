"""An answer as a file: `--out` of all questions but differences."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.connection import open_client
from tracehold.cli.output import note, reported, say, show_json, usage
from tracehold.cli.question import Door

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from tracehold.core.dossier import Dossier

OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        help="Save the answer with all records and proofs that it rests on, for who trusts nobody.",
    ),
]


def save(question: "Callable[[], Message]", out: Path, door: Door, as_json: bool) -> None:
    """Ask the question, and save its dossier; what it says in short is printed. Errors of all of it are
    reported, those of making the question too.
    """
    with reported(as_json):
        raw, found = asyncio.run(_fetched(question(), door))
        try:
            out.write_bytes(raw)
        except OSError as error:
            raise usage(f"cannot write {out}") from error
        shown = _shown(found, out, len(raw))
        if as_json:
            show_json(shown)
            return
        for each in found.answer.get("items", ()):
            say(f"{each['depth'] if 'depth' in each else ' '.join(map(str, each['depths']))}  {each['item']}")
        for gap in [*found.answer["gaps"], *shown["gaps"]]:
            note(f"gap {gap['reason'].upper()} {gap['item']}: {gap['detail']}".replace(" :", ":"))
        if not found.records:
            note("no record is about this, so the file proves nothing")
        count = f"{len(found.records)} records of {shown['logs']} logs"
        note(f"wrote {out}: {count}, {shown['sealed']} of them not anchored yet")
        note(f"check it with: tracehold verify {out} --trust FILE")


async def _fetched(question: "Message", door: Door) -> "tuple[bytes, Dossier]":
    from tracehold_client.dossiers import dossier

    async with open_client(door.node, door.token_file, door.tls_ca) as client:
        return await dossier(client, question)


def _shown(found: "Dossier", out: Path, size: int) -> dict[str, Any]:
    from tracehold.core.dossier.telling import gaps_json

    return {
        "version": 1,
        "file": str(out),
        "bytes": size,
        "records": len(found.records),
        "logs": len({place.log for place in found.records.values()}),
        "sealed": sum(len(group.records) for group in found.groups if group.anchor is None),
        "answer": found.answer,
        "gaps": gaps_json(found.said.gaps),
    }
