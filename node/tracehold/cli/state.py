"""`tracehold state`: how an item stands."""

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
    print_events,
)
from tracehold.cli.output import JsonOption, table
from tracehold.cli.question import Door, ask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.timestamp_pb2 import Timestamp

    from tracehold.v1.trace_pb2 import GetStateResponse, RecalledItem


def state(
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
    """Where an item is, in what, in which state, and who has it.

    With the events that say so, and those that say otherwise.

    With --known-at and --compared-with: what is different between the two, and which records did it.

    Exit codes: 0 answered, 1 refused, 2 malformed, 5 node not reachable. Gaps are
    no error: they are in the answer.
    """
    door = Door(node, token_file, tls_ca)
    if compared_with:
        from tracehold_client import questions

        ask_compared(
            lambda: questions.state_request(item, **as_of(at, known_at, verify)),
            known_at,
            compared_with,
            door,
            as_json,
            out,
        )
        return
    if out is not None:
        from tracehold_client.questions import state_request

        save(lambda: state_request(item, **as_of(at, known_at, verify)), out, door, as_json)
        return
    ask(
        lambda client: client.state(item, **as_of(at, known_at, verify)),
        _show,
        door,
        as_json,
    )


def _show(answer: "GetStateResponse") -> None:
    conditions = [
        ("persistent" if each.persistent else "disposition", each.disposition, since(each.since), "")
        for each in answer.conditions
    ]
    rows = [*standing(answer), *conditions]
    table(rows)
    print_events(answer.events)
    note_nothing(rows, "no statement says how it stands")
    note_limits(answer.gaps, answer.truncated)


def standing(row: "GetStateResponse | RecalledItem") -> "Iterator[tuple[str, ...]]":
    """Where it is, in what, in whose hands, and how much of it: a line of four cells for each."""
    for stay in row.places:
        yield "at", stay.place, since(stay.since), ""
    for held in row.containers:
        yield "in", f"{'  ' * (held.depth - 1)}{held.parent}", since(held.since), ""
    for held in row.part_of:
        yield "part of", f"{'  ' * (held.depth - 1)}{held.parent}", since(held.since), ""
    for each in row.custodians:
        bound = f"on its way to {each.bound_for}" if each.bound_for else ""
        yield "with", each.party, since(each.since), bound
    for amount in row.amounts:
        known = f"{amount.quantity:g} {amount.uom}".strip() if amount.HasField("quantity") else "some"
        yield "left", known, "", ""
    if row.ended:
        yield "ended", "", "", ""


def since(moment: "Timestamp") -> str:
    """Since when, in a cell of a table."""
    return f"since {moment.ToDatetime().isoformat()}Z"
