"""`tracehold drain` beside nodes that do not run: who is refused, what is written, how it is taken back."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import OPERATOR
from tests.e2e.test_governing import made
from tests.e2e.test_two_nodes import OTHER
from tests.e2e.world import World
from tracehold.cli.demo.programs import run
from tracehold.cli.files import CONFIG_NAME
from tracehold.core.errors import Broken

pytestmark = pytest.mark.slow

THIRD = "https://id.gs1.org/417/9521903000009"


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Path]]:
    """Folders of three operators' nodes; two are members, whose contract the first one governs."""
    folder = tmp_path_factory.mktemp("drain")
    world = World.new(folder / "world")
    places = [world.home, folder / "second", folder / "third"]
    accounts = [made(world, home, each) for home, each in zip(places, (OPERATOR, OTHER, THIRD), strict=True)]
    world.start_chain(*(part for account in accounts for part in ("--alloc", account)))
    try:
        run("contract", "deploy", "--dir", str(world.home))
        for home in places[1:]:
            config = home / CONFIG_NAME
            config.write_text(config.read_text().replace('contract = ""', f'contract = "{world.contract}"'))
        for home in places[:2]:
            join(world.home, home)
        yield places
    finally:
        world.stop()


def join(admin: Path, home: Path) -> None:
    """The node becomes a member."""
    record = home.parent / f"{home.name}.record"
    run("member", "request", "--dir", str(home), "--out", str(record))
    run("member", "add", "--dir", str(admin), "--record", str(record))


def drain(home: Path, *options: str, also: int = 0) -> dict[str, object]:
    """What the command prints."""
    return dict(json.loads(run("drain", "--dir", str(home), *options, "--json", also=also)))


def test_a_node_that_the_quorum_needs_is_refused_and_asked_for_nothing(homes: list[Path]) -> None:
    """Of two operators; with a third one either may go. Whoever is no member has nothing to leave."""
    refused = drain(homes[1], also=1)["error"]
    assert isinstance(refused, dict)
    assert refused["code"] == "STILL_NEEDED"
    assert not (homes[1] / "data" / "draining").exists()
    with pytest.raises(Broken, match="NOT_A_MEMBER"):
        drain(homes[2])
    join(homes[0], homes[2])
    assert drain(homes[1], "--timeout", "0") == {"draining": True, "stage": "asked", "keep": []}


def test_the_admins_key_is_to_be_kept(homes: list[Path]) -> None:
    """The first node's account governs the contract."""
    assert drain(homes[0], "--leave", "--timeout", "0")["keep"] == [str(homes[0] / "keys" / "ledger.key")]


def test_it_waits_for_the_node_and_is_taken_back(homes: list[Path]) -> None:
    """Exit code 5 while nobody does it; the wish stays, until it is cancelled. Cancelling twice is no
    harm.
    """
    wish = homes[1] / "data" / "draining"
    error = drain(homes[1], "--leave", "--timeout", "0.1", also=5)["error"]
    assert isinstance(error, dict)
    assert error["code"] == "DEADLINE"
    assert "--cancel" in str(error["remedy"])
    assert json.loads(wish.read_bytes())["leave"] is True
    for _ in range(2):
        assert drain(homes[1], "--cancel") == {"draining": False}
        assert not wish.exists()


def test_it_waits_no_more_for_a_node_that_was_revoked_before(homes: list[Path]) -> None:
    """What the node tells is the end of it: exit code 1, and the folder is to be kept."""
    drain(homes[1], "--timeout", "0")
    since = json.loads((homes[1] / "data" / "draining").read_bytes())["since"]
    held = {"code": "NOT_A_MEMBER", "message": "revoked before", "remedy": "Keep its folder."}
    told = homes[1] / "data" / "drained"
    told.write_text(json.dumps({"since": since, "stage": "asked", "error": held}))
    error = drain(homes[1], also=1)["error"]
    assert isinstance(error, dict)
    assert {name: error[name] for name in held} == held
    drain(homes[1], "--cancel")


def test_it_is_too_late_when_the_node_has_begun_to_go(homes: list[Path]) -> None:
    """Exit code 1."""
    begun = homes[1] / "data" / "leaving"
    begun.write_text("{}")
    error = drain(homes[1], "--cancel", also=1)["error"]
    assert isinstance(error, dict)
    assert error["code"] == "CONFLICT"
    begun.unlink()
