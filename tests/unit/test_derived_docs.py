"""Pages and documents that are derived from the code: whole, and able to be stale."""

import json
import subprocess
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from tools import config_doc, derived, errors_doc
from tracehold.config import Config, parse
from tracehold.core.errors import CODES

ROOT = Path(__file__).resolve().parents[2]
OPENAPI = ROOT / "node" / "tracehold" / "api" / "openapi.json"


def test_every_error_has_its_row():
    """Code, both statuses, cause and remedy, once each."""
    page = errors_doc.render()
    for code in CODES.values():
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{code.name}` |")]
        assert all(part in row for part in (code.status, code.cause, code.remedy))


def test_every_setting_has_its_entry():
    """The manual names all keys of all sections."""
    page = config_doc.render()
    config = parse('[node]\noperator = "urn:op"\n', Path("/x/tracehold.toml"))
    for section in fields(Config):
        value = getattr(config, section.name)
        if is_dataclass(value):
            after = page.partition(f"## [{section.name}]\n")[2].partition("\n## ")[0]
            assert [f"**`{key.name}`**" in after for key in fields(value)] == [True] * len(fields(value))


def test_every_field_and_operation_of_the_interface_is_described():
    """Nobody has to guess what a field of the REST interface means."""
    document = json.loads(OPENAPI.read_text())
    silent = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, about in schema.get("properties", {}).items()
        if name not in {"Problem", "CaptureError"} and not about.get("description") and "Capture" not in name
    ]
    silent += [
        path
        for path, item in document["paths"].items()
        for operation in item.values()
        if not operation["description"]
    ]
    assert silent == []


@pytest.mark.parametrize("tool", [errors_doc, config_doc])
def test_committed_page_is_fresh_and_a_stale_one_is_found(
    tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """`--check` passes on what is committed and fails on anything else."""
    monkeypatch.setattr(sys, "argv", ["tool", "--check"])
    derived.write_or_compare(tool.TARGET, tool.render)
    page = tmp_path / "page.md"
    with pytest.raises(SystemExit):
        derived.write_or_compare(page, tool.render)
    page.write_text(tool.render() + " ")
    with pytest.raises(SystemExit):
        derived.write_or_compare(page, tool.render)
    monkeypatch.setattr(sys, "argv", ["tool"])
    derived.write_or_compare(page, tool.render)
    assert page.read_text(encoding="utf-8") == tool.render()


def test_committed_openapi_document_is_fresh():
    """It is what the protos of now would give."""
    tool = [sys.executable, str(ROOT / "tools" / "openapi.py"), "--check"]
    done = subprocess.run(tool, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
