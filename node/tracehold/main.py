"""The command `tracehold`. Registers the commands of `cli/`; each imports what it needs when it runs."""

from collections.abc import Callable
from typing import Annotated

import typer

from tracehold import __version__
from tracehold.cli import (
    attach,
    audit,
    backup,
    capture,
    certificate,
    chain,
    contents,
    contract,
    devchain,
    doctor,
    drain,
    export,
    findings,
    fork,
    history,
    index,
    init,
    key,
    lab,
    locate,
    member,
    party,
    peer,
    rebuild,
    recall,
    receipt,
    retire,
    scrub,
    serve,
    shared,
    state,
    status,
    supersede,
    token,
    trace,
    upload,
    verify,
)
from tracehold.cli.demo import command as demo

app = typer.Typer(
    name="tracehold",
    help="Signed supply-chain events, kept together, anchored on a chain, and provable by anyone.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_COMMANDS: dict[str, Callable[..., None]] = {
    "init": init.init,
    "serve": serve.serve,
    "status": status.status,
    "doctor": doctor.doctor,
    "scrub": scrub.scrub,
    "restore": backup.restore,
    "rebuild": rebuild.rebuild,
    "retire": retire.retire,
    "supersede": supersede.supersede,
    "drain": drain.drain,
    "certificate": certificate.certificate,
    "capture": capture.capture,
    "attach": attach.attach,
    "fetch": attach.fetch,
    "upload": upload.upload,
    "locate": locate.locate,
    "trace": trace.trace,
    "history": history.history,
    "contents": contents.contents,
    "state": state.state,
    "common": shared.common,
    "recall": recall.recall,
    "findings": findings.findings,
    "receipt": receipt.receipt,
    "verify": verify.verify,
    "devchain": devchain.devchain,
    "demo": demo.demo,
}
_GROUPS = {
    "backup": backup.app,
    "chain": chain.app,
    "contract": contract.app,
    "member": member.app,
    "peer": peer.app,
    "fork": fork.app,
    "party": party.app,
    "key": key.app,
    "token": token.app,
    "index": index.app,
    "audit": audit.app,
    "lab": lab.app,
    "export": export.app,
}

for _name, _command in _COMMANDS.items():
    app.command(_name)(_command)
for _name, _group in _GROUPS.items():
    app.add_typer(_group, name=_name)


def _version(asked: bool) -> None:
    if asked:
        version()
        raise typer.Exit


@app.callback()
def _root(
    asked: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Signed supply-chain events, kept together, anchored on a chain, and provable by anyone."""


@app.command("version")
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Entry point of the console script."""
    app()
