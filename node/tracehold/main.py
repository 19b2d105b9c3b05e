"""The command `tracehold`. Registers the commands of `cli/`; each imports what it needs when it runs."""

import typer

from tracehold import __version__
from tracehold.cli import contract, devchain, init, member, token

app = typer.Typer(
    name="tracehold",
    help="Signed supply-chain events, kept together, anchored on a chain, and provable by anyone.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.command("init")(init.init)
app.command("devchain")(devchain.devchain)
app.add_typer(contract.app, name="contract")
app.add_typer(member.app, name="member")
app.add_typer(token.app, name="token")


@app.command("version")
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Entry point of the console script."""
    app()
