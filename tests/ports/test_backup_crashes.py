"""A backup or a restore that is killed, or whose disk is full, leaves nothing that looks like one."""

import os
import resource
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.backups import folder, quiet
from tracehold.adapters.backup.snapshot import snapshot
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.config import Config
from tracehold.core.errors import TraceholdError
from tracehold.journey.ports import RecordLog
from tracehold.node.backing_up import Wanted, take_backup
from tracehold.node.restoring import Chosen, restore

STEPS = ("copying log.sqlite", "reading entries", "writing the backup")
RESTORE_STEPS = ("checking the backup", "writing the folder", "checking entries", "comparing entries")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A folder that no test changes."""
    return folder(tmp_path_factory.mktemp("crashes") / "node")


def in_child(work: Callable[[], object]) -> int:
    """Do it in a process of its own: 0, minus the signal that killed it, 1 for an error of ours, else 2."""
    child = os.fork()
    if child == 0:
        code = 2
        try:
            work()
            code = 0
        except TraceholdError as error:
            code = 1 if error.code == "STORE_FAILED" else 3
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_at(step: str) -> Callable[[str], object]:
    """Bars by which the process dies as at a loss of power, at the first progress of that step."""

    @contextmanager
    def bars(title: str) -> Iterator[Callable[[int, int], None]]:
        yield lambda *_: os.kill(os.getpid(), signal.SIGKILL) if title == step else None

    return bars


@pytest.mark.parametrize("step", STEPS)
def test_sigkill_of_a_backup(made: Config, tmp_path: Path, step: str) -> None:
    """No file has the name; the next one works, and throws away what was left."""
    out = tmp_path / "b.tar"
    bars = killed_at(step)
    assert in_child(lambda: take_backup(made, out, Wanted(), bars)) == -signal.SIGKILL  # type: ignore[arg-type]
    assert not out.exists()
    assert [each.name for each in tmp_path.iterdir()] == [".tracehold-backup"]
    take_backup(made, out, Wanted(), quiet)
    assert list(tmp_path.iterdir()) == [out]


def test_sigkill_of_a_restore(made: Config, tmp_path: Path) -> None:
    """There is no folder, at whatever step it dies; afterwards it works, and nothing is left."""
    out, target = tmp_path / "b.tar", tmp_path / "new"
    take_backup(made, out, Wanted(), quiet)
    for step in RESTORE_STEPS:
        bars = killed_at(step)
        assert in_child(lambda bars=bars: restore(out, target, Chosen(), bars)) == -signal.SIGKILL  # type: ignore[misc]
        assert not target.exists()
    restore(out, target, Chosen(), quiet)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["b.tar", "new"]


def test_a_full_disk(made: Config, tmp_path: Path) -> None:
    """Said as what it is; nothing is left."""
    out, target = tmp_path / "b.tar", tmp_path / "new"

    def full(work: Callable[[], object]) -> Callable[[], object]:
        def limited() -> object:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
            return work()

        return limited

    assert in_child(full(lambda: take_backup(made, out, Wanted(), quiet))) == 1
    assert list(tmp_path.iterdir()) == []
    take_backup(made, out, Wanted(), quiet)
    assert in_child(full(lambda: restore(out, target, Chosen(), quiet))) == 1
    assert list(tmp_path.iterdir()) == [out]


def test_a_copy_while_others_write_is_of_one_moment(tmp_path: Path) -> None:
    """Writes between its steps are not in it, do not begin it again, and are not held up."""
    source, target = tmp_path / "a.sqlite", tmp_path / "b.sqlite"
    with closing(sqlite3.connect(source, isolation_level=None)) as node:
        node.execute("PRAGMA journal_mode = WAL")
        node.execute("CREATE TABLE pairs (one INTEGER, other INTEGER, raw BLOB)")
        for at in range(3000):
            node.execute("INSERT INTO pairs VALUES (?, ?, zeroblob(4000))", (at, at))
        steps: list[tuple[int, int]] = []

        def write(done: int, total: int) -> None:
            steps.append((done, total))
            node.execute("UPDATE pairs SET one = one + 1")
            node.execute("INSERT INTO pairs VALUES (0, 0, NULL)")
            node.execute("UPDATE pairs SET other = other + 1")

        snapshot(source, target, write)
    assert len(steps) > 2
    assert steps == sorted(steps)
    with closing(sqlite3.connect(target)) as copy:
        count, different = copy.execute(
            "SELECT count(*), sum(one != rowid - 1 OR other != one) FROM pairs"
        ).fetchone()
    assert (count, different) == (3000, 0)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.sqlite", "b.sqlite"]


async def erased(data: Path) -> bytes:
    """Erase a record of the own log; its bytes."""
    async with SqliteLog.open(data) as store:
        log: RecordLog = store
        (own, *_) = await log.logs()
        (entry,) = await log.read(own, 7, 8)
        await log.erase(own, 7)
        return entry.raw


async def test_what_was_erased_before_is_not_in_a_backup(tmp_path: Path) -> None:
    """Not in a page that is free, either. One that was made before has it still."""
    import asyncio

    config = await asyncio.to_thread(folder, tmp_path / "node")
    before, after = tmp_path / "before.tar", tmp_path / "after.tar"
    await asyncio.to_thread(take_backup, config, before, Wanted(), quiet)
    raw = await erased(config.node.data_dir)
    taken = await asyncio.to_thread(take_backup, config, after, Wanted(), quiet)
    tail = raw[-100:]
    assert tail in before.read_bytes()
    assert tail not in after.read_bytes()
    assert taken.manifest.images[0].erased == ((7, 8),)
