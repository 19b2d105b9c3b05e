"""Verification that asks nobody: no node, no chain, no network. Importing or running it opens no socket."""

import time

from tracehold.core.dossier import examine, read_dossier
from tracehold.core.evidence import Report, Trust, decode_evidence, report

__all__ = ["Report", "Trust", "now_ms", "verify", "verify_dossier"]


def now_ms() -> int:
    """Milliseconds since 1970, by this machine's clock. It
    only decides whether a missing anchor is overdue.
    """
    return int(time.time() * 1000)


def verify(evidence: bytes, trust: Trust | None = None, *, at_ms: int | None = None) -> Report:
    """Check an evidence file, step by step. It is verified only if the report's `error` is None.

    `trust` (see `tracehold.core.evidence.parse_trust`) pins the blocks that the verifier knows; without it
    the verdict is UNTRUSTED at best. Raises MALFORMED_PROOF where the bytes are no evidence file.
    """
    return report(decode_evidence(evidence), trust, None, now_ms() if at_ms is None else at_ms)


def verify_dossier(raw: bytes, trust: Trust | None = None, *, at_ms: int | None = None) -> Report:
    """Check an answer with all that it rests on, as `tracehold trace --out` saves it: every record as
    `verify` does, and that the answer follows from them. Raises MALFORMED_PROOF where it is no such file.
    """
    return examine(read_dossier(raw), trust, None, now_ms() if at_ms is None else at_ms)
