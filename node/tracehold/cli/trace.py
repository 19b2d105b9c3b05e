"""`tracehold trace`: where does it come from, where did it go."""

from typing import TYPE_CHECKING, Annotated

import typer

from tracehold.cli.comparing import ComparedOption, ask_compared
from tracehold.cli.connection import DEFAULT_NODE, NodeOption, TlsOption, TokenOption
from tracehold.cli.dossier import OutOption, save
from tracehold.cli.locate import ItemArgument
from tracehold.cli.moments import (
    AtOption,
    DepthOption,
    KnownAtOption,
    StrictTimeOption,
    VerifyOption,
    as_of,
    note_limits,
    print_events,
)
from tracehold.cli.output import JsonOption, table
from tracehold.cli.question import Door, ask

if TYPE_CHECKING:
    from tracehold.v1.trace_pb2 import TraceResponse


def trace(
    item: ItemArgument,
    direction: Annotated[str, typer.Option(help="upstream or downstream.")] = "upstream",
    at: AtOption = "",
    known_at: KnownAtOption = "",
    compared_with: ComparedOption = "",
    max_depth: DepthOption = 0,
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
    if compared_with:
        from tracehold_client import questions

        ask_compared(
            lambda: questions.trace_request(
                item, direction, max_depth=max_depth, strict_time=strict_time, **as_of(at, known_at, verify)
            ),
            compared_with,
            door,
            as_json,
            out,
        )
        return
    if out is not None:
        from tracehold_client.questions import trace_request

        save(
            lambda: trace_request(
                item, direction, **as_of(at, known_at, verify), max_depth=max_depth, strict_time=strict_time
            ),
            out,
            door,
            as_json,
        )
        return
    ask(
        lambda client: client.trace(
            item, direction, max_depth=max_depth, strict_time=strict_time, **as_of(at, known_at, verify)
        ),
        _show,
        door,
        as_json,
    )


def _show(answer: "TraceResponse") -> None:
    table([(str(each.depth), each.item) for each in answer.items])
    print_events(answer.events)
    note_limits(answer.gaps, answer.truncated)
