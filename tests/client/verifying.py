"""The verify command on evidence of a log in memory."""

import json
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner, Result

from tests.blocks import CHAIN_ID, CONTRACT
from tests.logs import NETWORK, Log
from tracehold.cli.verify import verify
from tracehold.core.evidence import Evidence, encode_evidence

SIZE, ENTRY = 9, 5

app = typer.Typer()
app.command()(verify)


def run(tmp_path: Path, evidence: Evidence | bytes, *options: str) -> Result:
    """The command on this evidence."""
    file = tmp_path / "evidence"
    file.write_bytes(evidence if isinstance(evidence, bytes) else encode_evidence(evidence))
    return CliRunner().invoke(app, [str(file), *options])


def trusting(tmp_path: Path, *blocks: bytes, **changes: Any) -> tuple[str, str]:
    """The options of a trust file that pins these blocks."""
    pins = {
        "network": NETWORK.hex(),
        "chainId": CHAIN_ID,
        "contract": "0x" + CONTRACT.hex(),
        "blocks": ["0x" + block.hex() for block in blocks],
        "nodes": {"1": Log().id.hex()},
    }
    path = tmp_path / "trust.json"
    path.write_text(json.dumps(pins | changes))
    return "--trust", str(path)
