"""`tracehold contract acknowledged`: who acknowledged the anchored heads of a log, from the chain alone."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.output import JsonOption, reported, show_json

if TYPE_CHECKING:
    from tracehold.core.anchor import Anchor, AnchorProof
    from tracehold.journey.ports import Member


def acknowledged(
    node: Annotated[int, typer.Argument(min=1, help="Number of the node whose log it is.")],
    after: Annotated[int, typer.Option(min=0, help="Only heads past this size.")] = 0,
    dir: Annotated[Path, typer.Option(help="Folder of a node of the network.")] = Path("node"),
    as_json: JsonOption = False,
) -> None:
    """Show who acknowledged the heads of a log.

    Each acknowledgement is read from the anchor's transaction and its signature checked; the chain is asked,
    and no node.
    """
    with reported(as_json):
        heads = asyncio.run(_heads(dir, node, after))
        if as_json:
            show_json({"node": node, "heads": heads})
            return
        for head in heads:
            by = ", ".join(f"node {each['node']} ({each['operator']})" for each in head["acknowledgedBy"])
            typer.echo(f"size {head['size']}  block {head['block']}  {by or 'nobody'}")


async def _heads(dir: Path, node: int, after: int) -> list[dict[str, Any]]:
    from tracehold.config import load
    from tracehold.node.own import open_ledger

    async with open_ledger(load(dir / CONFIG_NAME)) as ledger:
        members = {member.number: member for member in await ledger.members()}
        found = await ledger.anchors(node, after)
        return [_head(each, await ledger.proof(each), members) for each in found]


def _head(anchor: "Anchor", proof: "AnchorProof", members: "dict[int, Member]") -> dict[str, Any]:
    return {
        "prevSize": anchor.prev_size,
        "size": anchor.size,
        "root": anchor.root.hex(),
        "block": anchor.block_number,
        "transaction": f"0x{anchor.tx_hash.hex()}",
        "acknowledgedBy": [
            {"node": number, "operator": members[number].operator, "signature": f"0x{signature.hex()}"}
            for number, signature in proof.acks
        ],
    }
