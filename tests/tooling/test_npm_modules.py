"""tools/npm_modules.py: packages of a lock, installed once, outside the clone; and the locks."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tooling.tree import ROOT, tracked
from tools.npm_modules import place

LOCKS = [name for name in tracked() if Path(name).name == "package-lock.json"]


def run(folder: Path, cache: Path, *, path: str = "") -> "subprocess.CompletedProcess[str]":
    """Run the tool; `path` is where it looks for npm, by default where the project finds it."""
    command = [sys.executable, str(ROOT / "tools" / "npm_modules.py"), str(folder)]
    environment = {**os.environ, "TRACEHOLD_CACHE": str(cache)}
    if path:
        environment["PATH"] = path
    else:
        command.insert(0, str(ROOT / "tools" / "with-node.sh"))
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_there_are_locks():
    """The checks below look at something."""
    assert {
        f"{folder}/package-lock.json" for folder in ("clients/typescript", "examples/tour", "tools/anvil")
    } <= set(LOCKS)


@pytest.mark.parametrize("lock", LOCKS)
def test_locked_packages_have_hashes_and_no_address(lock: str):
    """What is installed is what was locked, whatever registry serves it."""
    packages = json.loads((ROOT / lock).read_text())["packages"]
    installed = {name: package for name, package in packages.items() if name}
    assert installed
    assert [
        name for name, package in installed.items() if not package["integrity"].startswith("sha512-")
    ] == []
    assert [name for name, package in installed.items() if "resolved" in package] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_locked_versions_are_those_of_the_package(lock: str):
    """A version that was changed in package.json alone is found here; every one is exact."""
    folder = (ROOT / lock).parent
    package = json.loads((folder / "package.json").read_text())
    packages = json.loads((ROOT / lock).read_text())["packages"]
    wanted = package.get("dependencies", {}) | package.get("devDependencies", {})
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted


def test_installs_once_outside_the_clone(tmp_path: Path):
    """The first run installs, the second needs no npm; nothing unfinished stays."""
    first = run(ROOT / "examples" / "tour", tmp_path / "cache")
    assert first.returncode == 0, first.stderr
    modules = Path(first.stdout.strip())
    assert modules.is_relative_to(tmp_path / "cache")
    assert json.loads((modules / "@grpc/grpc-js/package.json").read_text())["version"] == "1.14.0"
    second = run(ROOT / "examples" / "tour", tmp_path / "cache", path=str(tmp_path))
    assert second.stdout == first.stdout
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [modules.parent.name]


def test_another_lock_has_another_place(tmp_path: Path):
    """A changed lock is installed anew, and clones of two versions do not disturb each other."""
    folder = tmp_path / "tour"
    shutil.copytree(ROOT / "examples" / "tour", folder)
    before = place(folder)
    with (folder / "package-lock.json").open("a") as lock:
        lock.write("\n")
    assert place(folder).parent == before.parent
    assert place(folder) != before == place(ROOT / "examples" / "tour")


def test_missing_npm_is_said(tmp_path: Path):
    """Without npm: what is missing and how to get it."""
    done = run(ROOT / "examples" / "tour", tmp_path / "cache", path=str(tmp_path))
    assert done.returncode != 0
    assert "npm is not here" in done.stderr
    assert list((tmp_path / "cache").iterdir()) == []


def test_failure_leaves_nothing_behind(tmp_path: Path):
    """A lock that cannot be installed is an error with npm's reason, and the cache stays as it was."""
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "package.json").write_text(
        '{"name": "broken", "version": "1.0.0", "dependencies": {"a": "file:a"}}'
    )
    (folder / "package-lock.json").write_text(
        '{"name": "broken", "lockfileVersion": 3, "packages": {"": {}}}'
    )
    done = run(folder, tmp_path / "cache")
    assert done.returncode != 0
    assert "npm could not install broken-1.0.0" in done.stderr
    assert list((tmp_path / "cache").iterdir()) == []
