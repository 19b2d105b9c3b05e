"""`tracehold contents`: what is in a container, or attached to an asset."""

from typing import TYPE_CHECKING

from tracehold.cli.comparing import ComparedOption, ask_compared
from tracehold.cli.connection import DEFAULT_NODE, NodeOption, TlsOption, TokenOption
from tracehold.cli.dossier import OutOption, save
from tracehold.cli.locate import ItemArgument
from tracehold.cli.moments import (
    AtOption,
    KnownAtOption,
    VerifyOption,
    as_of,
    note_limits,
    note_nothing,
    print_noted,
)
from tracehold.cli.output import JsonOption, table
from tracehold.cli.question import Door, ask

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tracehold.v1.trace_pb2 import Content, GetContentsResponse


def contents(
    item: ItemArgument,
    at: AtOption = "",
    known_at: KnownAtOption = "",
    compared_with: ComparedOption = "",
    verify: VerifyOption = "proof",
    out: OutOption = None,
    node: NodeOption = DEFAULT_NODE,
    token_file: TokenOption = None,
    tls_ca: TlsOption = None,
    as_json: JsonOption = False,
) -> None:
    """What is packed in a container, or attached to an asset.

    Through all levels.

    With --known-at and --compared-with: what is different between the two, and which records did it.

    Exit codes: 0 answered, 1 refused, 2 malformed, 5 node not reachable. Gaps are
    no error: they are in the answer.
    """
    door = Door(node, token_file, tls_ca)
    if compared_with:
        from tracehold_client import questions

        ask_compared(
            lambda: questions.contents_request(item, **as_of(at, known_at, verify)),
            known_at,
            compared_with,
            door,
            as_json,
            out,
        )
        return
    if out is not None:
        from tracehold_client.questions import contents_request

        save(lambda: contents_request(item, **as_of(at, known_at, verify)), out, door, as_json)
        return
    ask(
        lambda client: client.contents(item, **as_of(at, known_at, verify)),
        _show,
        door,
        as_json,
    )


def _show(answer: "GetContentsResponse") -> None:
    table([*_rows("packed", answer.children), *_rows("attached", answer.components)])
    print_noted(answer.events)
    found = (*answer.children, *answer.components)
    note_nothing(found, "no statement says that anything is in it, or attached to it")
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
