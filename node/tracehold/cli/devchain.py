"""`tracehold devchain`: the embedded chain, a program of its
own. One process: it proves nothing to strangers.
"""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from tracehold.cli.output import note, reported

Accounts = Annotated[list[str] | None, typer.Option(help="Account that the genesis funds; may be repeated.")]


def devchain(
    dir: Annotated[Path, typer.Option(help="Folder of the chain; made if missing.")] = Path("chain"),
    port: Annotated[int, typer.Option(help="Port of JSON-RPC on loopback; 0 picks a free one.")] = 8545,
    chain_id: Annotated[int, typer.Option(help="EIP-155 chain id.")] = 7447,
    block_interval: Annotated[
        float, typer.Option(min=0, help="Seconds between blocks; 0 seals whenever there is work.")
    ] = 0.0,
    alloc: Accounts = None,
) -> None:
    """Run the embedded chain until SIGTERM or Ctrl-C.

    One JSON line on stdout says when it answers, and where.
    """
    from tracehold.devchain.program import serve_forever

    def ready(url: str) -> None:
        typer.echo(json.dumps({"rpc": url, "chainId": chain_id, "pid": os.getpid()}))

    with reported(as_json=False):
        note("embedded chain: one process, for trying out; it proves nothing to strangers")
        serve_forever(
            dir,
            port,
            chain_id=chain_id,
            block_interval_s=block_interval or None,
            alloc=tuple(alloc or ()),
            ready=ready,
        )
