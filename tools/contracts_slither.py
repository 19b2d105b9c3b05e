"""Runs slither over the contracts and compares what it finds with contracts/slither.json, where every
finding is argued.

A finding is (detector, what it is about). One that is not argued fails the check, and so does an argument
whose finding is gone. Slither compiles with forge, and clears what forge made before: it works on a copy.
Run by tools/contracts_check.py.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tools.contracts import CONTRACTS, ROOT

SLITHER = ROOT / ".venv-contracts" / "bin" / "slither"
ARGUED = CONTRACTS / "slither.json"


def report(settings: dict[str, str]) -> list[dict[str, Any]]:
    """What slither finds in contracts/src, with all its detectors. Exits where it could not analyse."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "contracts"
        shutil.copytree(CONTRACTS / "src", copy / "src")
        for name in ("foundry.toml", "solc"):
            shutil.copy(CONTRACTS / name, copy / name)
        done = subprocess.run(
            [SLITHER, ".", "--json", "found.json"],
            cwd=copy,
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            check=False,
        )
        # The exit code tells of findings and of failures alike; the report tells them apart.
        written = copy / "found.json"
        answer: dict[str, Any] = json.loads(written.read_text()) if written.exists() else {}
    if not answer.get("success"):
        sys.exit(f"contracts-check: slither\n{done.stdout}{done.stderr}")
    found: list[dict[str, Any]] = answer["results"].get("detectors", [])
    return found


def about(finding: dict[str, Any]) -> tuple[str, str]:
    """The detector, and the function that its first element is or stands in."""
    element = finding["elements"][0]
    while element["type"] not in {"function", "contract", "pragma"}:
        element = element["type_specific_fields"]["parent"]
    fields = element.get("type_specific_fields", {})
    return finding["check"], fields.get("signature", element["name"])


def check(settings: dict[str, str]) -> None:
    """Exit unless slither finds exactly what is argued."""
    found = sorted(about(finding) for finding in report(settings))
    argued = sorted((entry["detector"], entry["function"]) for entry in json.loads(ARGUED.read_text()))
    for finding in found:
        if finding not in argued:
            print(f"contracts-check: slither: not argued: {finding}")
    for finding in argued:
        if finding not in found:
            print(f"contracts-check: slither: argued, but not found: {finding}")
    if found != argued:
        sys.exit(f"contracts-check: slither: found {found}, argued {argued} in {ARGUED.relative_to(ROOT)}")
    print(f"contracts-check: slither: ok, {len(found)} findings, all argued", flush=True)
