"""Evidence: all that one needs to check a record with no node and no network, and the check itself."""

from tracehold.core.evidence.file import Evidence, decode_evidence, encode_evidence
from tracehold.core.evidence.report import Report, StepResult, report, verify
from tracehold.core.evidence.trust import ChainView, Trust, parse_trust
from tracehold.core.evidence.vouchers import Known

__all__ = [
    "ChainView",
    "Evidence",
    "Known",
    "Report",
    "StepResult",
    "Trust",
    "decode_evidence",
    "encode_evidence",
    "parse_trust",
    "report",
    "verify",
]
