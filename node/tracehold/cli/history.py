"""`tracehold history`: what happened to an item."""

from typing import TYPE_CHECKING

from tracehold.cli.comparing import ComparedOption, ask_compared
from tracehold.cli.connection import DEFAULT_NODE, NodeOption, TlsOption, TokenOption
from tracehold.cli.dossier import OutOption, save
from tracehold.cli.locate import ItemArgument, TransactionOption, transaction_type
from tracehold.cli.moments import (
    AtOption,
    KnownAtOption,
    VerifyOption,
    as_of,
    note_limits,
    note_nothing,
    print_events,
)
from tracehold.cli.output import JsonOption, reported, usage
from tracehold.cli.question import Door, ask

if TYPE_CHECKING:
    from tracehold.v1.trace_pb2 import GetHistoryResponse


def history(
    item: ItemArgument,
    transaction: TransactionOption = "",
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
    """What happened to an item, and to what held it while it held it.

    With --transaction: what happened under an order, an invoice, a despatch advice.

    With --known-at and --compared-with: what is different between the two, and which records did it.

    Exit codes: 0 answered, 1 refused, 2 malformed, 5 node not reachable. Gaps are
    no error: they are in the answer.
    """
    door = Door(node, token_file, tls_ca)
    if compared_with:
        from tracehold_client import questions

        ask_compared(
            lambda: questions.history_request(
                item, transaction=transaction_type(transaction), **as_of(at, known_at, verify)
            ),
            known_at,
            compared_with,
            door,
            as_json,
            out,
        )
        return
    if out is not None:
        from tracehold_client.questions import history_request

        with reported(as_json):
            if transaction:
                raise usage("--out saves the history of an item, not of a transaction")
        save(lambda: history_request(item, **as_of(at, known_at, verify)), out, door, as_json)
        return
    ask(
        lambda client: client.history(
            item, transaction=transaction_type(transaction), **as_of(at, known_at, verify)
        ),
        _show,
        door,
        as_json,
    )


def _show(answer: "GetHistoryResponse") -> None:
    print_events(answer.events)
    note_nothing(answer.events, "no statement is about it")
    note_limits(answer.gaps, answer.truncated)
