"""`tracehold receipt`: the evidence of a record, to check offline and to keep."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from tracehold.cli.connection import DEFAULT_NODE, NodeOption, TlsOption, TokenOption, open_client
from tracehold.cli.output import JsonOption, note, reported, show_json, usage


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
        evidence = asyncio.run(_evidence(fingerprint.lower(), node, token_file, tls_ca))
        try:
            out.write_bytes(evidence)
        except OSError as error:
            raise usage(f"cannot write {out}") from error
        if as_json:
            show_json({"fingerprint": fingerprint.lower(), "file": str(out), "bytes": len(evidence)})
        note(f"wrote {out}; check it with: tracehold verify {out} --trust FILE")


async def _evidence(fingerprint: str, node: str, token_file: Path | None, tls_ca: Path | None) -> bytes:
    async with open_client(node, token_file, tls_ca) as client:
        return await client.evidence(fingerprint)
