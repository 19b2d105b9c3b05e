"""A node of a lab whose data folder is gone: it is made again from the chain and the others."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.labs import Network, network, until
from tests.e2e.test_lab_backup import diagnoses, receipts, told
from tracehold.cli.demo.programs import run

pytestmark = pytest.mark.slow

Rows = list[tuple[Any, ...]]


@pytest.fixture
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """A network of three, up."""
    with network(tmp_path_factory.mktemp("rebuild") / "lab", 3) as over:
        yield over


def own(data: Path) -> tuple[Rows, Rows, Rows]:
    """The own log as its file holds it: entries, tiles, and checkpoints at anchored sizes."""
    with closing(sqlite3.connect(f"file:{data / 'log.sqlite'}?mode=ro", uri=True)) as log:
        entries = log.execute(
            "SELECT position, fingerprint, raw, kind, control, bytes_total, key FROM entries"
            " LEFT JOIN records ON id = record LEFT JOIN received USING (position)"
            " WHERE position >> 40 = 1 ORDER BY position"
        ).fetchall()
        tiles = log.execute("SELECT * FROM tiles WHERE log = 1 ORDER BY 1, 2, 3").fetchall()
        checkpoints = log.execute(
            "SELECT checkpoints.* FROM checkpoints JOIN anchors USING (log, size) WHERE log = 1 ORDER BY size"
        ).fetchall()
    return entries, tiles, checkpoints


def rebuilt(three: Network, name: str) -> dict[str, Any]:
    """What the command answers."""
    return dict(json.loads(run("rebuild", "--dir", str(three.lab.home(name)), "--json")))


def test_a_folder_that_is_gone_comes_back_byte_for_byte(three: Network) -> None:
    """Same head, same answers, same copies of others; the log goes on, and its holders see one log."""
    creator, *others = three.names
    names = [*told(three, creator, "A1", "A2"), *told(three, creator, "B1")]
    for other in others:
        told(three, other, "C1")
    three.caught_up()
    before = receipts(three, creator, names)
    status = three.status(creator)
    three.lab.kill(creator)
    data = three.lab.home(creator) / "data"
    was, kept = own(data), three.kept(creator)
    data.rename(data.with_name("lost"))
    found = rebuilt(three, creator)
    assert found["lacking"] == found["faults"] == []
    assert found["signedAgain"] == 0
    assert own(data)[:2] == was[:2]
    assert three.kept(creator) == kept
    assert (data / "restored").exists()
    three.lab.restart(creator)
    until(lambda: not (data / "restored").exists())
    three.caught_up()
    assert own(data)[2] == was[2]
    again = three.status(creator)
    assert all(again[key] == status[key] for key in ("log", "sealed", "final"))
    assert receipts(three, creator, names) == before
    late = told(three, creator, "D1")
    three.caught_up()
    for name in three.names:
        assert receipts(three, name, names) == before
        assert receipts(three, name, late) == receipts(three, creator, late)
        assert three.status(name)["faults"] == []
        assert [log["forked"] for log in three.status(name)["kept"]] == [False, False]
    three.lab.stop(three.names)
    for name in three.names:
        found = diagnoses(three, name)
        assert found["kept logs"][0], found
        assert found["log"][0], found
