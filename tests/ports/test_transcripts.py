"""What `Transcripts` promises, shown on the one in memory and on the file; and what the file keeps."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tracehold.adapters.memory.audits import MemoryTranscripts
from tracehold.adapters.sqlite_audits import SqliteTranscripts
from tracehold.core.audit import Outcome
from tracehold.core.errors import Broken, Unavailable
from tracehold.core.ids import LogId
from tracehold.core.sampling import AskedEntry
from tracehold.journey.ports.audits import KeptTranscript, Transcripts

OWN, MILL, FARM = (LogId(bytes([number]) * 32) for number in (1, 2, 3))


def kept(name: str, holder: LogId = MILL, epoch: int = 10, outcome: Outcome = Outcome.PASS) -> KeptTranscript:
    """A transcript of these bytes."""
    failed = (AskedEntry(FARM, 7, 1 << 52), AskedEntry(OWN, 0, 1)) if outcome is Outcome.FAIL else ()
    return KeptTranscript(epoch, OWN, holder, 2, outcome, 1 << 41, 350, 46, failed, name.encode())


@pytest.fixture(params=["memory", "sqlite"])
def transcripts(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Transcripts]:
    """Nothing in it yet."""
    if request.param == "memory":
        yield MemoryTranscripts()
        return
    with closing(SqliteTranscripts(tmp_path / "data" / "audits.sqlite")) as file:
        yield file


async def names(transcripts: Transcripts, **wanted: object) -> list[str]:
    """The bytes of those that are found."""
    return [each.raw.decode() for each in await transcripts.of(**wanted)]  # type: ignore[arg-type]


async def test_what_was_saved_is_found_as_it_was(transcripts: Transcripts) -> None:
    """With its number, larger than all before; by number its bytes."""
    first = await transcripts.save(kept("one", outcome=Outcome.FAIL))
    second = await transcripts.save(kept("two"))
    assert 0 < first < second
    assert list(await transcripts.of()) == [
        replace(kept("one", outcome=Outcome.FAIL), number=first),
        replace(kept("two"), number=second),
    ]
    assert await transcripts.raw(second) == b"two"
    assert await transcripts.raw(second + 1) is None


async def test_the_same_bytes_are_kept_once(transcripts: Transcripts) -> None:
    """Saving them again tells their number."""
    number = await transcripts.save(kept("one"))
    await transcripts.save(kept("two"))
    assert await transcripts.save(kept("one")) == number
    assert await names(transcripts) == ["one", "two"]


async def test_they_are_found_by_holder_epoch_and_outcome(transcripts: Transcripts) -> None:
    """By number, behind one, so many at most."""
    numbers = [
        await transcripts.save(each)
        for each in (
            kept("a"),
            kept("b", FARM),
            kept("c", epoch=11),
            kept("d", outcome=Outcome.CONTAINED),
            kept("e", FARM, 11, Outcome.FAIL),
        )
    ]
    assert await names(transcripts, holder=MILL) == ["a", "c", "d"]
    assert await names(transcripts, epoch=11) == ["c", "e"]
    assert await names(transcripts, outcome=Outcome.FAIL) == ["e"]
    assert await names(transcripts, holder=MILL, epoch=10, outcome=Outcome.CONTAINED) == ["d"]
    assert await names(transcripts, after=numbers[1], most=2) == ["c", "d"]
    assert await names(transcripts, holder=OWN) == []


async def test_the_newest_of_a_holder_in_an_epoch(transcripts: Transcripts) -> None:
    """The last that was saved; none where there is none."""
    for each in (kept("a"), kept("b", FARM), kept("c"), kept("d", epoch=11)):
        await transcripts.save(each)
    newest = await transcripts.newest(MILL, 10)
    assert newest is not None
    assert newest.raw == b"c"
    assert await transcripts.newest(FARM, 11) is None


async def test_what_is_pruned_and_what_stays_as_evidence(transcripts: Transcripts) -> None:
    """Fails stay for ever; a number that was given is never given again."""
    for each in (kept("a"), kept("b", outcome=Outcome.FAIL), kept("c", epoch=11)):
        await transcripts.save(each)
    last = await transcripts.save(kept("d"))
    await transcripts.keep_nonce(10, b"\x0a" * 32)
    await transcripts.keep_nonce(11, b"\x0b" * 32)
    await transcripts.prune(11)
    await transcripts.prune(11)
    assert await names(transcripts) == ["b", "c"]
    assert (await transcripts.nonce(10), await transcripts.nonce(11)) == (None, b"\x0b" * 32)
    assert await transcripts.save(kept("e")) > last


async def test_the_first_nonce_of_an_epoch_stays(transcripts: Transcripts) -> None:
    """Whoever committed to it must have it at the audit."""
    assert await transcripts.nonce(10) is None
    assert await transcripts.keep_nonce(10, b"\x0a" * 32) == b"\x0a" * 32
    assert await transcripts.keep_nonce(10, b"\x0b" * 32) == b"\x0a" * 32
    assert await transcripts.nonce(10) == b"\x0a" * 32


async def test_many_at_once(transcripts: Transcripts) -> None:
    """Each of them, and the same ones twice, once."""
    numbers = await asyncio.gather(*(transcripts.save(kept(str(at // 2))) for at in range(40)))
    assert len(set(numbers)) == 20
    assert len(await transcripts.of()) == 20


async def test_the_file_has_it_all_after_a_restart(tmp_path: Path) -> None:
    """Transcripts, nonces, and the next number."""
    with closing(SqliteTranscripts(tmp_path / "audits.sqlite")) as file:
        number = await file.save(kept("one", outcome=Outcome.FAIL))
        await file.keep_nonce(10, b"\x0a" * 32)
    with closing(SqliteTranscripts(tmp_path / "audits.sqlite")) as file:
        assert await file.newest(MILL, 10) == replace(kept("one", outcome=Outcome.FAIL), number=number)
        assert await file.nonce(10) == b"\x0a" * 32
        assert await file.save(kept("two")) > number


def test_a_file_of_a_newer_release_is_left_alone(tmp_path: Path) -> None:
    """SCHEMA_NEWER, and not a byte of it is changed."""
    path = tmp_path / "audits.sqlite"
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version=99")
        newer.execute("CREATE TABLE of_theirs (x)")
    with pytest.raises(Broken, match="SCHEMA_NEWER"):
        SqliteTranscripts(path)
    with closing(sqlite3.connect(path)) as newer:
        assert newer.execute("SELECT name FROM sqlite_master").fetchall() == [("of_theirs",)]


def test_a_file_that_is_none(tmp_path: Path) -> None:
    """STORE_FAILED."""
    (tmp_path / "audits.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(Broken, match="STORE_FAILED"):
        SqliteTranscripts(tmp_path / "audits.sqlite")


async def test_a_file_that_another_process_locks(tmp_path: Path) -> None:
    """STORE_BUSY; afterwards it goes on."""
    path = tmp_path / "audits.sqlite"
    with closing(SqliteTranscripts(path)) as file, closing(sqlite3.connect(path)) as other:
        file._connection.execute("PRAGMA busy_timeout=1")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="STORE_BUSY"):
            await file.save(kept("one"))
        other.rollback()
        assert await file.save(kept("one")) == 1
