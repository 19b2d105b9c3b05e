"""docs/cli.md names every command, and each command explains itself."""

import inspect
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tracehold.main import app

ROOT = Path(__file__).parents[2]


def _commands() -> dict[str, str]:
    """The docstring of every command, by its words: the group it stands in, and its name."""
    found = {str(each.name): inspect.getdoc(each.callback) or "" for each in app.registered_commands}
    for group in app.registered_groups:
        assert isinstance(group.typer_instance, typer.Typer)
        for each in group.typer_instance.registered_commands:
            found[f"{group.name} {each.name}"] = inspect.getdoc(each.callback) or ""
    return found


@pytest.mark.parametrize("words", _commands())
def test_page_names_the_command_and_the_command_has_help(words: str):
    """No command without its line on the page; `--help` works and is not empty."""
    assert f"`{words}" in (ROOT / "docs" / "cli.md").read_text()
    result = CliRunner().invoke(app, [*words.split(), "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.stdout


@pytest.mark.parametrize("words", _commands())
def test_overview_has_one_line_for_the_command(words: str):
    """Its first paragraph fits beside the longest name on a terminal of 80 columns."""
    first = _commands()[words].partition("\n\n")[0]
    assert "\n" not in first
    assert 0 < len(first) <= 66


def test_help_is_quick():
    """Starting imports no gRPC, no web framework and no chain library: those come with the command that needs
    them.
    """
    import subprocess
    import sys

    code = (
        "import sys, tracehold.main; heavy = {'grpc', 'aiohttp', 'web3', 'eth', 'starlette', 'uvicorn',"
        " 'rich.progress', 'cryptography'}; print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
