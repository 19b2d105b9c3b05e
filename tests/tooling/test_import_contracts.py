"""The import contracts of pyproject.toml find what they are there to find."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tooling.tree import ROOT

PARTS = [
    *("main", "cli", "lab", "devchain", "node", "config"),
    *("api", "adapters", "wire", "v1", "journey", "core"),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A tree with the repository's contracts and one empty module for each part."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    package = tmp_path / "node" / "tracehold"
    client = tmp_path / "clients" / "python" / "tracehold_client"
    for folder in (package, client):
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
    for name in PARTS:
        (package / f"{name}.py").touch()
    return tmp_path


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts on a tree instead of on the repository."""
    path = os.pathsep.join([str(tree / "node"), str(tree / "clients" / "python")])
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_clean_tree_is_kept(copy: Path) -> None:
    """Imports that point down pass."""
    (copy / "node/tracehold/main.py").write_text("import tracehold.cli\nimport tracehold_client\n")
    (copy / "clients/python/tracehold_client/__init__.py").write_text(
        "import tracehold.wire\nimport tracehold.core\n"
    )
    done = lint(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "text", "contract"),
    [
        ("node/tracehold/core.py", "import tracehold.wire", "imports point down only BROKEN"),
        ("node/tracehold/api.py", "import tracehold.adapters", "imports point down only BROKEN"),
        ("node/tracehold/devchain.py", "import tracehold.lab", "imports point down only BROKEN"),
        ("node/tracehold/extra.py", "", "imports point down only BROKEN"),
        ("node/tracehold/core.py", "import time", "core and journey are pure BROKEN"),
        ("node/tracehold/journey.py", "import google.protobuf", "core and journey are pure BROKEN"),
        (
            "clients/python/tracehold_client/sync.py",
            "import tracehold.journey",
            "the client brings no node with it BROKEN",
        ),
    ],
)
def test_planted_violation_is_found(copy: Path, module: str, text: str, contract: str) -> None:
    """Each contract breaks, by name, on the import it forbids."""
    (copy / module).write_text(text + "\n")
    done = lint(copy)
    assert done.returncode == 1, done.stdout
    assert contract in done.stdout
