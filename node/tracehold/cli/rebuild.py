"""`tracehold rebuild`: a node's data folder made again from the chain and the other nodes."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.output import DONE, UNREACHABLE, JsonOption, note, reported, say, show_json
from tracehold.cli.progress import counted

if TYPE_CHECKING:
    from tracehold.node.rebuilding import Outlook, Rebuilt


def rebuild(
    dir: Annotated[Path, typer.Option(help="Folder of the node.")] = Path("node"),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say who keeps what, and change nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a lost data folder again from the chain and the others.

    For a node whose disk is gone and whose keys and configuration are there. Its own log comes back from
    those
    who keep it, byte for byte, each step proved against what is anchored, and its end from every holder; then
    the segments that it kept of others. Interrupted it goes on where it stands.

    Exit codes: 0 all is back, 5 something is missing still (REBUILD_INCOMPLETE says what, and who was asked),
    70 the chain has another log, 1, 2 as everywhere.
    """
    with reported(as_json):
        from tracehold.config import load
        from tracehold.node.rebuilding import outlook
        from tracehold.node.rebuilding import rebuild as made_again

        config = load(dir / CONFIG_NAME)
        if dry_run:
            _foresee(asyncio.run(outlook(config)), as_json)
            return
        with counted("rebuilding") as bar:
            told: list[str] = []

            def tell(what: str, done: int, of: int) -> None:
                if told != [what]:
                    told[:] = [what]
                    note(what)
                bar(done, of)

            found = asyncio.run(made_again(config, tell))
        if as_json:
            show_json(_document(found))
        else:
            _show(found, dir)
        raise typer.Exit(UNREACHABLE if found.lacking else DONE)


def _foresee(found: "Outlook", as_json: bool) -> None:
    nobody = [segment for segment, nodes in found.keepers.items() if not nodes]
    if as_json:
        show_json(
            {
                "log": found.log.hex(),
                "anchored": found.anchored,
                "segments": [
                    {"segment": segment, "nodes": list(nodes)} for segment, nodes in found.keepers.items()
                ],
                "silent": list(found.silent),
            }
        )
    else:
        say(f"log {found.log.hex()}: {found.anchored} entries are anchored")
        for segment, nodes in found.keepers.items():
            say(f"  segment {segment}: {', '.join(f'node {node}' for node in nodes) or 'nobody who answers'}")
        if found.silent:
            say(f"  no answer: {', '.join(f'node {node}' for node in found.silent)}")
    raise typer.Exit(UNREACHABLE if nobody else DONE)


def _document(found: "Rebuilt") -> dict[str, Any]:
    return {
        "log": found.log.hex(),
        "size": found.size,
        "root": found.root.hex(),
        "anchored": found.anchored,
        "erased": found.erased,
        "signedAgain": found.signed,
        "handed": {str(node): count for node, count in sorted(found.handed.items())},
        "kept": {log.hex(): [list(span) for span in spans] for log, spans in sorted(found.kept.items())},
        "lacking": [
            {"log": each.log.hex(), "start": each.start, "stop": each.stop, "why": each.why}
            for each in found.lacking
        ],
        "faults": list(found.faults),
        "seconds": round(found.seconds, 3),
    }


def _show(found: "Rebuilt", dir: Path) -> None:
    say(f"log {found.log.hex()}: {found.size} entries are back, {found.anchored} of them anchored")
    say(f"  root {found.root.hex()}, as on the chain; {found.erased} entries are redacted")
    for node, count in sorted(found.handed.items()):
        say(f"  node {node} handed over {count} entries")
    if found.signed:
        say(f"  {found.signed} states were signed again, since nobody has their checkpoints")
    kept = sum(stop - start for spans in found.kept.values() for start, stop in spans)
    say(f"{kept} entries of {len(found.kept)} logs of others are kept again")
    for line in found.faults:
        note(f"  {line}")
    for each in found.lacking:
        note(f"missing: entries {each.start} to {each.stop} of log {each.log.hex()}: {each.why}")
    if found.lacking:
        note("  what to do: run it again when more nodes answer; the node may start meanwhile")
    note(f"  then: tracehold serve --dir {dir}; it asks every holder once more before it seals")
