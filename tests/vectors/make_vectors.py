"""Writes the vectors: `python -m tests.vectors.make_vectors` from the project's root.

One JSON file a case, bytes in hex; `padding` counts zero bytes that follow them. A case whose name ends in
`_fail` must be refused, with the code that it names. tests/unit/test_vectors.py makes them anew and compares,
and runs each against the implementation.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.vectors import (
    ack_cases,
    attachment_cases,
    audit_cases,
    directory_cases,
    false_cases,
    ground_cases,
    key_cases,
    log_cases,
    node_cases,
    proof_cases,
    record_cases,
    trust_cases,
)

FOLDER = Path(__file__).parent
FOLDERS = (
    "records",
    "keys",
    "controls",
    "checkpoints",
    "receipts",
    "evidence",
    "nodes",
    "trust",
    "acks",
    "providers",
    "itemkeys",
    "attachments",
    "custody",
    "audits",
)
"""Those that this script fills. `identifiers` is written by hand."""

Case = tuple[str, dict[str, Any]]


def vectors() -> Iterator[Case]:
    """(path below this folder without suffix, content) of every case."""
    yield from record_cases.records()
    yield from key_cases.keys()
    yield from log_cases.controls()
    yield from log_cases.checkpoints()
    yield from proof_cases.receipts()
    yield from proof_cases.evidence()
    yield from false_cases.evidence()
    yield from ground_cases.evidence()
    yield from node_cases.nodes()
    yield from trust_cases.trust()
    yield from ack_cases.acks()
    yield from directory_cases.providers()
    yield from directory_cases.item_keys()
    yield from attachment_cases.attachments()
    yield from audit_cases.custody()
    yield from audit_cases.audits()


def files() -> dict[str, Path]:
    """The written files of these folders, by name."""
    paths = [path for folder in FOLDERS for path in sorted((FOLDER / folder).glob("*.json"))]
    return {f"{path.parent.name}/{path.stem}": path for path in paths}


def text(case: dict[str, Any]) -> str:
    """The file of a case."""
    return json.dumps(case, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Replace all files."""
    for path in files().values():
        path.unlink()
    for name, case in vectors():
        path = FOLDER / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text(case), encoding="utf-8")


if __name__ == "__main__":
    main()
