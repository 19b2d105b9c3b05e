"""The trust file of `tracehold verify --pin`: what a chain of one's own said of one piece of evidence."""

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from tracehold.cli.output import note, usage
from tracehold.core.errors import Rejected

if TYPE_CHECKING:
    from tracehold.core.anchor import Anchor
    from tracehold.core.evidence import Report


class Pinned(StrEnum):
    """By what a trust file believes an anchor."""

    BLOCKS = "blocks"
    SIGNERS = "signers"
    ACCOUNTS = "accounts"


def check_free(file: Path) -> None:
    """Raises BAD_REQUEST where the file exists: it may hold pins that nobody can make again."""
    if file.exists():
        raise usage(f"{file} exists", remedy="Name a new file; an existing one is never overwritten.")


def write_pins(file: Path, evidence: bytes, report: "Report", rpc: str, by: Sequence[Pinned]) -> None:
    """Write the trust file with which this evidence holds offline; `report` is that of a good verification
    against the caller's own chain, behind `rpc`. It is tried on the evidence before it is written. Raises
    BAD_REQUEST where the evidence or the chain has not what is to be pinned, CHAIN_DOWN.
    """
    pins = _pins(evidence, report, rpc, by)
    text = json.dumps(pins, indent=2) + "\n"
    _check_enough(evidence, text)
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise usage(f"cannot write {file}") from error
    note(f"wrote {file}; check the same evidence offline with: tracehold verify FILE --trust {file}")


def _pins(evidence: bytes, report: "Report", rpc: str, by: Sequence[Pinned]) -> dict[str, object]:
    from tracehold.core.evidence import decode_evidence
    from tracehold.core.record import parse

    anchor = report.anchor
    if anchor is None:
        raise AssertionError("evidence was verified without an anchor")
    if anchor.proof is None:
        raise Rejected(
            "BAD_REQUEST",
            "the evidence holds no proof of its anchor, so no trust file makes it hold offline",
            remedy="Fetch the evidence again: once the anchor is FINAL, the node has its proof.",
        )
    # Everything here was compared with the chain: the network of the record's log, and the anchor's fields.
    return {
        "network": parse(decode_evidence(evidence).record).header.aud.hex(),
        "chainId": anchor.chain_id,
        "contract": "0x" + anchor.contract.hex(),
        **_believed(anchor, rpc, by),
        "nodes": {str(anchor.node): anchor.log.hex()},
    }


def _believed(anchor: "Anchor", rpc: str, by: Sequence[Pinned]) -> dict[str, object]:
    from tracehold_client.jsonrpc import JsonRpc
    from tracehold_client.pinning import accounts_of, signers_of

    found: dict[str, object] = {}
    if Pinned.BLOCKS in by:
        found["blocks"] = ["0x" + anchor.block_hash.hex()]
    if Pinned.SIGNERS in by:
        signers = signers_of(JsonRpc(rpc), anchor.block_number)
        # As many as seal distinct blocks in a row, and no two halves of the signers could (EIP-225).
        addresses = ["0x" + signer.hex() for signer in sorted(signers)]
        found["signers"] = {"threshold": len(signers) // 2 + 1, "addresses": addresses}
    if Pinned.ACCOUNTS in by:
        salt, operators = accounts_of(JsonRpc(rpc), anchor)
        pinned = {
            party: {str(node): ["0x" + account.hex()] for node, account in nodes.items()}
            for party, nodes in operators.items()
        }
        found["accounts"] = {"threshold": len(pinned), "salt": "0x" + salt.hex(), "operators": pinned}
    return found


def _check_enough(evidence: bytes, text: str) -> None:
    """What would not make the evidence hold is not written: fewer sealed the headers in it, for example."""
    from tracehold.core.evidence import parse_trust
    from tracehold_client.offline import verify

    error = verify(evidence, parse_trust(text.encode())).error
    if error is not None:
        raise Rejected("BAD_REQUEST", f"these pins would not make the evidence hold: {error.message}")
