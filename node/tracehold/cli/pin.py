"""The trust file of `tracehold verify --pin`: what a chain of one's own said of one piece of evidence."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tracehold.cli.output import note, usage
from tracehold.core.errors import Rejected

if TYPE_CHECKING:
    from tracehold.core.evidence import Report


def check_free(file: Path) -> None:
    """Raises BAD_REQUEST where the file exists: it may hold pins that nobody can make again."""
    if file.exists():
        raise usage(f"{file} exists", remedy="Name a new file; an existing one is never overwritten.")


def write_pins(file: Path, evidence: bytes, report: "Report") -> None:
    """Write the trust file with which this evidence holds offline; `report` is that
    of a good verification against the caller's own chain. Raises BAD_REQUEST.
    """
    text = json.dumps(_pins(evidence, report), indent=2) + "\n"
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise usage(f"cannot write {file}") from error
    note(f"wrote {file}; check the same evidence offline with: tracehold verify FILE --trust {file}")


def _pins(evidence: bytes, report: "Report") -> dict[str, object]:
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
        "blocks": ["0x" + anchor.block_hash.hex()],
        "nodes": {str(anchor.node): anchor.log.hex()},
    }
