"""The folder of a chain, as the commands take it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.output import note, show_json

if TYPE_CHECKING:
    from tracehold.lab.services.clique import Network

Folder = Annotated[
    Path, typer.Option(help="Folder that tracehold chain new made, or that of one of its nodes.")
]
Node = Annotated[str, typer.Option("--node", help="Name of one node of the folder; by default all.")]


def opened(dir: Path) -> "Network":
    """The chain in this folder, telling on stderr how things go. Raises NOT_FOUND."""
    from tracehold.lab.services.clique import Network

    return Network.opened(dir, note)


def say(answer: dict[str, Any], as_json: bool, *lines: str) -> None:
    """The answer for a script, or lines for a human."""
    if as_json:
        show_json(answer)
        return
    for line in lines:
        note(line)
