"""`tracehold common`: what several items have in common."""

from typing import TYPE_CHECKING, Annotated

import typer

from tracehold.cli.comparing import ComparedOption, ask_compared
from tracehold.cli.connection import DEFAULT_NODE, NodeOption, TlsOption, TokenOption
from tracehold.cli.dossier import OutOption, save
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
    from tracehold.v1.trace_pb2 import CommonResponse


def common(
    items: Annotated[
        list[str],
        typer.Argument(help="Two or more: any GS1 spelling, or other URIs.", metavar="ITEM..."),
    ],
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
    """Ancestors, places and parties that several items share.

    For complaints about several lots: what is behind all of them, the nearest first.

    With --known-at and --compared-with: what is different between the two, and which records did it.

    Exit codes: 0 answered, 1 refused, 2 malformed, 5 node not reachable. Gaps are
    no error: they are in the answer.
    """
    door = Door(node, token_file, tls_ca)
    if compared_with:
        from tracehold_client import questions

        ask_compared(
            lambda: questions.common_request(
                items, max_depth=max_depth, strict_time=strict_time, **as_of(at, known_at, verify)
            ),
            compared_with,
            door,
            as_json,
            out,
        )
        return
    if out is not None:
        from tracehold_client.questions import common_request

        save(
            lambda: common_request(
                items, max_depth=max_depth, strict_time=strict_time, **as_of(at, known_at, verify)
            ),
            out,
            door,
            as_json,
        )
        return
    ask(
        lambda client: client.common(
            items, max_depth=max_depth, strict_time=strict_time, **as_of(at, known_at, verify)
        ),
        _show,
        door,
        as_json,
    )


def _show(answer: "CommonResponse") -> None:
    table([(" ".join(map(str, each.depths)), each.item, " ".join(each.flags)) for each in answer.items])
    table([*(("place", each.id) for each in answer.places), *(("party", each.id) for each in answer.parties)])
    print_events(answer.events)
    note_limits(answer.gaps, answer.truncated)
