"""`tracehold trace`: where does it come from, where did it go."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.comparing import ComparedOption, ask_compared
from tracehold.cli.connection import DEFAULT_NODE, NodeOption, TlsOption, TokenOption
from tracehold.cli.dossier import OutOption, save
from tracehold.cli.locate import ItemArgument
from tracehold.cli.moments import (
    WIDER,
    AtOption,
    DepthOption,
    KnownAtOption,
    MaxItemsOption,
    StrictTimeOption,
    VerifyOption,
    as_of,
    note_limits,
    note_nothing,
    print_events,
)
from tracehold.cli.output import JsonOption, table
from tracehold.cli.question import Door, ask

if TYPE_CHECKING:
    from tracehold.v1.trace_pb2 import TraceRequest, TraceResponse


def trace(
    item: ItemArgument,
    direction: Annotated[str, typer.Option(help="upstream or downstream.")] = "upstream",
    at: AtOption = "",
    known_at: KnownAtOption = "",
    compared_with: ComparedOption = "",
    max_depth: DepthOption = 0,
    max_items: MaxItemsOption = 0,
    verify: VerifyOption = "proof",
    strict_time: StrictTimeOption = False,
    out: OutOption = None,
    node: NodeOption = DEFAULT_NODE,
    token_file: TokenOption = None,
    tls_ca: TlsOption = None,
    as_json: JsonOption = False,
) -> None:
    """What an item was made from (upstream), or went into (downstream).

    With the events that say so.

    With --known-at and --compared-with: what is different between the two, and which records did it.

    Exit codes: 0 answered, 1 refused, 2 malformed, 5 node not reachable. Gaps are
    no error: they are in the answer.
    """
    door = Door(node, token_file, tls_ca)

    def options() -> dict[str, Any]:
        bounds = {"max_depth": max_depth, "max_items": max_items, "strict_time": strict_time}
        return bounds | as_of(at, known_at, verify)

    def request() -> "TraceRequest":
        from tracehold_client.questions import trace_request

        return trace_request(item, direction, **options())

    if compared_with:
        ask_compared(request, known_at, compared_with, door, as_json, out)
    elif out is not None:
        save(request, out, door, as_json)
    else:
        ask(lambda client: client.trace(item, direction, **options()), _show, door, as_json)


def _show(answer: "TraceResponse") -> None:
    table([(str(each.depth), each.item) for each in answer.items])
    print_events(answer.events)
    note_nothing(answer.items, "no statement says that it was made from anything, or went into anything")
    note_limits(answer.gaps, answer.truncated, WIDER)
