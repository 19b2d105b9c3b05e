"""`tracehold index`: the index that a node's questions are answered from."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.output import JsonOption, note, reported, show_json
from tracehold.cli.progress import counted

app = typer.Typer(help="The index that questions are answered from.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The index that questions are answered from."""


@app.command("rebuild")
def rebuild(
    dir: Annotated[Path, typer.Option(help="Folder of the node.")] = Path("node"),
    as_json: JsonOption = False,
) -> None:
    """Make the index of a node that is down again, from its logs.

    Needed after a change of [graph], only to have it done before the node starts: a node that finds its index
    empty makes it by itself, and answers of what it has come to. Interrupted it is harmless.

    Exit codes: 0 done, 1, 2, 5 (the node runs, or the graph server does not), 70 as everywhere.
    """
    with reported(as_json):
        from tracehold.config import load
        from tracehold.node.indexing import rebuild_folder

        config = load(dir / CONFIG_NAME)
        with counted("indexing entries") as tell:
            done = asyncio.run(rebuild_folder(config, tell))
        if as_json:
            show_json({"store": config.graph.store, "entries": done.entries, "disputed": done.disputed})
            return
        note(
            f"{done.entries} entries are indexed ({config.graph.store}), {done.disputed} of them are disputed"
        )
