"""`tracehold audit`: what came of a node's audits of other holders."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.connection import DEFAULT_REST, RestOption, TlsOption, TokenOption, read_input, read_token
from tracehold.cli.output import JsonOption, note, reported, say, show_error, show_json, table, usage

if TYPE_CHECKING:
    from tracehold_client.rest import RestClient

app = typer.Typer(help="Audits: who kept what it said, with proof.", no_args_is_help=True)

Number = Annotated[
    int, typer.Argument(min=1, help="Number of the audit, as `tracehold audit list` tells it.")
]

_EXIT = {"PROOF_INVALID": 1, "BAD_SIGNATURE": 1, "UNTRUSTED": 4, "CHAIN_DOWN": 5}
_HEAD = ("number", "epoch", "node", "outcome", "places", "failed", "latency ms", "ended")


@app.command("list")
def list_(
    holder: Annotated[str, typer.Option(help="Only those of the holder with this log id.")] = "",
    outcome: Annotated[str, typer.Option(help="Only those that came to this: pass, fail, contained.")] = "",
    rest: RestOption = DEFAULT_REST,
    token_file: TokenOption = None,
    tls_ca: TlsOption = None,
    as_json: JsonOption = False,
) -> None:
    """List a node's audits of other holders.

    Needs a token with the role operator or authority.

    Exit codes: 0 answered, 1 refused, 2 malformed, 5 node not reachable. A failed audit is no error.
    """
    with reported(as_json):
        found = [*_audits(_client(rest, token_file, tls_ca), holder.lower(), outcome.upper())]
        if as_json:
            show_json({"audits": found})
            return
        table([_HEAD, *map(_row, found)])
        if not found:
            note("no audit is kept")


@app.command("show")
def show(
    number: Number,
    rest: RestOption = DEFAULT_REST,
    token_file: TokenOption = None,
    tls_ca: TlsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one audit: who asked whom, from which block, what came.

    What the node's transcript says; nothing of it is checked here.
    """
    with reported(as_json):
        said = _said(_transcript(_client(rest, token_file, tls_ca), number))
        if as_json:
            show_json(said)
        else:
            table([(name, str(value)) for name, value in said.items()])


@app.command("save")
def save(
    number: Number,
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write; it must be new.")],
    rest: RestOption = DEFAULT_REST,
    token_file: TokenOption = None,
    tls_ca: TlsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Save the transcript of an audit, signed by the node.

    It holds no content of records (docs/spec/audit.md). A failed audit's transcript is the proof.
    """
    with reported(as_json):
        raw = _transcript(_client(rest, token_file, tls_ca), number)
        try:
            with out.open("xb") as file:
                file.write(raw)
        except FileExistsError as error:
            raise usage(f"{out} exists", remedy="Name a new file; nothing is overwritten.") from error
        except OSError as error:
            raise usage(f"cannot write {out}") from error
        note(f"wrote {out}, {len(raw)} bytes")
        if as_json:
            show_json({"file": str(out), "bytes": len(raw)})


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="Transcript that `tracehold audit save` wrote.")],
    rpc: Annotated[str, typer.Option(help="JSON-RPC address of a chain that you trust.")],
    contract: Annotated[str, typer.Option(help="Address of the network's contract on that chain.")],
    epoch_s: Annotated[int, typer.Option(min=1, help="Seconds of an epoch in that network.")] = 86_400,
    as_json: JsonOption = False,
) -> None:
    """Recompute a transcript of an audit, from the chain alone.

    No node is asked. True is a transcript whose outcome follows from what was signed and anchored, whatever
    that outcome is.

    Exit codes: 0 true, 1 false, 2 malformed, 4 no such contract there, 5 chain not reachable.
    """
    from tracehold.core.errors import TraceholdError
    from tracehold_client.audits import verify_audit_with_rpc

    try:
        found = verify_audit_with_rpc(read_input(file), rpc, contract, epoch_s=epoch_s)
    except TraceholdError as error:
        show_error(error, as_json)
        raise typer.Exit(_EXIT.get(error.code, 2)) from error
    failed = [{"log": each.log.hex(), "index": each.index} for each in found.failed]
    if as_json:
        show_json({"outcome": str(found.outcome), "places": len(found.places), "failed": failed})
    else:
        say(f"TRUE: {found.outcome}, {len(found.places)} places")
        for each in failed:
            say(f"failed: entry {each['index']} of log {each['log']}")


def _client(rest: str, token_file: Path | None, tls_ca: Path | None) -> "RestClient":
    from tracehold_client.rest import RestClient

    ca = None if tls_ca is None else read_input(tls_ca)
    return RestClient(rest, token=read_token(token_file), tls_ca=ca)


def _audits(client: "RestClient", holder: str, outcome: str) -> Iterator[dict[str, Any]]:
    """All pages."""
    from urllib.parse import urlencode

    from tracehold.core.errors import Unavailable

    wanted = {name: value for name, value in (("holder", holder), ("outcome", outcome)) if value}
    after = 0
    while True:
        page = client.get(f"v1/audits?{urlencode({**wanted, 'after': after})}")
        yield from page.get("audits", [])
        following = int(page.get("next", 0))
        if not following:
            return
        if following <= after:
            raise Unavailable("NODE_DOWN", "the node tells the same audits again")
        after = following


def _transcript(client: "RestClient", number: int) -> bytes:
    from base64 import b64decode

    return b64decode(client.get(f"v1/audits/{number}").get("transcript", ""))


def _row(audit: dict[str, Any]) -> tuple[str, ...]:
    names = ("number", "epoch", "node", "outcome", "places", "failed", "latencyMs", "at")
    return tuple(str(audit.get(name, 0)) for name in names)


def _said(raw: bytes) -> dict[str, Any]:
    from collections import Counter

    from tracehold.core.audit_transcript import decode_transcript

    found = decode_transcript(raw)
    states = Counter(answer.state.name.lower() for answer in found.answers)
    return {
        "outcome": str(found.outcome),
        "network": found.network.hex(),
        "auditor": found.auditor.hex(),
        "holder": found.holder.hex(),
        "epochSeconds": found.epoch_s,
        "epoch": found.epoch,
        "block": found.block[0],
        "blockHash": found.block[1].hex(),
        "samples": found.samples,
        "windowMs": found.window_ms,
        "askedMs": found.asked_ms,
        "latencyMs": found.latency_ms,
        "custody": found.custody is not None,
        **{name: states.get(name, 0) for name in ("given", "erased", "missing")},
    }
