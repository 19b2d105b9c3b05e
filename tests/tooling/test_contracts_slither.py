"""tools/contracts_slither.py: what slither finds, compared with what is argued."""

import json
from typing import Any

import pytest

from tools import contracts_slither


def finding(detector: str, function: str) -> dict[str, Any]:
    """A finding as slither reports one: its first element is a variable of the function."""
    parent = {"type": "function", "name": "f", "type_specific_fields": {"signature": function}}
    return {"check": detector, "elements": [{"type": "variable", "type_specific_fields": {"parent": parent}}]}


@pytest.fixture
def argued(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is argued, found as it is; a test adds to it or takes away."""
    entries = json.loads(contracts_slither.ARGUED.read_text())
    found = [finding(entry["detector"], entry["function"]) for entry in entries]
    monkeypatch.setattr(contracts_slither, "report", lambda settings: found)
    return found


def test_what_is_argued_passes(argued: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    """The same findings, in whatever order."""
    argued.reverse()
    contracts_slither.check({})
    assert "ok" in capsys.readouterr().out


def test_a_new_finding_fails(argued: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    """A detector that is argued for one function is not for another."""
    argued.append(finding("timestamp", "anchor(uint64)"))
    with pytest.raises(SystemExit):
        contracts_slither.check({})
    assert "not argued: ('timestamp', 'anchor(uint64)')" in capsys.readouterr().out


def test_a_second_finding_in_one_function_fails(argued: list[dict[str, Any]]) -> None:
    """One argument stands for one finding."""
    argued.append(argued[0])
    with pytest.raises(SystemExit):
        contracts_slither.check({})


def test_a_finding_that_is_gone_fails(
    argued: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Its argument has to go as well."""
    argued.pop()
    with pytest.raises(SystemExit):
        contracts_slither.check({})
    assert "argued, but not found" in capsys.readouterr().out
