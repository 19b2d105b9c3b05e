"""The trust file of `tracehold verify --pin`: what a chain of one's own said of one piece of evidence."""

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from tracehold.cli.output import note, usage
from tracehold.core.errors import Rejected

if TYPE_CHECKING:
    from tracehold.cli.proved import Proved
    from tracehold.core.anchor import Anchor
    from tracehold_client.jsonrpc import JsonRpc


class Pinned(StrEnum):
    """By what a trust file believes an anchor."""

    BLOCKS = "blocks"
    SIGNERS = "signers"
    ACCOUNTS = "accounts"


def check_free(file: Path) -> None:
    """Raises BAD_REQUEST where the file exists: it may hold pins that nobody can make again."""
    if file.exists():
        raise usage(f"{file} exists", remedy="Name a new file; an existing one is never overwritten.")


def write_pins(file: Path, proved: "Proved", rpc: str, by: Sequence[Pinned]) -> None:
    """Write the trust file with which this evidence, which was verified against the caller's own chain behind
    `rpc`, holds offline. It is tried on the evidence before it is written. Raises BAD_REQUEST where the
    evidence or the chain has not what is to be pinned, CHAIN_DOWN.
    """
    pins = _pins(proved, rpc, by)
    text = json.dumps(pins, indent=2) + "\n"
    _check_enough(proved, text)
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise usage(f"cannot write {file}") from error
    note(f"wrote {file}; check the same evidence offline with: tracehold verify FILE --trust {file}")


def _pins(proved: "Proved", rpc: str, by: Sequence[Pinned]) -> dict[str, object]:
    anchors = proved.anchors
    if not anchors:
        raise AssertionError("evidence was verified without an anchor")
    if any(anchor.proof is None for anchor in anchors):
        raise Rejected(
            "BAD_REQUEST",
            "the evidence holds no proof of its anchor, so no trust file makes it hold offline",
            remedy="Fetch the evidence again: once the anchor is FINAL, the node has its proof.",
        )
    # Everything here was compared with the chain: the network of the records' logs, and the anchors' fields.
    return {
        "network": proved.network.hex(),
        "chainId": anchors[0].chain_id,
        "contract": "0x" + anchors[0].contract.hex(),
        **_believed(anchors, rpc, by),
        "nodes": {str(anchor.node): anchor.log.hex() for anchor in anchors},
    }


def _believed(anchors: Sequence["Anchor"], rpc: str, by: Sequence[Pinned]) -> dict[str, object]:
    from tracehold_client.jsonrpc import JsonRpc

    found: dict[str, object] = {}
    if Pinned.BLOCKS in by:
        found["blocks"] = sorted({"0x" + anchor.block_hash.hex() for anchor in anchors})
    if Pinned.SIGNERS in by:
        found["signers"] = _signers(anchors, JsonRpc(rpc))
    if Pinned.ACCOUNTS in by:
        found["accounts"] = _accounts(anchors, JsonRpc(rpc))
    return found


def _signers(anchors: Sequence["Anchor"], rpc: "JsonRpc") -> dict[str, object]:
    from tracehold_client.pinning import signers_of

    found = {signers_of(rpc, anchor.block_number) for anchor in anchors}
    if len(found) > 1:
        raise Rejected("BAD_REQUEST", "the chain's signers changed between the anchors of this evidence")
    (signers,) = found
    # As many as seal distinct blocks in a row, and no two halves of the signers could (EIP-225).
    addresses = ["0x" + signer.hex() for signer in sorted(signers)]
    return {"threshold": len(signers) // 2 + 1, "addresses": addresses}


def _accounts(anchors: Sequence["Anchor"], rpc: "JsonRpc") -> dict[str, object]:
    """Of all anchors together; the threshold is what the one has that the fewest operators acknowledged."""
    from tracehold_client.pinning import accounts_of

    salt, fewest, pinned = b"", 0, dict[str, dict[str, list[str]]]()
    for anchor in anchors:
        salt, operators = accounts_of(rpc, anchor)
        fewest = min(fewest or len(operators), len(operators))
        for party, nodes in operators.items():
            told = {str(node): ["0x" + account.hex()] for node, account in nodes.items()}
            pinned.setdefault(party, {}).update(told)
    return {"threshold": fewest, "salt": "0x" + salt.hex(), "operators": pinned}


def _check_enough(proved: "Proved", text: str) -> None:
    """What would not make the evidence hold is not written: fewer sealed the headers in it, for example."""
    from tracehold.core.evidence import parse_trust

    error = proved.report(parse_trust(text.encode())).error
    if error is not None:
        raise Rejected("BAD_REQUEST", f"these pins would not make the evidence hold: {error.message}")
