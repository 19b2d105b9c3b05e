"""`tracehold retire`: end a node's log for ever."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.output import JsonOption, note, reported, show_json, usage

if TYPE_CHECKING:
    from tracehold.config import Config
    from tracehold.core.ids import LogId


def retire(
    dir: Annotated[Path, typer.Option(help="Folder of the node.")] = Path("node"),
    lost: Annotated[
        bool, typer.Option("--lost", help="No holder has the missing entries any more: end it without them.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: it cannot be undone.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Seal nothing into this node's log any more, for ever.

    For a log that lost entries which nobody can hand back. A running node refuses uploads from now on, and
    answers all questions; once what is sealed is anchored, it ends the log on the contract, too. Where
    entries
    are missing it waits for the holders that have them, until --lost says that there are none: then the log
    ends at the size that is anchored. Go on with tracehold init --successor-of.
    """
    with reported(as_json):
        from tracehold.config import load
        from tracehold.node.retiring import is_lost
        from tracehold.node.retiring import retire as end

        config = load(dir / CONFIG_NAME)
        log = asyncio.run(own_log(config))
        if not yes:
            _confirm(log, lost)
        end(config, lost=lost)
        if as_json:
            show_json({"log": log.hex(), "retired": True, "lost": is_lost(config)})
            return
        note(f"log {log.hex()} is retired; questions about it are answered as before")
        note(f"  then: tracehold init --successor-of {dir} --dir NEW   (docs/operations.md, Retire a log)")


def _confirm(log: "LogId", lost: bool) -> None:
    """Raises BAD_REQUEST where nobody can be asked; ends the command where the answer is no."""
    try:
        without = ", without the entries that are missing here" if lost else ""
        sure = typer.confirm(f"Log {log.hex()} is retired for ever{without}. Go on?", err=True)
    except typer.Abort as error:
        if isinstance(error.__context__, KeyboardInterrupt):
            raise
        raise usage(
            "nobody answers whether the log is to be retired for ever",
            remedy="Give --yes; it cannot be undone.",
        ) from error
    if not sure:
        raise typer.Abort


async def own_log(config: "Config") -> "LogId":
    """The log of a folder, whether its node runs or not. Raises NOT_FOUND where none was made."""
    from tracehold.adapters.sqlite_log.beside import open_beside
    from tracehold.core.errors import Rejected

    async with open_beside(config.node.data_dir) as store:
        logs = await store.logs()
    if not logs:
        raise Rejected("NOT_FOUND", "this node has no log yet", path="dir", remedy="Start it once.")
    return logs[0]
