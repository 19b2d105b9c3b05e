"""`tracehold fork`: the evidence of logs that were seen in two states."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.output import JsonOption, note, reported, say, show_json, table, usage

if TYPE_CHECKING:
    from tracehold.core.forkproof import ForkReport
    from tracehold.journey.fork_evidence import Seen

app = typer.Typer(help="Evidence of logs that were seen in two states.", no_args_is_help=True)

Folder = Annotated[Path, typer.Option(help="Folder of the node.")]


@app.command("list")
def list_forks(dir: Folder = Path("node"), as_json: JsonOption = False) -> None:
    """List the forks that this node has seen, of all logs.

    The node may run.
    """
    with reported(as_json):
        found = [_told(each) for each in asyncio.run(_seen(dir, ""))]
        if as_json:
            show_json({"forks": found})
            return
        columns = ("log", "size", "operator", "verdict", "seenAt")
        table([columns, *(tuple(str(each[name]) for name in columns) for each in found)])
        if not found:
            note("no log was seen in two states")


@app.command("show")
def show(
    log: Annotated[str, typer.Argument(help="Id of the log, or its first digits.")],
    out: Annotated[Path | None, typer.Option(help="Write the evidence into this new file.")] = None,
    size: Annotated[int, typer.Option(help="Of which size, where there are several; 0: the first.")] = 0,
    dir: Folder = Path("node"),
    as_json: JsonOption = False,
) -> None:
    """Show what proves a fork; with --out as a file for others.

    The file needs no node: tracehold fork check FILE.
    """
    with reported(as_json):
        from tracehold.core.errors import Rejected
        from tracehold.core.forkproof import encode_fork

        found = [each for each in asyncio.run(_seen(dir, log)) if size in (0, each.fork.size)]
        if not found:
            raise Rejected("NOT_FOUND", "no such log was seen in two states", path="log")
        if out is not None:
            _write(out, encode_fork(found[0].proof))
        _show(_told(found[0]) | ({"file": str(out)} if out else {}), as_json)


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="Evidence that tracehold fork show wrote.")],
    as_json: JsonOption = False,
) -> None:
    """Check evidence of a fork, with no node and no network.

    Exit codes: 0 it shows what it says, 1 it does not, 2 it cannot be read.
    """
    with reported(as_json):
        from tracehold.cli.connection import read_input
        from tracehold.core.forkproof import check_fork, decode_fork

        _show(_reported(check_fork(decode_fork(read_input(file)))), as_json)


def _write(out: Path, evidence: bytes) -> None:
    """Never over a file that is there. Raises BAD_REQUEST."""
    try:
        with out.open("xb") as file:
            file.write(evidence)
    except OSError as error:
        remedy = "Name a new file, in a folder that is there."
        raise usage(f"cannot make the file {out}", remedy=remedy) from error


async def _seen(dir: Path, log: str) -> "Sequence[Seen]":
    from tracehold.adapters.sqlite_log.beside import open_beside
    from tracehold.config import load
    from tracehold.journey.fork_evidence import seen_forks

    async with open_beside(load(dir / CONFIG_NAME).node.data_dir) as store:
        found = await seen_forks(store, store.copies)
    return [each for each in found if each.fork.log.hex().startswith(log)]


def _told(seen: "Seen") -> dict[str, Any]:
    import datetime

    at = datetime.datetime.fromtimestamp(seen.fork.seen_ms / 1000, datetime.UTC)
    told = {"log": seen.fork.log.hex(), "size": seen.fork.size, "operator": "", "verdict": seen.failed}
    if seen.report is not None:
        told |= _reported(seen.report)
    return told | {"seenAt": at.isoformat(timespec="seconds")}


def _reported(report: "ForkReport") -> dict[str, Any]:
    told: dict[str, Any] = {
        "log": report.log.hex(),
        "size": report.size,
        "operator": report.operator,
        "verdict": str(report.verdict),
        "rootKept": report.kept_root.hex(),
        "rootShown": report.shown_root.hex(),
    }
    if report.anchor is not None:
        anchor = report.anchor
        told["anchor"] = {
            "chainId": anchor.chain_id,
            "contract": f"0x{anchor.contract.hex()}",
            "node": anchor.node,
            "block": anchor.block_number,
            "blockHash": f"0x{anchor.block_hash.hex()}",
            "transaction": f"0x{anchor.tx_hash.hex()}",
        }
    return told


def _show(told: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show_json(told)
        return
    for name, value in told.items():
        say(f"{name}: {value}")
