"""Capture jobs: who sees them, and how they end when something else does."""

import asyncio
import json
from typing import Any

import pytest

from tests.api.documents import captured, document
from tests.api.face import Face
from tests.journey.network import FARM, begun
from tracehold.core.errors import Unavailable
from tracehold.journey.capture_jobs import ErrorBehaviour

LOT = "https://id.gs1.org/01/09521000001237/10/A"


async def test_job_is_hidden_from_other_parties(face: Face):
    """Another party's job does not exist for it; authorities and operators see it."""
    job = await captured(face, document(begun(LOT, 1)))
    path = f"/capture/{job['captureID']}"
    assert [
        (await face.get(path, who)).status_code for who in ("mill", "authority", "operator", "reader", None)
    ] == [
        404,
        200,
        200,
        403,
        401,
    ]
    assert (await face.get("/capture", "mill")).json() == []
    assert len((await face.get("/capture", "operator")).json()) == 1


async def test_unknown_job_is_404(face: Face):
    """An id of nobody is answered as another party's id is."""
    response = await face.get("/capture/none", "farm")
    assert (response.status_code, response.json()["type"]) == (404, "epcisException:NoSuchResourceException")


async def test_jobs_come_in_pages_newest_first(face: Face):
    """Following `Link: rel=next` shows each job once, also while new ones come."""
    made = [(await captured(face, document(begun(LOT, minute))))["captureID"] for minute in range(5)]
    seen, path = [], "/capture?perPage=2"
    while path:
        response = await face.get(path, "farm")
        seen += [job["captureID"] for job in response.json()]
        link = response.headers.get("link", "")
        path = link[1 : link.index(">")] if link else ""
        if len(seen) == 2:
            await captured(face, document(begun(LOT, 30)))
    assert seen == made[::-1]


@pytest.mark.parametrize(
    "query", ["perPage=0", "perPage=1001", "perPage=x", "perPage=-1", "page=2", "perPage=²"]
)
async def test_bad_page_parameters_are_refused(face: Face, query: str):
    """What is no size of a page is said to be none."""
    assert (await face.get(f"/capture?{query}", "farm")).status_code == 400


async def test_full_disk_refuses_the_document_at_once(face: Face):
    """Under the disk's reserve the sender is told to come back; the job says what happened."""

    async def low(*_: Any, **__: Any) -> Any:
        raise Unavailable("DISK_LOW", "little disk is free")

    face.node.uploads.submit = low  # type: ignore[method-assign]
    response = await face.post("/capture", document(begun(LOT, 1)), "farm")
    assert (response.status_code, response.json()["code"]) == (429, "DISK_LOW")
    assert "retry-after" in response.headers
    (job,) = (await face.get("/capture", "farm")).json()
    assert (job["running"], job["success"], job["errors"][0]["code"]) == (False, False, "DISK_LOW")


async def test_answer_does_not_wait_for_a_long_job(face: Face):
    """A job that takes long is answered 202 while it runs, and is waited for when the node stops."""
    submit, released = face.node.uploads.submit, asyncio.Event()

    async def slow(*items: Any, **options: Any) -> Any:
        await released.wait()
        return await submit(*items, **options)

    face.desk.patience_s = 0.0
    face.node.uploads.submit = slow  # type: ignore[method-assign]
    response = await face.post("/capture", document(begun(LOT, 1)), "farm")
    assert response.status_code == 202
    job = (await face.get(response.headers["location"], "farm")).json()
    assert (job["running"], job["success"], job["events"]) == (True, True, [])
    assert "finishedAt" not in job
    stopping = asyncio.ensure_future(face.desk.stop())
    await asyncio.sleep(0)
    assert not stopping.done()
    released.set()
    await stopping
    job = (await face.get(response.headers["location"], "farm")).json()
    assert (job["running"], len(job["events"])) == (False, 1)


async def test_job_that_a_stop_interrupted_is_ended_at_the_next_start(face: Face):
    """After a crash in the middle, the job says so and what to do; it does not run for ever."""
    begun_job = await face.desk.captures.begin(begun(LOT, 1), FARM, ErrorBehaviour.ROLLBACK)
    await face.desk.captures.recover()
    job = (await face.get(f"/capture/{begun_job.job.id}", "farm")).json()
    assert (job["running"], job["success"], job["errors"][0]["code"]) == (False, False, "STOPPING")


async def test_fault_in_the_middle_ends_the_job_without_its_text(face: Face):
    """An unexpected error ends the job as INTERNAL; its text is nowhere on the wire."""

    async def failing(*_: Any, **__: Any) -> Any:
        raise OSError("/secret/path")

    face.node.uploads.submit = failing  # type: ignore[method-assign]
    response = await face.post("/capture", document(begun(LOT, 1)), "farm")
    assert (response.status_code, response.json()["code"]) == (500, "INTERNAL")
    (job,) = (await face.get("/capture", "farm")).json()
    assert job["errors"][0]["code"] == "INTERNAL"
    assert "/secret/path" not in response.text + json.dumps(job)


async def test_unavailable_in_a_job_that_outlives_its_answer_is_no_fault(face: Face):
    """What time will help is told by the job; an operator need not look."""

    async def later(*_: Any, **__: Any) -> Any:
        raise Unavailable("BUSY", "too much waits")

    face.desk.patience_s = 0.0
    face.node.uploads.submit = later  # type: ignore[method-assign]
    await face.post("/capture", document(begun(LOT, 1)), "farm")
    await face.desk.stop()
    assert face.faults == []
