"""A capture job as one row: what is searched for in columns, the rest as JSON."""

import json
from typing import Any

from tracehold.core.ids import Fingerprint
from tracehold.journey.capture_jobs import Captured, CaptureJob, ErrorBehaviour, JobNote


def to_json(job: CaptureJob) -> str:
    """The job's content."""
    return json.dumps(
        {
            "errors": [_note(note) for note in job.errors],
            "warnings": [_note(note) for note in job.warnings],
            "events": [_captured(each) for each in job.events],
            "masterdata": [_captured(each) for each in job.masterdata],
        },
        separators=(",", ":"),
    )


def from_row(row: tuple[Any, ...]) -> CaptureJob:
    """The job of a row (id, party, behaviour, created_ms, finished_ms, content)."""
    id_, party, behaviour, created_ms, finished_ms, content = row
    parts = json.loads(content)
    return CaptureJob(
        id=id_,
        party=party,
        behaviour=ErrorBehaviour(behaviour),
        created_ms=created_ms,
        finished_ms=finished_ms,
        errors=tuple(JobNote(*note) for note in parts["errors"]),
        warnings=tuple(JobNote(*note) for note in parts["warnings"]),
        events=tuple(_from_captured(each) for each in parts["events"]),
        masterdata=tuple(_from_captured(each) for each in parts["masterdata"]),
    )


def _note(note: JobNote) -> list[str]:
    return [note.code, note.path, note.message, note.remedy]


def _captured(each: Captured) -> list[str | bool | None]:
    return [each.fingerprint.hex() if each.fingerprint is not None else None, each.duplicate]


def _from_captured(parts: list[Any]) -> Captured:
    text, duplicate = parts
    return Captured(Fingerprint(bytes.fromhex(text)) if text is not None else None, duplicate)
