"""`tracehold locate`: who keeps which records about an item."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracehold.cli.connection import DEFAULT_NODE, NodeOption, TlsOption, TokenOption, open_client
from tracehold.cli.output import JsonOption, note, reported, show_json, table

if TYPE_CHECKING:
    from tracehold.v1.trace_pb2 import LocateResponse

ItemArgument = Annotated[str, typer.Argument(help="The item: any GS1 spelling, or another URI.")]


def locate(
    item: ItemArgument,
    node: NodeOption = DEFAULT_NODE,
    token_file: TokenOption = None,
    tls_ca: TlsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Which holders keep which records about an item.

    Exit codes: 0 answered, 1 refused, 2 malformed, 5 node not reachable.
    """
    from tracehold.cli import shown
    from tracehold.wire.protojson import to_json

    with reported(as_json):
        answer = asyncio.run(_ask(item, node, token_file, tls_ca))
        if as_json:
            show_json(to_json(answer))
            return
        table(
            [
                (
                    each.fingerprint,
                    shown.name_of(each, "state"),
                    f"nodes {list(each.holders)}",
                    each.speaker.party,
                )
                for each in answer.locations
            ]
        )
        for gap in answer.gaps:
            note(f"gap {shown.name_of(gap, 'reason')} {gap.item}: {gap.detail}")


async def _ask(item: str, node: str, token_file: Path | None, tls_ca: Path | None) -> "LocateResponse":
    async with open_client(node, token_file, tls_ca) as client:
        return await client.locate(item)
