"""Calls that make no node: what is missing is named, and what to do about it. And one that makes one."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tracehold.cli.files import CONFIG_NAME
from tracehold.config import load
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


def test_a_contract_that_is_no_address(tmp_path: Path) -> None:
    """Mistyped, it is refused before a node is made."""
    words = ("--operator", "urn:example:mill", "--contract", "0x12")
    assert refused("init", "--dir", str(tmp_path / "new"), *words)["code"] == "BAD_REQUEST"
    assert not (tmp_path / "new").exists()


def test_a_node_that_joins_knows_contract_and_its_own_node_of_the_chain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path is meant from where the command is given, and found from the node's folder; an address stays."""
    monkeypatch.chdir(tmp_path)
    joins = ("--operator", "urn:example:mill", "--contract", "0x" + "AB" * 20, "--chain-node")
    for folder, named in (("one", "geth/geth.ipc"), ("two", "http://127.0.0.1:8546")):
        made = CliRunner().invoke(app, ["init", "--dir", folder, *joins, named])
        assert made.exit_code == 0, made.output
    one, two = (load(tmp_path / folder / CONFIG_NAME) for folder in ("one", "two"))
    assert one.ledger.contract == two.ledger.contract == "0x" + "ab" * 20
    assert one.chain_node.admin == str(tmp_path / "geth" / "geth.ipc")
    assert two.chain_node.admin == "http://127.0.0.1:8546"
