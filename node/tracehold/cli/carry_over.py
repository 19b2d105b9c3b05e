"""`tracehold contract carry-over`: the members of a contract into its successor."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracehold.cli.administering import AdminKey, administering
from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.output import JsonOption, note, reported, show_json
from tracehold.cli.progress import counted

if TYPE_CHECKING:
    from tracehold.adapters.ethereum.carrying import Carried, Tell


def carry_over(
    dir: Annotated[Path, typer.Option(help="Folder whose configuration names the successor.")] = Path("node"),
    admin_key: AdminKey = None,
    as_json: JsonOption = False,
) -> None:
    """Enrol the predecessor's members in the contract that took over.

    Each under the same number, with its present account, key, record and roles; the quorum is as it was, or
    higher where the admin set it so. Repeating it adds what is missing, changes nothing else, and names the
    nodes that are others there: they changed on either contract since they were carried over.
    """
    with reported(as_json):
        with counted("carrying over") as tell:
            carried = asyncio.run(_carry_over(dir, admin_key, tell))
        if as_json:
            show_json(
                {
                    "predecessor": f"0x{carried.predecessor.hex()}",
                    "operators": carried.operators,
                    "nodes": carried.nodes,
                    "quorum": carried.quorum,
                    "transactions": carried.made,
                    "differ": carried.differ,
                }
            )
        else:
            note(
                f"{carried.nodes} nodes of {carried.operators} operators, quorum {carried.quorum}; "
                f"{carried.made} transactions"
            )
            for line in carried.differ:
                note(f"  {line} than on the predecessor; left as it is")
            note("  then, at every node: set contract in [ledger], and restart it (docs/operations.md)")


async def _carry_over(dir: Path, admin_key: Path | None, tell: "Tell") -> "Carried":
    from tracehold.adapters.ethereum.carrying import carry_over as carried_over
    from tracehold.config import load
    from tracehold.node.own import contract_of, reached

    config = load(dir / CONFIG_NAME)
    client = reached(config)
    try:
        async with administering(config, admin_key) as admin:
            return await carried_over(client, admin, contract_of(config), tell)
    finally:
        await client.close()
