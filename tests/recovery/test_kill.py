"""SIGKILL of a process that seals into SQLite: what it had answered is there, and the log is whole."""

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.core.ids import Fingerprint
from tracehold.journey.fsck import check_log

ROOT = Path(__file__).resolve().parents[2]


def promises_until_killed(folder: Path, run: int, lines: int) -> dict[Fingerprint, int]:
    """Start the program, read so many of its promises, kill it, and read those that were still on their
    way.
    """
    command = [sys.executable, "-m", "tests.recovery.kill_me", str(folder), str(run)]
    promised: dict[Fingerprint, int] = {}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for count, line in enumerate(process.stdout):
            if count == lines:
                process.kill()
            if line.endswith("\n"):
                fingerprint, index = line.split()
                promised[Fingerprint(bytes.fromhex(fingerprint))] = int(index)
    return promised


@pytest.mark.slow
async def test_nothing_that_was_answered_is_lost_by_sigkill(tmp_path: Path) -> None:
    """Ten kills at random moments, each on what the last one left; then every promise and the whole log are
    checked.
    """
    random = Random(7)
    promised: dict[Fingerprint, int] = {}
    for run in range(10):
        found = promises_until_killed(tmp_path, run, random.randrange(0, 400))
        assert not found.keys() & promised.keys()
        promised |= found
        async with SqliteLog.open(tmp_path) as store:
            (log,) = await store.logs()
            await check_log(store, log)
            places = await store.find(promised)
            assert {fingerprint: place.index for fingerprint, place in places.items()} == promised
    assert len(promised) > 500
