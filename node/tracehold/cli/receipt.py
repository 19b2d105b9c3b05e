"""`tracehold receipt`: the evidence of a record, to check offline and to keep."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.connection import DEFAULT_NODE, NodeOption, TlsOption, TokenOption, open_client
from tracehold.cli.output import JsonOption, note, reported, show_json, usage

if TYPE_CHECKING:
    from tracehold.v1 import receipt_pb2


def receipt(
    fingerprint: Annotated[str, typer.Argument(help="Fingerprint of the record, 64 hexadecimal digits.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Evidence file to write.")],
    node: NodeOption = DEFAULT_NODE,
    token_file: TokenOption = None,
    tls_ca: TlsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Save the evidence file of a record.

    It holds the record, its receipt, and what enrols its signer.

    Exit codes: 0 saved, 1 refused, 2 malformed, 5 node not reachable.
    """
    with reported(as_json):
        told, evidence = asyncio.run(_receipt(fingerprint.lower(), node, token_file, tls_ca))
        try:
            out.write_bytes(evidence)
        except OSError as error:
            raise usage(f"cannot write {out}") from error
        if as_json:
            shown = {"fingerprint": fingerprint.lower(), "file": str(out), "bytes": len(evidence)}
            show_json(shown | _copies(told))
        elif told.HasField("copies"):
            note(f"copies {told.copies.kept} of {told.copies.target}")
        note(f"wrote {out}; check it with: tracehold verify {out} --trust FILE")


def _copies(told: "receipt_pb2.Receipt") -> dict[str, Any]:
    """Only the creator counts them."""
    if not told.HasField("copies"):
        return {}
    return {"copies": {"kept": told.copies.kept, "target": told.copies.target}}


async def _receipt(
    fingerprint: str, node: str, token_file: Path | None, tls_ca: Path | None
) -> "tuple[receipt_pb2.Receipt, bytes]":
    async with open_client(node, token_file, tls_ca) as client:
        return await client.receipt(fingerprint), await client.evidence(fingerprint)
