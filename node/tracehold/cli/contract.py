"""`tracehold contract`: the anchoring contract of a network."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from tracehold.cli.acknowledged import acknowledged
from tracehold.cli.administering import AdminKey, administering
from tracehold.cli.carry_over import carry_over
from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.output import JsonOption, note, reported, show_json

app = typer.Typer(help="The anchoring contract.", no_args_is_help=True)


app.command("acknowledged")(acknowledged)
app.command("carry-over")(carry_over)


@app.callback()
def _contract() -> None:
    """The anchoring contract."""


@app.command("deploy")
def deploy(
    dir: Annotated[Path, typer.Option(help="Folder of the node.")] = Path("node"),
    admin_key: Annotated[
        Path | None,
        typer.Option(help="Key file of the account that deploys and administers; default: the node's."),
    ] = None,
    network: Annotated[
        str,
        typer.Option(
            help="Network id to carry on, 64 hexadecimal digits; default: the predecessor's, else a new one."
        ),
    ] = "",
    predecessor: Annotated[
        str,
        typer.Option(help="Address of the contract, on the same chain, that the new one takes over from."),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Deploy the contract of a new network, with quorum 0.

    Its address and the chain's id and genesis are written into the node's configuration; the address is told
    before the chain is asked, too. Quorum 0 lasts while there is one operator: the
    second one's enrolment raises it to 1. A successor carries on the network id of its --predecessor, and
    takes its place in the configuration.
    """
    with reported(as_json):
        from tracehold.cli.deploying import deployed

        answer = asyncio.run(deployed(dir, admin_key, network, predecessor))
        if as_json:
            show_json(answer)
        else:
            note(f"contract {answer['contract']} on chain {answer['chainId']}, network {answer['network']}")
            following = "contract carry-over" if predecessor else "member add"
            note(f"  then: tracehold {following} --dir {dir}")


@app.command("quorum")
def quorum(
    acknowledgements: Annotated[
        int,
        typer.Argument(
            min=0, max=255, help="Acknowledgements of other operators that an anchor needs at least."
        ),
    ],
    dir: Annotated[Path, typer.Option(help="Folder of a node of the network.")] = Path("node"),
    admin_key: AdminKey = None,
    as_json: JsonOption = False,
) -> None:
    """Set how many other operators must acknowledge an anchor.

    The contract bounds it by the number of operators: at most all but two, so that one may be away.
    """
    with reported(as_json):
        asyncio.run(_set_quorum(dir, admin_key, acknowledgements))
        if as_json:
            show_json({"quorum": acknowledgements})
        else:
            note(f"the quorum is {acknowledgements}")


async def _set_quorum(dir: Path, admin_key: Path | None, acknowledgements: int) -> None:
    from tracehold.config import load
    from tracehold.node.own import contract_of

    config = load(dir / CONFIG_NAME)
    async with administering(config, admin_key) as admin:
        await admin.set_quorum(contract_of(config), acknowledgements)
