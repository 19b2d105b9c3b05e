"""`tracehold contract`: the anchoring contract of a network."""

import asyncio
import os
import re
from pathlib import Path
from typing import Annotated

import typer

from tracehold.cli.administering import AdminKey, administering
from tracehold.cli.files import CONFIG_NAME, replace_file, set_line
from tracehold.cli.output import JsonOption, note, reported, show_json

app = typer.Typer(help="The anchoring contract.", no_args_is_help=True)


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
        str, typer.Option(help="Network id to carry on, 64 hexadecimal digits; default: a new one.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Deploy the contract of a new network, with quorum 0.

    Its address is written into the node's configuration. Quorum 0 lasts while there is one operator: the
    second one's enrolment raises it to 1.
    """
    with reported(as_json):
        answer = asyncio.run(_deploy(dir, admin_key, network))
        if as_json:
            show_json(answer)
        else:
            note(f"contract {answer['contract']} on chain {answer['chainId']}, network {answer['network']}")
            note(f"  then: tracehold member add --dir {dir}")


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


async def _deploy(dir: Path, admin_key: Path | None, network: str) -> dict[str, object]:
    from tracehold.adapters.ethereum.admin import Admin
    from tracehold.adapters.ethereum.client import Client
    from tracehold.adapters.keyfiles import create_signing_key, read_ledger_key
    from tracehold.config import load
    from tracehold.core.errors import Rejected
    from tracehold.core.ids import NetworkId

    config = load(dir / CONFIG_NAME)
    if config.ledger.contract:
        raise Rejected(
            "CONFLICT", f"{dir} has a contract already: {config.ledger.contract}", path="ledger.contract"
        )
    if network and not re.fullmatch(r"[0-9a-f]{64}", network):
        raise Rejected("BAD_REQUEST", "a network id has 64 lowercase hexadecimal digits", path="network")
    if not config.keys.network.exists():
        # First: a network that stands has it. Newcomers are given a copy (docs/operations.md).
        create_signing_key(config.keys.network)
    network_id = NetworkId(bytes.fromhex(network) if network else os.urandom(32))
    client = Client(config.ledger.rpc)
    try:
        admin = Admin(client, read_ledger_key(admin_key or config.keys.ledger), asyncio.sleep)
        contract = await admin.deploy(network_id, 0)
        chain_id = await client.chain_id()
    finally:
        await client.close()
    _write_contract(dir / CONFIG_NAME, f"0x{contract.hex()}")
    return {"contract": f"0x{contract.hex()}", "chainId": chain_id, "network": network_id.hex()}


def _write_contract(path: Path, address: str) -> None:
    """Set `contract` in the section [ledger], leaving every other line as it is."""
    replace_file(path, set_line(path.read_text(encoding="utf-8"), "ledger", "contract", f'"{address}"'))
