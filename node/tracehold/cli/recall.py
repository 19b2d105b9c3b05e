"""`tracehold recall`: what is affected, where it is, and whom to call."""

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
    print_noted,
)
from tracehold.cli.output import JsonOption, table
from tracehold.cli.question import Door, ask
from tracehold.cli.state import standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tracehold.v1.trace_pb2 import RecalledItem, RecallRequest, RecallResponse


def recall(
    items: Annotated[
        list[str], typer.Argument(help="The items: any GS1 spelling, or other URIs.", metavar="ITEM...")
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
    """What came of items, where each of it is now, and whom to call.

    By issuer, the nearest first; contacts are from master data.

    With --known-at and --compared-with: what is different between the two, and which records did it.

    Exit codes: 0 answered, 1 refused, 2 malformed, 5 node not reachable. Gaps are
    no error: they are in the answer.
    """
    door = Door(node, token_file, tls_ca)

    def options() -> dict[str, Any]:
        bounds = {"max_depth": max_depth, "max_items": max_items, "strict_time": strict_time}
        return bounds | as_of(at, known_at, verify)

    def request() -> "RecallRequest":
        from tracehold_client.questions import recall_request

        return recall_request(items, **options())

    if compared_with:
        ask_compared(request, known_at, compared_with, door, as_json, out)
    elif out is not None:
        save(request, out, door, as_json)
    else:
        ask(lambda client: client.recall(items, **options()), _show, door, as_json)


def _show(answer: "RecallResponse") -> None:
    counted = {each.issuer: each.items for each in answer.issuers}
    table(list(_rows(answer.recalled)))
    for issuer in dict.fromkeys(each.issuer for each in answer.items):
        rows = _rows(each for each in answer.items if each.issuer == issuer)
        table([(f"{issuer}: {_items(counted[issuer])}",)])
        table(list(rows))
    table(
        [
            (each.id, each.name, ", ".join(line.value for line in each.lines), f"says {each.speaker.party}")
            for each in answer.contacts
        ]
    )
    print_noted(answer.events)
    note_nothing(answer.items, "no statement says that anything came of it")
    note_limits(answer.gaps, answer.truncated, WIDER)


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"


def _rows(items: "Iterable[RecalledItem]") -> "Iterator[tuple[str, ...]]":
    for each in items:
        yield str(each.depth), each.item, "", " ".join([*each.dispositions, *each.flags]), ""
        for line in standing(each):
            yield "", *line
