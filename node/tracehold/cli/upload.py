"""`tracehold upload`: files of events or statements to a node, over gRPC."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.attach import bring
from tracehold.cli.connection import (
    DEFAULT_NODE,
    DEFAULT_REST,
    NodeOption,
    RestOption,
    TlsOption,
    TokenOption,
    open_client,
    read_input,
)
from tracehold.cli.output import REFUSED, JsonOption, note, reported, say, show_json, usage
from tracehold.cli.progress import progress

if TYPE_CHECKING:
    from tracehold.core.record import Attachment
    from tracehold_client import AsyncClient, Item, State, Uploaded

WaitOption = Annotated[
    str,
    typer.Option(
        "--wait-for", help="Return when all are SEALED, REPLICATED, ANCHORED or FINAL.", metavar="STATE"
    ),
]
TimeoutOption = Annotated[float, typer.Option(help="Seconds to wait for that state.")]


def upload(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="An event, an EPCISDocument (JSON or XML), lines of events (NDJSON), or a statement (.cose)."
        ),
    ],
    key: Annotated[
        Path | None,
        typer.Option(help="Sign with this key (see `tracehold key`); without, the creator signs."),
    ] = None,
    party: Annotated[
        str, typer.Option(help="URI of the party that says so; by default that of the token.")
    ] = "",
    audience: Annotated[
        str, typer.Option(help="public, network, interest, parties or authority.")
    ] = "network",
    attachments: Annotated[
        list[Path] | None,
        typer.Option(
            "--attach", help="Bring this file first (--rest); each record that is signed here names it."
        ),
    ] = None,
    wait_for: WaitOption = "SEALED",
    timeout: TimeoutOption = 120.0,
    node: NodeOption = DEFAULT_NODE,
    rest: RestOption = DEFAULT_REST,
    token_file: TokenOption = None,
    tls_ca: TlsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Upload events or statements.

    With --key they are signed here, for --party; else the creator signs for the token's party.

    Exit codes: 0 all taken, 1 some or all refused, 2 malformed, 5 not reachable or not in time, 70 broken.
    """
    with reported(as_json):
        state = parse_state(wait_for)
        if key is not None and not party:
            raise usage("--key needs --party: who says so")
        if attachments and key is None:
            raise usage("--attach needs --key: what the creator signs names no attachments")
        content = [read_input(file) for file in files]
        named = tuple(bring(file, rest, token_file, tls_ca) for file in attachments or ())
        make = partial(_maker, key=key, party=party, audience=audience, attachments=named)
        outcomes = asyncio.run(_upload(content, make, state, timeout, (node, token_file, tls_ca)))
        refused = show_outcomes(outcomes, as_json)
    if refused:
        raise typer.Exit(REFUSED)


def parse_state(name: str) -> "State":
    """The state of that name; BAD_REQUEST for another word."""
    from tracehold_client import State

    if name.upper() not in {"SEALED", "REPLICATED", "ANCHORED", "FINAL"}:
        raise usage(f"{name} is none of SEALED, REPLICATED, ANCHORED, FINAL")
    return State[name.upper()]


def show_outcomes(outcomes: "list[Uploaded]", as_json: bool) -> int:
    """Print what became of each record; how many were refused."""
    refused = sum(outcome.error is not None for outcome in outcomes)
    if as_json:
        taken = len(outcomes) - refused
        show_json({"taken": taken, "refused": refused, "results": [_document(each) for each in outcomes]})
        return refused
    for at, outcome in enumerate(outcomes):
        if outcome.error is not None:
            where = f" ({outcome.error.path})" if outcome.error.path else ""
            note(f"record {at} refused: {outcome.error.code}: {outcome.error.message}{where}")
        else:
            again = "  DUPLICATE" if outcome.duplicate else ""
            say(f"{outcome.fingerprint}  {outcome.state.name}  entry {outcome.index}{again}")
    note(f"{len(outcomes) - refused} taken, {refused} refused")
    return refused


async def _upload(
    content: list[bytes],
    maker: "Callable[[AsyncClient], Awaitable[Any]]",
    state: "State",
    timeout: float,
    where: tuple[str, Path | None, Path | None],
) -> "list[Uploaded]":
    async with open_client(*where) as client:
        make = await maker(client)
        items = [item for raw in content for item in make(raw)]
        outcomes = await _send(client, items)
        return await with_states(client, outcomes, state, timeout)


async def _maker(
    client: "AsyncClient",
    key: Path | None,
    party: str,
    audience: str,
    attachments: "tuple[Attachment, ...]" = (),
) -> Any:
    """What makes the items of one file: signed here with the key, or left to the creator."""
    from tracehold.cli.records import delegated, signed
    from tracehold.core.record import Audience

    try:
        chosen = Audience(audience.lower())
    except ValueError as error:
        raise usage(f"{audience} is no audience") from error
    if key is None:
        return delegated(party, chosen)
    from tracehold.adapters.keyfiles import read_signing_key
    from tracehold.core.ids import NetworkId
    from tracehold_client import Signer

    network = NetworkId(bytes.fromhex((await client.status()).network))
    return signed(Signer(read_signing_key(key), party, network), chosen, attachments)


async def _send(client: "AsyncClient", items: "list[Item]") -> "list[Uploaded]":
    from tracehold_client import BatchingUploader

    with progress("uploading", len(items)) as advance:
        async with BatchingUploader(client, receipts=False) as uploader:
            futures = []
            for item in items:
                future = await uploader.add(item)
                future.add_done_callback(lambda _: advance(1))
                futures.append(future)
        return [await future for future in futures]


async def with_states(
    client: "AsyncClient", outcomes: "list[Uploaded]", state: "State", timeout: float
) -> "list[Uploaded]":
    """Wait until all that were taken have reached `state`; the outcomes with the states reached."""
    from dataclasses import replace

    from tracehold_client import wait_for_state

    taken = [outcome.fingerprint for outcome in outcomes if outcome.error is None]
    if not taken:
        return outcomes
    with progress(f"waiting for {state.name}", 1):
        states = await wait_for_state(client, taken, state, timeout)
    return [
        replace(outcome, state=states[outcome.fingerprint]) if outcome.error is None else outcome
        for outcome in outcomes
    ]


def _document(outcome: "Uploaded") -> dict[str, Any]:
    from tracehold.cli.shown import error_json

    error = outcome.error
    return {
        "fingerprint": outcome.fingerprint,
        "log": outcome.log,
        "index": outcome.index,
        "state": outcome.state.name,
        "warnings": [
            {"code": code, "path": path, "message": message} for code, path, message in outcome.warnings
        ],
        "error": error and error_json(error),
    }
