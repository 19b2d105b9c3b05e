"""`tracehold scrub`: read over everything that a node keeps, and put right what its disk damaged."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.connection import open_client
from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.local import local
from tracehold.cli.output import DONE, JsonOption, note, reported, say, show_json
from tracehold.cli.progress import counted

if TYPE_CHECKING:
    from tracehold.config import Config

DAMAGED = 3
"""Exit code: something is damaged that nobody could mend."""
LOOK_S = 0.5


def scrub(
    dir: Annotated[Path, typer.Option(help="Folder of the node.")] = Path("node"),
    wait: Annotated[bool, typer.Option(help="Wait for the end of the pass.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Read over all that a node keeps; mend what its disk damaged.

    A running node does it itself, at full speed, and fetches what is lost from other holders; without a
    running one this command does.

    Exit codes: 0 all is sound or mended, 3 damage is left, 1, 2, 5, 70 as everywhere.
    """
    with reported(as_json):
        answer = asyncio.run(_scrub(dir, wait))
        if as_json:
            show_json(answer)
        else:
            _show(answer)
        raise typer.Exit(DAMAGED if answer["bad"] else DONE)


async def _scrub(dir: Path, wait: bool) -> dict[str, Any]:
    from tracehold.config import load
    from tracehold.core.errors import Unavailable
    from tracehold.node.scrubbing import scrub_folder

    config = load(dir / CONFIG_NAME)
    with counted("reading entries") as tell:
        try:
            found = await scrub_folder(config, tell)
        except Unavailable as error:
            if error.code != "STORE_BUSY":
                raise
            return await _ask(config, dir, tell, wait)
    left = [str(each) for each in found.damages if not each.mended]
    mended = [str(each) for each in found.damages if each.mended]
    return {
        "entries": found.entries,
        "bad": len(left),
        "mended": len(mended),
        "damages": [*left, *mended],
        "alone": found.alone,
    }


async def _ask(config: "Config", dir: Path, tell: Callable[[int, int], None], wait: bool) -> dict[str, Any]:
    """Let the node that runs on the folder do it, and look on."""
    from tracehold.node.scrubbing import wish_of

    wish = wish_of(config)
    node, tls_ca = local(dir)
    async with open_client(node, None, tls_ca) as client:
        before = (await client.status()).scrub.mended
        wish.touch()
        while True:
            there = wish.exists()
            status = await client.status()
            tell(status.scrub.done_entries, status.scrub.entries)
            if not there or not wait:
                break
            await asyncio.sleep(LOOK_S)
    return {
        "entries": status.scrub.entries,
        "bad": status.scrub.bad,
        "mended": status.scrub.mended - before,
        # Faults stay in the status though they were mended since.
        "damages": [line for line in status.faults if status.scrub.bad and "damaged on disk" in line],
        "alone": "",
    }


def _show(answer: dict[str, Any]) -> None:
    say(f"{answer['entries']} entries read, {answer['mended']} mended, {answer['bad']} damaged still")
    for line in answer["damages"]:
        note(f"  {line}")
    if answer["alone"]:
        note(f"no other node was asked: {answer['alone']}")
    if answer["bad"]:
        note("  what to do: see whether other holders of these logs are up, and run it again;")
        note("  else restore the folder from a backup (docs/operations.md, Disk)")
