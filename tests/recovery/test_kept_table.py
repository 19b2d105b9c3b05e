"""The recovery table of what a node keeps of others' logs, and of its notes: each write, failed before and
failed after, on every back-end; what is there, and what the repeat does.

On SQLite each write is also cut short after any number of steps of its transaction.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.journey.kept_scene import SEGMENT, Pieces, own_log, pieces, short_segments
from tests.recovery.faults import BUSY, FAILED, Fault, Faulty
from tracehold.adapters.memory.copies import MemoryCopies
from tracehold.adapters.memory.log import MemoryLog
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.core.errors import TraceholdError
from tracehold.core.ids import Fingerprint, LogId, Root
from tracehold.journey.fsck import check_log
from tracehold.journey.ports import Batch, Copies, Copy, Fork, RecordLog, Witness

OTHER = LogId(b"\xbb" * 32)
MOVED = "HEAD_MOVED"
LATE = SEGMENT + 1
"""A record of the second segment."""
ROTTEN = Fingerprint(b"\x66" * 32)
WITNESS = Witness(OTHER, 9, Root(bytes(32)))


@pytest.fixture(autouse=True)
def segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short ones."""
    short_segments(monkeypatch)


@dataclass
class Disk:
    """A store and its notes, which `restart` opens again."""

    log: RecordLog
    copies: Copies
    folder: Path | None = None

    @classmethod
    async def made(cls, backend: str, folder: Path) -> "Disk":
        """An empty one, with the own log."""
        if backend == "memory":
            made = cls(MemoryLog(), MemoryCopies())
        else:
            store = SqliteLog.open(folder)
            made = cls(store, store.copies, folder)
        await own_log(made.log)
        return made

    def restart(self) -> None:
        """A new process."""
        if isinstance(self.log, SqliteLog) and self.folder is not None:
            self.log.close()
            self.log = SqliteLog.open(self.folder)
            self.copies = self.log.copies

    def close(self) -> None:
        """The end."""
        if isinstance(self.log, SqliteLog):
            self.log.close()

    async def seen(self, log: LogId) -> list[Any]:
        """Everything that the ports tell of a log, and of the notes."""
        spans = list(await self.log.spans(log))
        entries = [e for start, stop in spans for e in await self.log.read(log, start, stop)]
        coords = [coord for coord, _ in MADE[0].base().tiles]
        controls, disputes = await self.log.controls(log), await self.log.disputes(log, 0, 9999)
        tiles, checkpoint = await self.log.tiles(log, coords), await self.log.checkpoint(log)
        holders, segments = await self.copies.holders(1), await self.copies.segments()
        notes = [
            list(holders),
            list(segments),
            await self.copies.witness(OTHER),
            list(await self.copies.forks()),
        ]
        found = [spans, entries, list(controls), list(disputes), tiles, checkpoint, notes]
        return [*found, await self.log.unjudged(log)]

    async def check(self, log: LogId, *, damaged: bool = False) -> None:
        """All of a log fits together, or is damaged."""
        assert await code_of(check_log(self.log, log)) == ("CORRUPT" if damaged else "")


MADE: list[Pieces] = []


@dataclass(frozen=True)
class Write:
    """One write: its port and method, what was done before it, what its repeat answers if it was done, and
    whether it puts right what is damaged before it.
    """

    port: str
    method: str
    does: Callable[[Any, Pieces], Awaitable[None]]
    before: tuple[str, ...] = ()
    again: str = ""
    mends: bool = False

    def __str__(self) -> str:
        return " after ".join((self.method, *self.before))


async def retile(log: RecordLog, made: Pieces, hashes: bytes = b"") -> None:
    """Put the lowest tile of the base right, or others in its place."""
    at, right = made.base().tiles[0]
    await log.mend_tiles(made.log, [(at, hashes or right)])


WRITES = [
    Write("log", "begin", lambda log, made: log.begin(made.base())),
    Write("log", "begin", lambda log, made: log.begin(made.parts()[2]), ("first part",)),
    Write("log", "append", lambda log, made: log.append(made.late[0]), ("base",), MOVED),
    Write("log", "append", lambda log, made: log.append(made.late[1]), ("base", "late"), MOVED),
    Write("log", "append", lambda log, made: log.append(made.early[0]), ("base", "late"), MOVED),
    Write("log", "append", lambda log, made: log.append(made.early[-1]), ("base", "late", "rest"), MOVED),
    Write("log", "erase", lambda log, made: log.erase(made.log, SEGMENT + 1), ("base", "late")),
    Write("log", "erase", lambda log, made: log.erase(made.log, 101), ("base", "late")),
    Write("log", "append", lambda log, made: log.append(hasty(made)), ("base",), MOVED),
    Write("log", "judged", lambda log, made: judge(log, made, SEGMENT + 3), ("base", "hasty")),
    Write("log", "judged", lambda log, made: judge(log, made, SEGMENT + 1), ("base", "hasty")),
    Write("log", "mend", lambda log, made: mend(log, made, LATE), ("base", "late", "late name"), mends=True),
    Write("log", "mend", lambda log, made: mend(log, made, 101), ("base", "late", "base name"), mends=True),
    Write("log", "mend_tiles", retile, ("base", "late", "rotten"), mends=True),
    Write("copies", "choose", lambda copies, _: copies.choose(Copy(1, 7, 17)), ("chosen",)),
    Write("copies", "acknowledged", lambda copies, _: copies.acknowledged(Copy(1, 5, 15, 300)), ("chosen",)),
    Write("copies", "acknowledged", lambda copies, _: copies.acknowledged(Copy(1, 8, 18, 300)), ("chosen",)),
    Write("copies", "release", lambda copies, _: copies.release(1, 5), ("chosen",)),
    Write("copies", "pledge", lambda copies, _: copies.pledge(WITNESS)),
    Write("copies", "pledge", lambda copies, _: copies.pledge(WITNESS), ("pledged",)),
    Write("copies", "save_fork", lambda copies, _: copies.save_fork(Fork(OTHER, 9, b"a", b"b", False, 1))),
]  # fmt: skip

