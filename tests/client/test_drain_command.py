"""`tracehold drain` where the node is down: what is taken back, and what the operator is told."""

import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from tests.journey.scene import OPERATOR
from tracehold.cli import drain as command
from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.init import Placement, create
from tracehold.config import load
from tracehold.core.errors import Rejected, Unavailable
from tracehold.journey.leaving import Wish
from tracehold.main import app
from tracehold.node.own import data_folder
from tracehold.node.retiring import retire
from tracehold.node.wishfile import WishFile


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of a node that does not run: nobody listens on its port."""
    create(tmp_path / "n", Placement(OPERATOR, "n", "http://127.0.0.1:9", "127.0.0.1", 1, 2, 3, tls=False))
    return tmp_path / "n"


def wishes(home: Path) -> WishFile:
    """Those of the folder."""
    return WishFile(data_folder(load(home / CONFIG_NAME)))


def run(home: Path, *options: str) -> Result:
    """The command's end."""
    return CliRunner().invoke(app, ["drain", "--dir", str(home), *options])


def test_nothing_is_promised_where_nothing_was_wished(home: Path) -> None:
    """Cancelling is harmless, and says that it changed nothing."""
    result = run(home, "--cancel")
    assert result.exit_code == 0
    assert "was not leaving" in result.stderr


def test_a_wish_of_a_node_that_is_down_is_taken_back(home: Path) -> None:
    """It says that uploads are taken only when it runs; of a retired log none are."""
    wishes(home).ask(Wish(1.0, leave=True))
    told = run(home, "--cancel").stderr
    assert "the node is down" in told
    assert "when it runs again" in told
    retire(load(home / CONFIG_NAME))
    wishes(home).ask(Wish(2.0))
    assert "takes no uploads" in run(home, "--cancel").stderr
    assert not wishes(home).there


@pytest.mark.parametrize("options", [("--cancel", "--leave"), ("--timeout", "-1")])
def test_a_call_that_means_nothing_is_refused(home: Path, options: tuple[str, ...]) -> None:
    """Exit 2, and the wish stands."""
    wishes(home).ask(Wish(1.0))
    assert run(home, *options).exit_code == 2
    assert wishes(home).there


def test_who_has_left_cannot_take_it_back(home: Path) -> None:
    """While the revocation runs it is to be waited for; afterwards it is told as done."""
    wishes(home).ask(Wish(1.0, leave=True))
    wishes(home).begin()
    assert "begun to revoke" in run(home, "--cancel").stderr
    wishes(home).tell({"since": 1.0, "stage": "gone"})
    with pytest.raises(Rejected, match="has left") as refusal:
        wishes(home).cancel()
    assert "finish" not in refusal.value.remedy


def test_an_interrupted_wait_says_that_the_node_goes_on(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C ends the command with 130, and not the wish."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    async def asked(config: object, made: WishFile, *, leave: bool) -> list[str]:
        made.ask(Wish(1.0, leave))
        return []

    monkeypatch.setattr(command, "_ask", asked)
    monkeypatch.setattr(command, "_wait", interrupted)
    with pytest.raises(typer.Exit) as ended:
        command.drain(home)
    assert ended.value.exit_code == 130
    told = capsys.readouterr().err
    assert "the node is down" in told
    assert told.count(f"drain --cancel --dir {home}") == 2
    assert wishes(home).there


def test_at_the_end_of_the_time_it_is_told_how_to_go_on(home: Path) -> None:
    """The remedy is the drain's own; what holds the node up is on the line."""
    wishes(home).ask(Wish(1.0))
    error = {"code": "STILL_NEEDED", "message": "too few", "remedy": "Enrol another."}
    wishes(home).tell({"since": 1.0, "stage": "asked", "error": error})
    with pytest.raises(Unavailable, match="waits, held up by STILL_NEEDED") as late:
        command._wait(wishes(home), "handed", time.monotonic(), home)
    assert "drain --cancel" in late.value.remedy
