"""`tracehold chain status`: how the chain stands."""

import asyncio
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from tracehold.cli.chain.folder import Folder, opened
from tracehold.cli.output import UNREACHABLE, JsonOption, note, reported, show_json, table

STALLED = "NO NEW BLOCK"


def status(
    dir: Folder = Path("chain"),
    rpc: Annotated[str, typer.Option(help="Any chain's JSON-RPC instead of a folder.")] = "",
    stall: Annotated[
        float, typer.Option(min=1, help="Seconds without a new block after which the chain stands still.")
    ] = 30.0,
    as_json: JsonOption = False,
) -> None:
    """Show blocks, peers, sealers, votes, and whether the chain goes on.

    Exit codes: 0 it goes on, 1 refused, 2 usage, 5 it stands still, or nothing answers.
    """
    with reported(as_json):
        from tracehold.lab.services.standing import of_folder, seen_from

        if rpc:
            found: dict[str, Any] = {"chain": asyncio.run(seen_from(rpc, time.time(), stall)), "nodes": []}
        else:
            found = asyncio.run(of_folder(opened(dir), time.time(), stall))
    if as_json:
        show_json(found)
    else:
        _show(found)
    if found["chain"] is None or found["chain"]["stalled"]:
        raise typer.Exit(UNREACHABLE)


def _show(found: dict[str, Any]) -> None:
    if found["nodes"]:
        head = ("node", "up", "head", "peers", "seals", "account", "RPC", "enode")
        table([head, *map(_row, found["nodes"])])
    chain = found["chain"]
    if chain is None:
        note("chain: no node of it is up here")
        return
    table(
        [
            ("chain id", str(chain["chainId"])),
            ("genesis", chain["genesis"]),
            ("head", f"{chain['head']}, {_age(chain)}"),
            ("final", f"{chain['final']} ({chain['finality']})"),
            ("peers", _cell(chain["peers"])),
            *_sealing(chain),
        ]
    )


def _row(node: dict[str, Any]) -> tuple[str, ...]:
    seals = "yes" if node["sealer"] else "no"
    up = "yes" if node["up"] else "DOWN"
    numbers = _cell(node["head"]), _cell(node["peers"])
    return (node["name"], up, *numbers, seals, node["account"], node["rpc"], _cell(node["enode"]))


def _age(chain: dict[str, Any]) -> str:
    words = "the first block: it never began" if chain["head"] == 0 else f"{chain['ageSeconds']:.0f} s old"
    return f"{words}: {STALLED}" if chain["stalled"] else words


def _sealing(chain: dict[str, Any]) -> list[tuple[str, str]]:
    if chain["sealers"] is None:
        return []
    count = len(chain["sealers"])
    rows = [("sealers", f"{count}; {chain['needed']} of them must be up, and agree on votes")]
    rows += [("", f"{each['address']}  {each['recent']} recent blocks") for each in chain["sealers"]]
    for vote in chain["votes"]:
        wish = "let in" if vote["authorize"] else "drop"
        rows.append(("vote", f"{wish} {vote['address']}: {vote['votes']} of {chain['needed']}"))
    return rows


def _cell(value: object) -> str:
    return "-" if value is None else str(value)
