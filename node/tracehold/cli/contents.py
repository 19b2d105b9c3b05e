"""`tracehold contents`: what is in a container, or attached to an asset."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracehold.cli.connection import DEFAULT_NODE, NodeOption, TlsOption, TokenOption, open_client
from tracehold.cli.locate import ItemArgument
from tracehold.cli.moments import AtOption, KnownAtOption, VerifyOption, is_full, moment, note_limits
from tracehold.cli.output import JsonOption, reported, show_json, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tracehold.v1.trace_pb2 import Content, GetContentsResponse


def contents(
    item: ItemArgument,
    at: AtOption = "",
    known_at: KnownAtOption = "",
    verify: VerifyOption = "proof",
    node: NodeOption = DEFAULT_NODE,
    token_file: TokenOption = None,
    tls_ca: TlsOption = None,
    as_json: JsonOption = False,
) -> None:
    """What is packed in a container, or attached to an asset, through all levels.

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
        table([*_rows("packed", answer.children), *_rows("attached", answer.components)])
        note_limits(answer.gaps, answer.truncated)


def _rows(how: str, found: "Iterable[Content]") -> list[tuple[str, ...]]:
    return [
        (
            how,
            f"{'  ' * (each.depth - 1)}{each.item}",
            f"{each.quantity:g} {each.uom}".strip() if each.HasField("quantity") else "",
            f"since {each.since.ToDatetime().isoformat()}Z" if each.HasField("since") else "",
        )
        for each in found
    ]


async def _ask(
    item: str, options: dict[str, Any], node: str, token_file: Path | None, tls_ca: Path | None
) -> "GetContentsResponse":
    async with open_client(node, token_file, tls_ca) as client:
        return await client.contents(item, **options)