BEFORE: dict[str, Callable[[Disk, Pieces], Awaitable[None]]] = {
    "first part": lambda disk, made: disk.log.begin(made.parts()[0]),
    "base": lambda disk, made: disk.log.begin(made.base()),
    "late": lambda disk, made: disk.log.append(made.late[0]),
    "rest": lambda disk, made: append_all(disk.log, made),
    "hasty": lambda disk, made: disk.log.append(hasty(made)),
    # What is put in without bytes is a fingerprint alone: so damage is made by the means of the port.
    "late name": lambda disk, made: disk.log.mend(made.log, LATE, b"", ROTTEN),
    "base name": lambda disk, made: disk.log.mend(made.log, 101, b"", ROTTEN),
    "rotten": lambda disk, made: retile(disk.log, made, bytes(32 * 256)),
    "chosen": lambda disk, _: disk.copies.choose(Copy(1, 5, 15)),
    "pledged": lambda disk, _: disk.copies.pledge(Witness(OTHER, 4, Root(bytes(32)))),
}
"""What may be there."""


def hasty(made: Pieces) -> Batch:
    """The first batch of the second segment, as it is kept before it is judged."""
    return replace(made.late[0], disputes=(), unjudged=True)


async def judge(log: RecordLog, made: Pieces, stop: int) -> None:
    """Judge what was kept in haste, as far as that."""
    said = [each for each in made.late[0].disputes if each.index < stop]
    await log.judged(made.log, SEGMENT, stop, said)


async def mend(log: RecordLog, made: Pieces, index: int) -> None:
    """Put an entry right."""
    right = made.branch.entries[index]
    await log.mend(made.log, index, right.raw, right.fingerprint)


async def append_all(log: RecordLog, made: Pieces) -> None:
    """All of the first segment but its last batch."""
    for batch in made.early[:-1]:
        await log.append(batch)


async def ready(write: Write, backend: str, folder: Path) -> Disk:
    """A disk with what was done before the write."""
    if not MADE:
        MADE.append(await pieces())
    disk = await Disk.made(backend, folder)
    for name in write.before:
        await BEFORE[name](disk, MADE[0])
    return disk


async def code_of(call: Awaitable[object]) -> str:
    """The error with which a call ends, if any."""
    try:
        await call
    except TraceholdError as error:
        return error.code
    return ""


@pytest.mark.parametrize("backend", ["memory", "sqlite"])
@pytest.mark.parametrize("after", [False, True], ids=["failed", "stored, reply lost"])
@pytest.mark.parametrize("write", WRITES, ids=str)
async def test_every_write_may_fail_before_or_after(
    write: Write, after: bool, backend: str, tmp_path: Path
) -> None:
    """Nothing of it is there, or all of it, also after a restart; then it is repeated; the whole log is
    checked each time.
    """
    disk = await ready(write, backend, tmp_path / "a")
    made = MADE[0]
    without = await disk.seen(made.log)
    for error in (BUSY, FAILED):
        port = Faulty(getattr(disk, write.port))
        port.arm(Fault(write.method, error, after))
        code = await code_of(write.does(port, made))
        assert code in {error.code, write.again}
        disk.restart()
        assert (await disk.seen(made.log) != without) is after
        await disk.check(made.log, damaged=write.mends and not after)
    code = await code_of(write.does(getattr(disk, write.port), made))
    assert code == (write.again if after else "")
    with_it = await disk.seen(made.log)
    assert with_it != without
    assert await code_of(write.does(getattr(disk, write.port), made)) == write.again
    assert await disk.seen(made.log) == with_it
    await disk.check(made.log)
    disk.close()


def once_after(steps: int) -> Callable[[], bool]:
    """Stops SQLite's machine once, after so many steps; its roll-back runs."""
    left = [False] * steps + [True]
    return lambda: bool(left) and left.pop(0)


@pytest.mark.parametrize("write", WRITES, ids=str)
async def test_a_transaction_that_is_cut_short_leaves_nothing(write: Write, tmp_path: Path) -> None:
    """Stopped after more and more steps of SQLite's machine, until it gets through: each time either all of
    it is there or nothing.
    """
    disk = await ready(write, "sqlite", tmp_path)
    made = MADE[0]
    assert isinstance(disk.log, SqliteLog)
    without = await disk.seen(made.log)
    code, steps, cuts = "", 0, 0
    while cuts < 99:
        steps += 3 + steps // 4
        disk.log._store._writing.set_progress_handler(once_after(steps), 1)
        code = await code_of(write.does(getattr(disk, write.port), made))
        disk.log._store._writing.set_progress_handler(None, 1)
        if code != "STORE_FAILED":
            break
        cuts += 1
        if await disk.seen(made.log) != without:
            break  # what failed came after the commit
    assert code in {"", "STORE_FAILED"}
    assert 2 < cuts < 99
    assert await code_of(write.does(getattr(disk, write.port), made)) == write.again
    disk.restart()
    assert await disk.seen(made.log) != without
    await disk.check(made.log)
    disk.close()
