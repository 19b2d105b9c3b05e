"""`tracehold locate`: who keeps which records about an item."""

from typing import TYPE_CHECKING, Annotated

import typer

from tracehold.cli.connection import DEFAULT_NODE, NodeOption, TlsOption, TokenOption
from tracehold.cli.output import JsonOption, note, table
from tracehold.cli.question import Door, ask

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
    ask(lambda client: client.locate(item), _show, Door(node, token_file, tls_ca), as_json)


def _show(answer: "LocateResponse") -> None:
    from tracehold.cli import shown

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
