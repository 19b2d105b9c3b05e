"""Capture jobs and capture problems as JSON: the shapes of
EPCIS 2.0, with our codes and paths beside them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tracehold.api.status import Refusal, problem
from tracehold.core.errors import CODES
from tracehold.core.ids import Fingerprint
from tracehold.journey.capture_jobs import Captured, CaptureJob, JobNote
from tracehold.journey.states import State, StateOf
from tracehold.wire.times import us_text

_EXCEPTIONS = {
    400: "ValidationException",
    401: "SecurityException",
    403: "SecurityException",
    404: "NoSuchResourceException",
    409: "ResourceAlreadyExistsException",
    413: "CaptureLimitExceededException",
    415: "UnsupportedMediaTypeException",
}
States = Mapping[Fingerprint, StateOf]


def problem_json(told: Refusal) -> dict[str, Any]:
    """The problem in the binding's words: `type` is an `epcisException:`, our code stands in `code`."""
    return {**problem(told), "type": _exception(told.http)}


def job_json(job: CaptureJob, states: States) -> dict[str, Any]:
    """The whole job, its records with the state that they have now."""
    return {
        **job_summary(job),
        "warnings": [_note(note) for note in job.warnings],
        "events": _records(job.events, states),
        "masterdata": _records(job.masterdata, states),
    }


def job_summary(job: CaptureJob) -> dict[str, Any]:
    """The job as the binding asks for it. `finishedAt` is not there while it runs."""
    summary: dict[str, Any] = {
        "captureID": job.id,
        "createdAt": us_text(job.created_ms * 1_000),
        "running": job.running,
        "success": not job.errors,
        "captureErrorBehaviour": job.behaviour.value,
        "errors": [_error(note) for note in job.errors],
    }
    if job.finished_ms is not None:
        summary["finishedAt"] = us_text(job.finished_ms * 1_000)
    return summary


def fingerprints(job: CaptureJob) -> list[Fingerprint]:
    """The records of the job."""
    return [each.fingerprint for each in (*job.events, *job.masterdata) if each.fingerprint is not None]


def _exception(http: int) -> str:
    return f"epcisException:{_EXCEPTIONS.get(http, 'ImplementationException')}"


def _error(note: JobNote) -> dict[str, Any]:
    told = Refusal(note.code, note.message, note.path, note.remedy, "")
    return {
        "type": _exception(told.http),
        "title": CODES[note.code].cause,
        "status": told.http,
        "detail": note.message,
        **_note(note),
        "remedy": note.remedy,
    }


def _note(note: JobNote) -> dict[str, Any]:
    return {"code": note.code, "path": note.path, "message": note.message}


def _records(captured: Sequence[Captured], states: States) -> list[dict[str, Any]]:
    return [_record(index, each, states) for index, each in enumerate(captured)]


def _record(index: int, each: Captured, states: States) -> dict[str, Any]:
    """One part of the document; a part that was refused has neither fingerprint nor state."""
    if each.fingerprint is None:
        return {"index": index, "fingerprint": "", "duplicate": False, "state": "UNSPECIFIED"}
    known = states.get(each.fingerprint)
    return {
        "index": index,
        "fingerprint": each.fingerprint.hex(),
        "duplicate": each.duplicate,
        "state": (known.state if known is not None else State.SEALED).name,
    }
