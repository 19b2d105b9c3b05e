"""`tracehold history`: what happened to an item."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from tracehold.cli.output import JsonOption, reported, show_json

if TYPE_CHECKING:
    from tracehold.v1.trace_pb2 import GetHistoryResponse


def history(
    item: ItemArgument,
    at: AtOption = "",
    known_at: KnownAtOption = "",
    verify: VerifyOption = "proof",
    node: NodeOption = DEFAULT_NODE,
    token_file: TokenOption = None,
    tls_ca: TlsOption = None,
    as_json: JsonOption = False,
) -> None:
    """What happened to an item, and to the containers that held it while they held it.

    Exit codes: 0 answered, 1 refused, 2 malformed, 5 node not reachable. Gaps are
    no error: they are in the answer.
    """
    from tracehold.wire.protojson import to_json

    with reported(as_json):
        options = {"at": moment(at), "known_at": moment(known_at), "full": is_full(verify)}
        answer = asyncio.run(_ask(item, options, node, token_file, tls_ca))
        if as_json:
            show_json(to_json(answer))
            return
        print_events(answer.events)
        note_limits(answer.gaps, answer.truncated)


async def _ask(
    item: str, options: dict[str, Any], node: str, token_file: Path | None, tls_ca: Path | None
) -> "GetHistoryResponse":
    async with open_client(node, token_file, tls_ca) as client:
        return await client.history(item, **options)
