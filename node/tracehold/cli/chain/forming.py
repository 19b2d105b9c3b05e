"""`tracehold chain new`: the folder of a network, or of one node that joins one."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tracehold.cli.chain.folder import say
from tracehold.cli.output import JsonOption, reported, usage


def new(
    dir: Annotated[Path, typer.Option(help="Folder to make; it must be empty or absent.")] = Path("chain"),
    validators: Annotated[int | None, typer.Option(help="Sealers; 3 by default.", show_default=False)] = None,
    chain_id: Annotated[
        int | None, typer.Option(help="EIP-155 chain id; 7447 by default.", show_default=False)
    ] = None,
    period: Annotated[
        int | None, typer.Option(help="Seconds between blocks; 1 by default.", show_default=False)
    ] = None,
    genesis: Annotated[
        Path | None,
        typer.Option(help="genesis.json of a network that exists: makes one node more, for its newcomer."),
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the newcomer's node; by default the folder's.")] = "",
    port: Annotated[
        int | None, typer.Option(help="First of three ports for each node; by default free ones.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a private Clique network of geth nodes; start nothing.

    Writes the first block, the key of a treasury that has all funds, and a folder with key and start file for
    each sealer.

    With --genesis instead the folder of one node that joins the network of that file, with a key of its own.

    Exit codes: 0 made, 1 the folder holds something, 2 usage.
    """
    with reported(as_json):
        if genesis is None:
            if name:
                raise usage("--name goes with --genesis")
            _found(dir, 3 if validators is None else validators, chain_id, period, port, as_json)
        else:
            if not (validators is None and chain_id is None and period is None):
                raise usage("the genesis says validators, chain id and period")
            made_newcomer(dir, genesis, name, port)
            _tell_newcomer(dir, as_json)


def made_newcomer(dir: Path, genesis: Path, name: str = "", port: int | None = None) -> None:
    """Make the folder of one node for this network. Raises CONFLICT, BAD_REQUEST, NOT_FOUND."""
    import re

    from tracehold.lab.services.founding import join

    name = name or dir.absolute().name
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise usage("a node's name has letters, digits, dots, dashes and underscores", remedy="Give --name.")
    join(dir, genesis, name, first_port=port)


def described(dir: Path) -> dict[str, Any]:
    """What was made, for --json."""
    from tracehold.lab.services.clique import Network
    from tracehold.lab.services.genesis import chain_id_of, period_of
    from tracehold.lab.services.member import GENESIS

    network = Network.opened(dir)
    document = network.nodes[0].genesis
    nodes = [
        {"name": node.name, "account": node.member.account, "rpc": node.url, "dir": str(node.folder)}
        for node in network.nodes
    ]
    return {
        "dir": str(dir),
        "chainId": chain_id_of(document),
        "period": period_of(document),
        "genesis": str(dir / GENESIS),
        "nodes": nodes,
    }


def _found(
    dir: Path, validators: int, chain_id: int | None, period: int | None, port: int | None, as_json: bool
) -> None:
    from tracehold.lab.services.founding import TREASURY, found

    found(
        dir,
        validators,
        7447 if chain_id is None else chain_id,
        1 if period is None else period,
        first_port=port,
    )
    answer = described(dir) | {"treasury": str(dir / TREASURY)}
    say(
        answer,
        as_json,
        f"{validators} sealers in {dir}, chain id {answer['chainId']}; all funds are with {dir / TREASURY}",
        f"  here: tracehold chain start --dir {dir}; on machines of their own: {dir / 'README.md'}",
    )


def _tell_newcomer(dir: Path, as_json: bool) -> None:
    from tracehold.lab.services.member import SETTINGS

    answer = described(dir)
    say(
        answer,
        as_json,
        f"one node in {dir}, account {answer['nodes'][0]['account']}",
        f"  set LISTEN and NETRESTRICT in {dir / SETTINGS}, unless the others are on this machine; then:",
        f"  tracehold chain join --dir {dir} --enode ENODE_OF_A_MEMBER",
    )
