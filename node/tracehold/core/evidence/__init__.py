"""Evidence: all that one needs to check a record with no node and no network, and the check itself."""

from tracehold.core.evidence.file import Evidence, decode_evidence, encode_evidence
from tracehold.core.evidence.known import Known
from tracehold.core.evidence.pins import Ground
from tracehold.core.evidence.report import Report, StepResult, report, verify
from tracehold.core.evidence.trust import Accounts, ChainView, Signers, Trust
from tracehold.core.evidence.trustfile import parse_trust

__all__ = [
    "Accounts",
    "ChainView",
    "Evidence",
    "Ground",
    "Known",
    "Report",
    "Signers",
    "StepResult",
    "Trust",
    "decode_evidence",
    "encode_evidence",
    "parse_trust",
    "report",
    "verify",
]
