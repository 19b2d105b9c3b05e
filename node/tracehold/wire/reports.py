"""Verifications on the wire: every step, and what they come to."""

from tracehold.core.evidence import Report, StepResult
from tracehold.v1 import verify_pb2 as pb

_OUTCOMES = {
    "ok": pb.STEP_OUTCOME_OK,
    "failed": pb.STEP_OUTCOME_FAILED,
    "not checked": pb.STEP_OUTCOME_NOT_CHECKED,
}
_VERDICTS = {
    "PROOF_INVALID": pb.VERDICT_FALSE,
    "MALFORMED_PROOF": pb.VERDICT_MALFORMED,
    "NOT_ANCHORED": pb.VERDICT_NOT_ANCHORED,
    "OVERDUE": pb.VERDICT_NOT_ANCHORED,
    "UNTRUSTED": pb.VERDICT_UNTRUSTED,
}


def report_message(report: Report) -> pb.VerifyRecordResponse:
    """The verdict with its steps. It is VERIFIED only where the report has no error; an error
    without a verdict of its own counts as false.
    """
    verdict = pb.VERDICT_VERIFIED
    if report.error is not None:
        verdict = _VERDICTS.get(report.error.code, pb.VERDICT_FALSE)
    return pb.VerifyRecordResponse(
        verdict=verdict,
        steps=[_step(step) for step in report.steps],
        fingerprint=report.fingerprint.hex() if report.fingerprint is not None else "",
    )


def _step(step: StepResult) -> pb.VerifyStep:
    return pb.VerifyStep(
        number=step.number, name=step.name, outcome=_OUTCOMES[step.status], detail=step.detail
    )
