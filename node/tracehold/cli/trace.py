"""`tracehold trace`: where does it come from, where did it go."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.connection import DEFAULT_NODE, NodeOption, TlsOption, TokenOption, open_client
from tracehold.cli.locate import ItemArgument
from tracehold.cli.moments import (
    AtOption,
    KnownAtOption,
    VerifyOption,
    is_full,
    moment,
    note_limits,
    print_events,
)
from tracehold.cli.output import JsonOption, reported, show_json, table

if TYPE_CHECKING:
    from tracehold.v1.trace_pb2 import TraceResponse


def trace(
    item: ItemArgument,
    direction: Annotated[str, typer.Option(help="upstream or downstream.")] = "upstream",
    at: AtOption = "",
    known_at: KnownAtOption = "",
    max_depth: Annotated[int, typer.Option(min=0, max=1000, help="Transformations to follow; 0 means 100.")] = 0,
    verify: VerifyOption = "proof",
    strict_time: Annotated[
        bool, typer.Option(help="Leave out edges whose output is older than its input.")
    ] = False,
    node: NodeOption = DEFAULT_NODE,
    token_file: TokenOption = None,
    tls_ca: TlsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Everything that an item was made from (upstream), or went into (downstream),
    with the events that say so.

    Exit codes: 0 answered, 1 refused, 2 malformed, 5 node not reachable. Gaps are
    no error: they are in the answer.
    """
    from tracehold.wire.protojson import to_json

    with reported(as_json):
        options = {
            "at": moment(at),
            "known_at": moment(known_at),
            "max_depth": max_depth,
            "full": is_full(verify),
            "strict_time": strict_time,
        }
        answer = asyncio.run(_ask(item, direction, options, node, token_file, tls_ca))
        if as_json:
            show_json(to_json(answer))
            return
        table([(str(each.depth), each.item) for each in answer.items])
        print_events(answer.events)
        note_limits(answer.gaps, answer.truncated)


async def _ask(
    item: str,
    direction: str,
    options: dict[str, Any],
    node: str,
    token_file: Path | None,
    tls_ca: Path | None,
) -> "TraceResponse":
    async with open_client(node, token_file, tls_ca) as client:
        return await client.trace(item, direction, **options)
