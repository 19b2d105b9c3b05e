"""The processes of a lab: found again by whoever comes later, stopped by id, never taken for another."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracehold.core.errors import Broken, Unavailable
from tracehold.lab.programs import Slot

READY = ["import sys, time", "print('{}', flush=True)", "time.sleep(600)"]
STUBBORN = ["import signal, time", "signal.signal(signal.SIGTERM, signal.SIG_IGN)", *READY[:2], READY[2]]


def python(*lines: str) -> list[str]:
    """A program of these lines."""
    return [sys.executable, "-c", "\n".join(lines)]


def run(code: str) -> int:
    """A starter of its own, run to its end; its exit code."""
    paths = os.pathsep.join(sys.path)
    return subprocess.run(
        [sys.executable, "-c", code], check=False, env=os.environ | {"PYTHONPATH": paths}
    ).returncode


def up(slot: Slot) -> None:
    """Return when the program has spoken."""
    slot.wait_until(lambda: b"\n" in slot.out.read_bytes())


@pytest.fixture
def slot(tmp_path: Path) -> Iterator[Slot]:
    """A place, empty in the end."""
    made = Slot(tmp_path / "run", "one")
    yield made
    made.kill()


class Hours:
    """A clock that sleeping moves on, with a little real time for the processes."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        """Seconds so far."""
        return self.now

    def sleep(self, seconds: float, /) -> None:
        """Pass as many seconds."""
        self.now += seconds
        time.sleep(0.005)


def test_who_comes_later_finds_it_and_stops_it(slot: Slot, tmp_path: Path):
    """Another command knows the id, and stops the process that the first one started."""
    slot.start(python(*READY))
    up(slot)
    later = Slot(tmp_path / "run", "one")
    recorded = int((tmp_path / "run" / "one.pid").read_text())
    assert [later.pid, slot.pid] == [recorded, recorded]
    later.ask_to_stop()
    later.stopped()
    assert [later.pid, slot.pid] == [None, None]


def test_it_outlives_the_command_that_started_it(tmp_path: Path):
    """The starter ends; the program runs on under the id on record, in a session of its own."""
    code = (
        "from pathlib import Path; from tracehold.lab.programs import Slot\n"
        f"Slot(Path({str(tmp_path)!r}), 'one').start({python(*READY)!r})"
    )
    assert run(code) == 0
    slot = Slot(tmp_path, "one")
    try:
        up(slot)
        assert slot.pid is not None
        assert os.getsid(slot.pid) == slot.pid
    finally:
        slot.kill()


def test_started_twice_runs_once(slot: Slot):
    """A start of what runs changes nothing."""
    slot.start(python(*READY))
    up(slot)
    first = slot.pid
    slot.start(python(*READY))
    assert slot.pid == first


def test_an_id_that_somebody_else_has_now_is_nobody(slot: Slot):
    """The file names a living process, which is not ours: it is neither shown nor killed."""
    slot.folder.mkdir()
    (slot.folder / "one.pid").write_text(f"{os.getpid()}\n")
    (slot.folder / "one.lock").touch()
    sent: list[int] = []
    slot.signal = lambda pid, number: sent.append(pid)
    assert slot.pid is None
    slot.ask_to_stop()
    slot.kill()
    assert sent == []


def test_killed_and_not_yet_reaped_is_gone(slot: Slot):
    """A zombie does not run, though the system still lists it."""
    slot.start(python(*READY))
    up(slot)
    pid = slot.pid
    assert pid is not None
    later = Slot(slot.folder, "one")
    later.kill()
    os.kill(pid, 0)  # still listed: this process is its parent, and has not asked
    assert later.pid is None


def test_what_does_not_stop_is_killed(slot: Slot):
    """SIGTERM is ignored; after its time the program is ended all the same."""
    slot.clock = Hours()
    slot.start(python(*STUBBORN))
    up(slot)
    sent: list[int] = []

    def send(pid: int, number: int) -> None:
        sent.append(number)
        os.kill(pid, number)

    slot.signal = send
    slot.ask_to_stop()
    slot.stopped(seconds=5)
    assert sent == [signal.SIGTERM, signal.SIGKILL]
    assert slot.pid is None


def test_one_that_ends_before_it_is_ready_is_told_with_its_words(slot: Slot):
    """Not a time limit but the program's own last line says what is wrong."""
    slot.start(python("import sys", "sys.exit('the port is taken')"))
    with pytest.raises(Broken) as broken:
        up(slot)
    assert "the port is taken" in broken.value.message
    assert str(slot.log) in broken.value.remedy


def test_one_that_never_gets_ready_is_not_waited_for_without_end(slot: Slot):
    """NODE_DOWN after the time that it had."""
    slot.clock = Hours()
    slot.start(python("import time", "time.sleep(600)"))
    with pytest.raises(Unavailable) as late:
        slot.wait_until(lambda: False, seconds=5)
    assert late.value.code == "NODE_DOWN"


def test_a_starter_that_is_killed_leaves_nothing_unknown(tmp_path: Path):
    """However early the starter dies, the process that it leaves, if any, is found and stopped."""
    code = (
        "import os, signal, subprocess; from pathlib import Path; from tracehold.lab import programs\n"
        "popen = subprocess.Popen\n"
        "def dying(*a, **k): popen(*a, **k); os.kill(os.getpid(), signal.SIGKILL)\n"
        "programs.subprocess.Popen = dying\n"
        f"programs.Slot(Path({str(tmp_path)!r}), 'one').start({python(*READY)!r})"
    )
    assert run(code) == -signal.SIGKILL
    slot = Slot(tmp_path, "one")
    assert slot.pid is not None
    slot.kill()
    assert slot.pid is None


def test_two_that_look_do_not_take_each_other_for_it(slot: Slot):
    """Looking takes a shared lock: a look within a look finds nobody."""
    slot.folder.mkdir()
    (slot.folder / "one.lock").touch()
    with (slot.folder / "one.lock").open("rb") as file:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_SH)
        assert slot.running is False
