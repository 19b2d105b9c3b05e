"""docs/cli.md names every command, and each command explains itself."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tracehold.main import app

ROOT = Path(__file__).parents[2]


def _commands() -> list[list[str]]:
    """Every command with the group it stands in."""
    found = [[str(each.name)] for each in app.registered_commands]
    for group in app.registered_groups:
        assert isinstance(group.typer_instance, typer.Typer)
        found += [[str(group.name), str(each.name)] for each in group.typer_instance.registered_commands]
    return found


@pytest.mark.parametrize("words", _commands(), ids=" ".join)
def test_page_names_the_command_and_the_command_has_help(words: list[str]):
    """No command without its line on the page; `--help` works and is not empty."""
    assert f"`{' '.join(words)}" in (ROOT / "docs" / "cli.md").read_text()
    result = CliRunner().invoke(app, [*words, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.stdout


def test_help_is_quick():
    """Starting imports no gRPC, no web framework and no chain library: those come with the command that needs
    them.
    """
    import subprocess
    import sys

    code = (
        "import sys, tracehold.main; heavy = {'grpc', 'web3', 'eth', 'starlette', 'uvicorn', 'rich.progress',"
        " 'cryptography'}; print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
