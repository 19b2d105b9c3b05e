"""`tracehold chain`: a private chain of geth nodes that seal by turns (Clique): made, joined, run, watched.

The chapter "The chain" of docs/operations.md says how they are used.
"""

import typer

from tracehold.cli.chain import acting, forming, joining, running, showing

app = typer.Typer(help="A private chain of geth nodes.", no_args_is_help=True)


@app.callback()
def _chain() -> None:
    """A private chain of geth nodes that seal by turns (Clique). Which chain to choose for production:
    docs/operations.md, chapter "The chain".
    """


app.command("new")(forming.new)
app.command("join")(joining.join)
app.command("start")(running.start)
app.command("stop")(running.stop)
app.command("kill")(running.kill)
app.command("status")(showing.status)
app.command("propose")(acting.propose)
app.command("fund")(acting.fund)
app.command("peer")(acting.peer)
