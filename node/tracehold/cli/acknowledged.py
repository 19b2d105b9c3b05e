"""`tracehold contract acknowledged`: who acknowledged the anchored heads of a log, from the chain alone."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.output import JsonOption, reported, say, show_json

if TYPE_CHECKING:
    from tracehold.core.anchor import Anchor, AnchorProof
    from tracehold.journey.ports import Ledger, Member

UNCHECKED = "  (by the contract's word: the chain's node does not give the signatures)"


def acknowledged(
    node: Annotated[int, typer.Argument(min=1, help="Number of the node whose log it is.")],
    after: Annotated[int, typer.Option(min=0, help="Only heads past this size.")] = 0,
    dir: Annotated[Path, typer.Option(help="Folder of a node of the network.")] = Path("node"),
    as_json: JsonOption = False,
) -> None:
    """Show who acknowledged the heads of a log.

    Who did is read from the contract's event and shown by its block; each signature is read from the anchor's
    transaction and checked, and null where the chain's node has it no more, or never did. The chain is asked,
    and no node.
    """
    with reported(as_json):
        heads = asyncio.run(_heads(dir, node, after))
        if as_json:
            show_json({"node": node, "heads": heads})
            return
        for head in heads:
            by = ", ".join(f"node {each['node']} ({each['operator']})" for each in head["acknowledgedBy"])
            doubt = "" if head["signaturesChecked"] else UNCHECKED
            say(f"size {head['size']}  block {head['block']}  {by or 'nobody'}{doubt}")


async def _heads(dir: Path, node: int, after: int) -> list[dict[str, Any]]:
    from tracehold.config import load
    from tracehold.node.own import open_ledger

    async with open_ledger(load(dir / CONFIG_NAME)) as ledger:
        return await heads_of(ledger, node, after)


async def heads_of(ledger: "Ledger", node: int, after: int = 0) -> list[dict[str, Any]]:
    """Every anchored head of a node's log past a size, oldest first, with those who acknowledged it. Raises
    CHAIN_DOWN, and PROOF_INVALID where the chain shows an event that its block does not have.
    """
    found = [(anchor, await ledger.proof(anchor)) async for anchor in _anchors(ledger, node, after)]
    members = {member.number: member for member in await ledger.members()}
    return [_head(anchor, proof, members) for anchor, proof in found]


async def _anchors(ledger: "Ledger", node: int, after: int) -> AsyncIterator["Anchor"]:
    block = 0
    while page := await ledger.anchors(node, after, block):
        for anchor in page:
            yield anchor
        after, block = page[-1].size, page[-1].block_number


def _head(anchor: "Anchor", proof: "AnchorProof", members: "dict[int, Member]") -> dict[str, Any]:
    from tracehold.core.anchorproof import prove

    # The event names them also where the transaction with the signatures is forgotten, or another contract's.
    ackers, signed = prove(anchor, proof).event.ackers, dict(proof.acks)
    return {
        "prevSize": anchor.prev_size,
        "size": anchor.size,
        "root": anchor.root.hex(),
        "block": anchor.block_number,
        "transaction": f"0x{anchor.tx_hash.hex()}",
        "acknowledgedBy": [
            {
                "node": number,
                "operator": members[number].operator,
                "signature": f"0x{signed[number].hex()}" if number in signed else None,
            }
            for number in ackers
        ],
        "signaturesChecked": all(number in signed for number in ackers),
    }
