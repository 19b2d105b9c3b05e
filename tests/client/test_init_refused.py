"""Calls that make no node: what is missing is named, and what to do about it."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from tracehold.main import app


def refused(*words: str) -> Any:
    """The error of a malformed call."""
    result = CliRunner().invoke(app, [*words, "--json"])
    assert result.exit_code == 2, result.output
    return json.loads(result.stdout)["error"]


def test_an_operator_is_asked_for(tmp_path: Path) -> None:
    """Not only measured as an empty name; and no folder is made."""
    assert "--operator" in refused("init", "--dir", str(tmp_path / "new"))["message"]
    assert not (tmp_path / "new").exists()


def test_the_folder_of_a_predecessor_that_is_gone(tmp_path: Path) -> None:
    """Its log can be named instead."""
    error = refused("init", "--dir", str(tmp_path / "new"), "--successor-of", str(tmp_path / "nope"))
    assert (error["code"], "--predecessor" in error["remedy"]) == ("BAD_CONFIG", True)
    assert not (tmp_path / "new").exists()


def test_a_key_file_that_is_not_there(tmp_path: Path) -> None:
    """It is a file that is wrong here, and no setting."""
    error = refused("key", "show", str(tmp_path / "nope"))
    assert (error["code"], "file" in error["remedy"]) == ("BAD_CONFIG", True)
