"""A transcript as one row: what is searched for in columns, the bytes beside it."""

import json
from hashlib import sha256
from typing import Any

from tracehold.core.audit import Outcome
from tracehold.core.ids import LogId
from tracehold.core.sampling import AskedEntry
from tracehold.journey.ports.audits import KeptTranscript

COLUMNS = "epoch, auditor, holder, node, outcome, at_ms, latency_ms, places, failed, raw"


def to_row(kept: KeptTranscript) -> tuple[Any, ...]:
    """The values of `COLUMNS`, and the digest by which the same bytes are known again."""
    failed = json.dumps([[each.log.hex(), each.index, each.size] for each in kept.failed])
    return (
        kept.epoch,
        kept.auditor,
        kept.holder,
        kept.node,
        str(kept.outcome),
        kept.at_ms,
        kept.latency_ms,
        kept.places,
        failed,
        kept.raw,
        sha256(kept.raw).digest(),
    )


def from_row(row: tuple[Any, ...]) -> KeptTranscript:
    """The transcript of a row (number, then `COLUMNS`)."""
    number, epoch, auditor, holder, node, outcome, at_ms, latency_ms, places, failed, raw = row
    return KeptTranscript(
        epoch,
        LogId(auditor),
        LogId(holder),
        node,
        Outcome(outcome),
        at_ms,
        latency_ms,
        places,
        tuple(AskedEntry(LogId(bytes.fromhex(log)), index, size) for log, index, size in json.loads(failed)),
        raw,
        number,
    )
