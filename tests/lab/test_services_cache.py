"""Where the real servers are looked for, and what is said where they are not."""

from pathlib import Path

import pytest

from tracehold.core.errors import Unavailable
from tracehold.lab.services.cache import SERVERS, binary, place, root


def planted(cache: Path, name: str, mode: int = 0o755) -> Path:
    """A program of this server."""
    program = cache / SERVERS[name].folder / SERVERS[name].program
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(mode)
    return program


def test_the_cache_is_what_the_environment_says(tmp_path: Path):
    """TRACEHOLD_CACHE wins; empty or absent it is a folder of the user's home."""
    assert root({"TRACEHOLD_CACHE": str(tmp_path)}) == tmp_path
    assert root({"TRACEHOLD_CACHE": ""}) == root({}) == (Path.home() / ".cache/tracehold").resolve()


def test_a_program_is_found_under_name_and_version(tmp_path: Path):
    """The layout that `make services` makes: NAME-VERSION/BINARY."""
    program = planted(tmp_path, "geth-clique")
    assert binary("geth-clique", {"TRACEHOLD_CACHE": str(tmp_path)}) == program
    assert program == tmp_path / "geth-clique-1.13.15" / "geth"


@pytest.mark.parametrize("name", sorted(SERVERS))
def test_a_missing_program_is_said_with_its_remedy(tmp_path: Path, name: str):
    """Which one, where it was looked for, and the command that makes it."""
    with pytest.raises(Unavailable) as refused:
        binary(name, {"TRACEHOLD_CACHE": str(tmp_path)})
    assert str(place(name, {"TRACEHOLD_CACHE": str(tmp_path)})) in refused.value.message
    assert "make services" in refused.value.remedy


def test_a_file_that_cannot_be_run_is_no_program(tmp_path: Path):
    """A file without the right to run it is as good as none."""
    planted(tmp_path, "geth", 0o644)
    with pytest.raises(Unavailable):
        binary("geth", {"TRACEHOLD_CACHE": str(tmp_path)})
