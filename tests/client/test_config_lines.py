"""Commands that change one line of a configuration leave the others alone."""

import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tracehold.cli.files import CONFIG_NAME, set_line
from tracehold.main import app

TEXT = '[node]\noperator = "urn:x:op"\n\n[directory]  \n# ours\nseeds = [\n  "a:1",\n]\nask_all_upto = 3\n'
BARE = '[node]\noperator = "urn:x:op"\n'


@pytest.mark.parametrize(
    ("text", "rest"), [(TEXT, {"ask_all_upto": 3}), (BARE, {}), (BARE + "[directory]\n", {})]
)
def test_one_key_is_set(text: str, rest: dict[str, int]):
    """In a section that has it, in one that has not, and in none."""
    changed = set_line(text, "directory", "seeds", '["b:2"]')
    assert tomllib.loads(changed) == {
        "node": {"operator": "urn:x:op"},
        "directory": {"seeds": ["b:2"], **rest},
    }
    assert ("# ours" in changed) == ("# ours" in text)


def test_a_value_is_no_pattern():
    """What looks like a reference to a group stands there as it is."""
    assert set_line(TEXT, "node", "name", r"'\1'").count(r"name = '\1'") == 1


def add(folder: Path, seed: str) -> int:
    """`peer add`; its exit code."""
    return CliRunner().invoke(app, ["peer", "add", seed, "--dir", str(folder)]).exit_code


def test_seeds_are_added_once(tmp_path: Path):
    """A second one stands beside the first; a repeat changes nothing."""
    config = tmp_path / CONFIG_NAME
    config.write_text(BARE)
    assert [add(tmp_path, seed) for seed in ("a.example:1", "b.example:2", "a.example:1")] == [0, 0, 0]
    assert tomllib.loads(config.read_text())["directory"] == {"seeds": ["a.example:1", "b.example:2"]}


@pytest.mark.parametrize("seed", ["", "a.example", "a.example:0", 'x"]\n[grpc]:1', "a:70000"])
def test_security_a_seed_that_is_none_is_not_written(tmp_path: Path, seed: str):
    """The file stays byte for byte."""
    config = tmp_path / CONFIG_NAME
    config.write_text(BARE)
    assert add(tmp_path, seed) == 2
    assert config.read_text() == BARE
