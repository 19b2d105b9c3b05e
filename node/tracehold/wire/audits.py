"""This node's audits as messages."""

from tracehold.core.audit import Outcome
from tracehold.journey.ports.audits import KeptTranscript
from tracehold.v1 import verify_pb2 as pb
from tracehold.wire.times import from_s

_OUTCOMES = {
    Outcome.PASS: pb.AUDIT_OUTCOME_PASS,
    Outcome.FAIL: pb.AUDIT_OUTCOME_FAIL,
    Outcome.CONTAINED: pb.AUDIT_OUTCOME_CONTAINED,
}
_BY_NUMBER = {number: outcome for outcome, number in _OUTCOMES.items()}


def audit_message(kept: KeptTranscript) -> pb.Audit:
    """One audit, without its transcript."""
    return pb.Audit(
        number=kept.number,
        epoch=kept.epoch,
        node=kept.node,
        holder=kept.holder.hex(),
        outcome=_OUTCOMES[kept.outcome],
        at=from_s(kept.at_ms / 1000),
        latency_ms=kept.latency_ms,
        places=kept.places,
        failed=len(kept.failed),
    )


def read_outcome(number: int) -> Outcome | None:
    """The outcome of this number; None for one that is not said."""
    return _BY_NUMBER.get(pb.AuditOutcome.ValueType(number))
