"""`verify`: a whole chain passes, and every kind of damage is found."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.devchain.bytecode import REVERT, STORE, word
from tests.devchain.node import BOB, Node
from tracehold.core.errors import Broken, Rejected
from tracehold.devchain.store import FILE
from tracehold.devchain.verifying import verify


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A closed chain of 6 blocks with 7 transactions and 3 logs."""
    node = Node(tmp_path / "chain")
    contract = node.deploy()
    for value in (1, 2):
        node.send(BOB)
        node.mine(to=contract, data=STORE + word(value))
    node.mine(to=contract, data=REVERT + word(9))
    node.mine(to=contract, data=STORE + word(3))
    node.close()
    return node.directory


Damage = Callable[[sqlite3.Connection], object]


def damage(folder: Path, how: Damage) -> None:
    """Change the closed chain's file behind its back; the change must be one."""
    connection = sqlite3.connect(folder / FILE)
    before = connection.total_changes
    how(connection)
    connection.commit()
    assert connection.total_changes > before
    connection.close()


def test_a_whole_chain_passes(folder: Path) -> None:
    """With what was checked, and progress to the last block."""
    progress: list[tuple[int, int]] = []
    verified = verify(folder, lambda done, total: progress.append((done, total)))
    assert (verified.blocks, verified.transactions, verified.logs) == (6, 7, 3)
    assert progress[-1] == (5, 5)
    again = Node(folder)
    assert again.rpc("eth_getBlockByNumber", "latest", False)["hash"] == verified.head
    again.close()


def test_a_running_chain_can_be_verified(node: Node) -> None:
    """Beside the sealer, without its lock."""
    node.mine()
    assert verify(node.directory).blocks == 2


def test_an_empty_folder_holds_no_chain(tmp_path: Path) -> None:
    """And none is founded by looking."""
    with pytest.raises(Rejected, match="no chain"):
        verify(tmp_path)
    assert list(tmp_path.iterdir()) == []


def sql(statement: str) -> Damage:
    """Damage by SQL."""
    return lambda connection: connection.execute(statement)


COPY = (
    "INSERT INTO logs SELECT 0, log, tx, address, topic0, topic1, topic2, topic3, data, tx_hash, block_hash"
)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (sql("DELETE FROM logs WHERE block = 2"), "log index of block 2"),
        (sql("UPDATE logs SET data = zeroblob(32) WHERE block = 3"), "log index of block 3"),
        (sql("UPDATE logs SET address = zeroblob(20) WHERE block = 3"), "log index of block 3"),
        (sql(COPY + " FROM logs WHERE block = 2"), "holds 4 logs, the receipts 3"),
        (sql("INSERT INTO kv VALUES(zeroblob(32), zeroblob(9))"), "1 values follow from no block"),
        (sql("UPDATE meta SET value = '[]' WHERE name = 'alloc'"), "block 0"),
        (sql("UPDATE meta SET value = '\"0x00\"' WHERE name = 'genesis'"), "block 0"),
        (sql("DELETE FROM meta"), "settings"),
    ],
)
def test_damage_is_found(folder: Path, how: Damage, message: str) -> None:
    """Broken CORRUPT with the first thing that does not fit."""
    damage(folder, how)
    with pytest.raises(Broken, match=message) as found:
        verify(folder)
    assert found.value.code == "CORRUPT"


def test_every_lost_or_changed_value_is_found(folder: Path) -> None:
    """Attack: whatever single stored value is taken away or changed, it shows."""
    connection = sqlite3.connect(folder / FILE, isolation_level=None)
    rows = connection.execute("SELECT key, value FROM kv").fetchall()
    for key, value in rows:
        changed = bytes([value[0] ^ 1]) + value[1:] if value else b"x"
        connection.execute("DELETE FROM kv WHERE key = ?", (key,))
        assert_corrupt(folder)
        connection.execute("INSERT INTO kv VALUES(?, ?)", (key, changed))
        assert_corrupt(folder)
        connection.execute("UPDATE kv SET value = ? WHERE key = ?", (value, key))
    connection.close()
    assert verify(folder).values == len(rows)


def assert_corrupt(folder: Path) -> None:
    """The check fails, and as itself."""
    with pytest.raises(Broken) as found:
        verify(folder)
    assert found.value.code == "CORRUPT"


def test_half_a_chain_is_not_opened(folder: Path) -> None:
    """Attack: without its settings a chain would be founded anew, over the old one."""
    damage(folder, lambda connection: connection.execute("DELETE FROM meta"))
    with pytest.raises(Broken, match="half a chain"):
        Node(folder)
