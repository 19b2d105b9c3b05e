"""`tracehold doctor`: what is wrong with a node, and what to do; also when it is down."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.output import DONE, REFUSED, JsonOption, note, reported, say, show_json
from tracehold.cli.progress import counted

if TYPE_CHECKING:
    from tracehold.node.doctor import Diagnosis


def doctor(
    dir: Annotated[Path, typer.Option(help="Folder of the node.")] = Path("node"), as_json: JsonOption = False
) -> None:
    """Look for what is wrong with a node. Changes nothing.

    Configuration, keys, disk, chain, membership and every entry of the log.

    Exit codes: 0 all well, 1 something is wrong, 2 the configuration cannot be read.
    """
    with reported(as_json):
        found = asyncio.run(_examine(dir, as_json))
        well = all(each.well for each in found)
        if as_json:
            show_json({"well": well, "checks": [asdict(each) for each in found]})
        raise typer.Exit(DONE if well else REFUSED)


async def _examine(dir: Path, quiet: bool) -> "list[Diagnosis]":
    from tracehold.config import load
    from tracehold.node.doctor import examine

    config = load(dir / CONFIG_NAME)
    found = []
    with counted("checking entries") as tell:
        async for each in examine(config, tell):
            found.append(each)
            if not quiet:
                _show(each)
    return found


def _show(each: "Diagnosis") -> None:
    say(f"{'ok   ' if each.well else 'WRONG'}  {each.name}: {each.detail}")
    if each.remedy:
        note(f"       what to do: {each.remedy}")
