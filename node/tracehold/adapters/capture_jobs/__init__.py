"""Capture jobs in a SQLite file of their own."""

from tracehold.adapters.capture_jobs.store import SqliteCaptureJobs

__all__ = ["SqliteCaptureJobs"]
