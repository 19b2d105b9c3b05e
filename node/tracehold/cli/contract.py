"""`tracehold contract`: the anchoring contract of a network."""

import asyncio
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracehold.cli.acknowledged import acknowledged
from tracehold.cli.administering import AdminKey, administering
from tracehold.cli.carry_over import carry_over
from tracehold.cli.files import CONFIG_NAME, replace_file, set_line
from tracehold.cli.output import JsonOption, note, reported, show_json

if TYPE_CHECKING:
    from tracehold.adapters.ethereum.client import Client
    from tracehold.config import Config
    from tracehold.core.ids import NetworkId

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

    Its address is written into the node's configuration. Quorum 0 lasts while there is one operator: the
    second one's enrolment raises it to 1. A successor carries on the network id of its --predecessor, and
    takes its place in the configuration.
    """
    with reported(as_json):
        answer = asyncio.run(_deploy(dir, admin_key, network, predecessor))
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


async def _deploy(dir: Path, admin_key: Path | None, network: str, predecessor: str) -> dict[str, object]:
    from tracehold.adapters.ethereum.admin import FIRST, Admin
    from tracehold.adapters.ethereum.client import Client
    from tracehold.adapters.keyfiles import read_ledger_key
    from tracehold.adapters.keyfiles.sole import sole_user
    from tracehold.config import load
    from tracehold.core.errors import Rejected
    from tracehold.node.own import fee_policy

    config = load(dir / CONFIG_NAME)
    before = _address(predecessor)
    if config.ledger.contract and _address(config.ledger.contract) != before:
        raise Rejected(
            "CONFLICT", f"{dir} has a contract already: {config.ledger.contract}", path="ledger.contract"
        )
    if network and not re.fullmatch(r"[0-9a-f]{64}", network):
        raise Rejected("BAD_REQUEST", "a network id has 64 lowercase hexadecimal digits", path="network")
    client = Client(config.ledger.rpc)
    try:
        network_id = await _carried_on(client, before, network) if before else _network_id(network)
        _keep_network_key(config)
        key = admin_key or config.keys.ledger
        admin = Admin(client, read_ledger_key(key), asyncio.sleep, fees=fee_policy(config))
        with sole_user(key):
            contract = await admin.deploy(network_id, 0, predecessor=before or FIRST)
        chain_id = await client.chain_id()
    finally:
        await client.close()
    _write_contract(dir / CONFIG_NAME, f"0x{contract.hex()}")
    deployed: dict[str, object] = {"contract": f"0x{contract.hex()}", "chainId": chain_id}
    return deployed | {"network": network_id.hex()} | ({"predecessor": f"0x{before.hex()}"} if before else {})


def _network_id(said: str) -> "NetworkId":
    """The one that was said, else a new one."""
    from tracehold.core.ids import NetworkId

    return NetworkId(bytes.fromhex(said) if said else os.urandom(32))


def _address(said: str) -> bytes:
    """A contract's address; empty where none was said. Raises BAD_REQUEST."""
    from tracehold.core.errors import Rejected

    if said and not re.fullmatch(r"0x[0-9a-fA-F]{40}", said):
        raise Rejected("BAD_REQUEST", "an address has 0x and 40 hexadecimal digits", path="predecessor")
    return bytes.fromhex(said.removeprefix("0x"))


async def _carried_on(client: "Client", predecessor: bytes, said: str) -> "NetworkId":
    """The predecessor's network id. Raises CONFLICT where another one was said, WRONG_CHAIN where no contract
    is at that address.
    """
    from tracehold.adapters.ethereum.contract import AnchorsContract
    from tracehold.core.errors import Rejected
    from tracehold.core.ids import NetworkId

    (found,) = await AnchorsContract(client, predecessor).call("networkId")
    if said and said != found.hex():
        raise Rejected(
            "CONFLICT", f"the predecessor is of network {found.hex()}", path="network",
            remedy="Leave --network out: a successor carries on its predecessor's network.",
        )  # fmt: skip
    return NetworkId(found)


def _keep_network_key(config: "Config") -> None:
    """Before the contract is there: a network that stands has it. Newcomers are given a copy
    (docs/operations.md).
    """
    from tracehold.adapters.keyfiles import create_signing_key

    if not config.keys.network.exists():
        create_signing_key(config.keys.network)


def _write_contract(path: Path, address: str) -> None:
    """Set `contract` in the section [ledger], leaving every other line as it is."""
    replace_file(path, set_line(path.read_text(encoding="utf-8"), "ledger", "contract", f'"{address}"'))
