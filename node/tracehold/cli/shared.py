"""`tracehold common`: what several items have in common."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.comparing import ComparedOption, ask_compared
from tracehold.cli.connection import DEFAULT_NODE, NodeOption, TlsOption, TokenOption
from tracehold.cli.dossier import OutOption, save
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
    from tracehold.v1.trace_pb2 import CommonRequest, CommonResponse


def common(
    items: Annotated[
        list[str],
        typer.Argument(help="Two or more: any GS1 spelling, or other URIs.", metavar="ITEM..."),
    ],
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
    """Ancestors, places and parties that several items share.

    For complaints about several lots: what is behind all of them, the nearest first.

    With --known-at and --compared-with: what is different between the two, and which records did it.

    Exit codes: 0 answered, 1 refused, 2 malformed, 5 node not reachable. Gaps are
    no error: they are in the answer.
    """
    door = Door(node, token_file, tls_ca)

    def options() -> dict[str, Any]:
        bounds = {"max_depth": max_depth, "max_items": max_items, "strict_time": strict_time}
        return bounds | as_of(at, known_at, verify)

    def request() -> "CommonRequest":
        from tracehold_client.questions import common_request

        return common_request(items, **options())

    if compared_with:
        ask_compared(request, known_at, compared_with, door, as_json, out)
    elif out is not None:
        save(request, out, door, as_json)
    else:
        ask(lambda client: client.common(items, **options()), _show, door, as_json)


def _show(answer: "CommonResponse") -> None:
    table([(" ".join(map(str, each.depths)), each.item, " ".join(each.flags)) for each in answer.items])
    table([*(("place", each.id) for each in answer.places), *(("party", each.id) for each in answer.parties)])
    print_events(answer.events)
    found = (*answer.items, *answer.places, *answer.parties)
    note_nothing(found, "no ancestor, place or party is common to all of them")
    note_limits(answer.gaps, answer.truncated, WIDER)
