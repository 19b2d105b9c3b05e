"""What keeps capture jobs: durable, in order, bounded."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tracehold.adapters.capture_jobs import SqliteCaptureJobs, store
from tracehold.core.errors import Broken
from tracehold.core.ids import Fingerprint
from tracehold.journey.capture_jobs import Captured, CaptureJob, ErrorBehaviour, JobNote

FARM, MILL = "urn:party:farm", "urn:party:mill"


def job(name: str, party: str = FARM) -> CaptureJob:
    """A job that runs."""
    return CaptureJob(name, party, ErrorBehaviour.ROLLBACK, created_ms=1)


def finished(begun: CaptureJob) -> CaptureJob:
    """The same at its end, with everything that a job can hold."""
    return replace(
        begun,
        finished_ms=2,
        errors=(JobNote("EPCIS_FORM", "/epcisBody", "wörds", "do"),),
        warnings=(JobNote("BAD_TIME", "", "late"),),
        events=(Captured(Fingerprint(b"f" * 32), duplicate=True), Captured()),
        masterdata=(Captured(Fingerprint(b"m" * 32)),),
    )


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[SqliteCaptureJobs]:
    """An empty file of jobs."""
    made = SqliteCaptureJobs(tmp_path / "captures.sqlite")
    yield made
    made.close()


async def test_job_is_kept_as_it_was_saved(jobs: SqliteCaptureJobs):
    """Running and finished, all of it; saving twice is harmless."""
    await jobs.save(job("a"))
    assert await jobs.find("a") == job("a")
    for _ in range(2):
        await jobs.save(finished(job("a")))
    assert await jobs.find("a") == finished(job("a"))
    assert await jobs.find("b") is None


async def test_jobs_survive_the_process(tmp_path: Path):
    """Another process finds them, and which of them ran."""
    first = SqliteCaptureJobs(tmp_path / "captures.sqlite")
    await first.save(job("a"))
    await first.save(finished(job("b")))
    first.close()
    second = SqliteCaptureJobs(tmp_path / "captures.sqlite")
    assert await second.find("b") == finished(job("b"))
    assert await second.unfinished() == [job("a")]
    second.close()


async def test_pages_are_newest_first_and_by_party(jobs: SqliteCaptureJobs):
    """A page starts after the job named, also when that one was finished meanwhile; parties do not mix."""
    for name in "abcd":
        await jobs.save(job(name, MILL if name == "c" else FARM))
    await jobs.save(finished(job("b")))
    assert [each.id for each in await jobs.page(FARM, None, 2)] == ["d", "b"]
    assert [each.id for each in await jobs.page(FARM, "b", 2)] == ["a"]
    assert [each.id for each in await jobs.page(None, None, 9)] == ["d", "c", "b", "a"]
    assert [each.id for each in await jobs.page(MILL, "c", 9)] == []
    assert await jobs.page(FARM, "unknown", 9) == []


async def test_oldest_finished_jobs_make_room(jobs: SqliteCaptureJobs, monkeypatch: pytest.MonkeyPatch):
    """The file does not grow without end; a job that runs is never dropped."""
    monkeypatch.setattr(store, "KEPT", 2)
    await jobs.save(job("running"))
    for name in "abcd":
        await jobs.save(finished(job(name)))
    assert [each.id for each in await jobs.page(None, None, 9)] == ["d", "c", "running"]


def test_file_of_a_newer_release_is_refused(tmp_path: Path):
    """It is not read by guess."""
    path = tmp_path / "captures.sqlite"
    SqliteCaptureJobs(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {store.SCHEMA_VERSION + 1}")
    connection.close()
    with pytest.raises(Broken, match="SCHEMA_NEWER"):
        SqliteCaptureJobs(path)


def test_file_that_is_none_is_refused(tmp_path: Path):
    """Garbage in its place is a broken store, told without SQLite's words."""
    path = tmp_path / "captures.sqlite"
    path.write_bytes(b"garbage" * 1000)
    with pytest.raises(Broken, match="STORE_FAILED"):
        SqliteCaptureJobs(path)
