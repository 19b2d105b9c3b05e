"""`tracehold locate`: who keeps which records about an item."""

from typing import TYPE_CHECKING, Annotated

import typer

from tracehold.cli.connection import DEFAULT_NODE, NodeOption, TlsOption, TokenOption
from tracehold.cli.output import JsonOption, note, table
from tracehold.cli.question import Door, ask

if TYPE_CHECKING:
    from tracehold.v1.trace_pb2 import LocateResponse

ItemArgument = Annotated[str, typer.Argument(help="The item: any GS1 spelling, or another URI.")]


TransactionOption = Annotated[
    str,
    typer.Option(
        help="ITEM is the id of a business transaction of this type: po, inv, desadv, ...; any: of any type.",
        metavar="TYPE",
    ),
]


def transaction_type(word: str) -> str | None:
    """The type as the client's questions take it: None where an item is meant, "" for any."""
    return None if not word else "" if word == "any" else word


def locate(
    item: ItemArgument,
    transaction: TransactionOption = "",
    node: NodeOption = DEFAULT_NODE,
    token_file: TokenOption = None,
    tls_ca: TlsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Which holders keep which records about an item.

    With --transaction: about what happened under an order, an invoice, a despatch advice.

    Exit codes: 0 answered, 1 refused, 2 malformed, 5 node not reachable.
    """
    ask(
        lambda client: client.locate(item, transaction=transaction_type(transaction)),
        _show,
        Door(node, token_file, tls_ca),
        as_json,
    )


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
