"""tools/venv.sh: which interpreter it takes, and what it says when it cannot go on."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tooling.tree import ROOT

VERSION = "{}.{}".format(*sys.version_info[:2])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the script and a lock of nothing."""
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "venv.sh", tmp_path / "tools")
    (tmp_path / "empty.lock").write_text("# nothing\n")
    (tmp_path / "bin").mkdir()
    return tmp_path


def program(project: Path, name: str, script: str) -> Path:
    """Put a small program at the front of the search path."""
    path = project / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def venv(project: Path, *arguments: str, no_uv: str = "1") -> subprocess.CompletedProcess[str]:
    """Run the script, by default with pip only, our programs first on the search path and no home."""
    path = os.pathsep.join([str(project / "bin"), os.environ["PATH"], str(Path(sys.base_prefix) / "bin")])
    environment = {**os.environ, "PATH": path, "HOME": str(project), "TRACEHOLD_NO_UV": no_uv}
    command = ["sh", "tools/venv.sh", *arguments, ".venv", "empty.lock"]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


def test_dead_shim_is_passed_over_and_second_run_does_nothing(project: Path) -> None:
    """A shim that is executable and fails hides no working interpreter; an up-to-date environment stays."""
    program(project, f"python{VERSION}", "exit 127")
    first = venv(project, "--python", VERSION)
    assert first.returncode == 0, first.stderr
    version = subprocess.run([project / ".venv/bin/python", "-V"], check=True, capture_output=True, text=True)
    assert version.stdout.startswith(f"Python {VERSION}.")
    again = venv(project, "--python", VERSION)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_uv_that_fails_is_replaced_by_pip(project: Path) -> None:
    """A uv that starts but cannot install (no index it may reach) costs one line, not the environment."""
    program(project, "uv", 'test "$1" = --version')
    done = venv(project, "--python", VERSION, no_uv="")
    assert done.returncode == 0, done.stderr
    assert "uv could not do it, trying pip" in done.stderr
    assert (project / ".venv/bin/pip").exists()


def test_interpreter_without_venv_module_gets_one_line(project: Path) -> None:
    """Debian splits the module off; the line names the package that has it."""
    program(project, "python3.99", 'case "$2" in *ensurepip*) exit 1 ;; *print*) echo 3.99 ;; esac')
    done = venv(project, "--python", "3.99")
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "apt-get install python3.99-venv" in done.stderr


def test_absent_version_is_told_apart_from_a_failure(project: Path) -> None:
    """The matrix skips a Python that is not here by exit code 3, and nothing else."""
    done = venv(project, "--python", "3.98")
    assert (done.returncode, done.stderr) == (3, "tracehold: Python 3.98 is not on this machine\n")


def test_missing_git_gets_one_line(project: Path) -> None:
    """What is missing comes with the way to get it."""
    done = subprocess.run(
        ["/bin/sh", "tools/venv.sh", ".venv", "empty.lock"],
        cwd=project,
        env={"PATH": str(project / "bin"), "HOME": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("tracehold: git is missing: apt-get install git")
