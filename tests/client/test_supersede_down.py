"""`tracehold supersede` where no node runs that would do it."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tracehold.cli.files import CONFIG_NAME, replace_file, set_line
from tracehold.cli.init import Placement, create
from tracehold.main import app

RECORD = "ab" * 32


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of a node that nobody started."""
    place = Placement(
        "https://id.gs1.org/417/9521000000018", "n", "http://127.0.0.1:9", "127.0.0.1", 1, 2, 3, tls=False,
        contract="0x" + "11" * 20,
    )  # fmt: skip
    create(tmp_path / "node", place)
    return tmp_path / "node"


def supersede(home: Path, timeout: str, code: int) -> tuple[Any, str]:
    """What it prints, and what it says beside that."""
    words = ["supersede", RECORD, "--dir", str(home), "--timeout", timeout, "--json"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == code, result.output
    return json.loads(result.stdout), result.stderr


def test_who_waits_hears_that_no_node_runs(home: Path) -> None:
    """At once, and where the time is over; it was asked all the same."""
    told, said = supersede(home, "0.01", 5)
    assert told["error"]["code"] == "DEADLINE"
    assert "the node is down (nobody answers at 127.0.0.1:1)" in told["error"]["message"]
    assert "it goes on once it runs" in said
    told, said = supersede(home, "0", 0)
    assert (told["stage"], "it goes on once it runs" in said) == ("asked", True)


def test_a_node_that_runs_is_not_called_down(home: Path) -> None:
    """Somebody listens there: it is late, and no more."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = home / CONFIG_NAME
        address = f'"127.0.0.1:{listening.getsockname()[1]}"'
        replace_file(config, set_line(config.read_text(), "grpc", "listen", address))
        told, said = supersede(home, "0.01", 5)
    assert told["error"]["message"].startswith("not final yet")
    assert "down" not in said
