"""A verification as lines, and as one verdict."""

from dataclasses import dataclass
from typing import Literal

from tracehold.core.anchor import Anchor
from tracehold.core.errors import Rejected
from tracehold.core.evidence.file import Evidence
from tracehold.core.evidence.known import Known
from tracehold.core.evidence.pins import Ground
from tracehold.core.evidence.steps import STEPS, Case
from tracehold.core.evidence.trust import ChainView, Trust
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.roster import Speaker

Status = Literal["ok", "failed", "not checked"]
State = Literal["FINAL", "SEALED", "UNVERIFIED"]

_VERDICTS = {"MALFORMED_PROOF", "NOT_ANCHORED", "OVERDUE", "UNTRUSTED", "PROOF_INVALID"}
_SEALED = {"NOT_ANCHORED", "OVERDUE"}
_OPEN = (
    ("revocations", "a revocation that was left out of the file cannot be seen"),
    ("holders", "who keeps copies of the record is not part of this file"),
)
_OPEN_UNVOUCHED = ("operator", "that this log is this operator's is told by a trust file or a chain only")

_OPEN_TIME = ("block", "acknowledgements say nothing of time: block and time are the file's own word")


@dataclass(frozen=True, slots=True)
class StepResult:
    """One line: what was checked, how it went, what was found.
    Lines that are not required never fail a verdict.
    """

    number: int
    name: str
    status: Status
    detail: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """All lines, and what they amount to.

    `state` is FINAL only if every required line is ok, and SEALED if all but anchor, trust and times are;
    `error` says why it is not FINAL. What the steps did not reach is None.
    """

    steps: tuple[StepResult, ...]
    state: State
    error: Rejected | None
    fingerprint: Fingerprint | None = None
    log: LogId | None = None
    index: int | None = None
    speaker: Speaker | None = None
    anchor: Anchor | None = None
    late: bool = False
    """Anchored after the time that the receipt promised."""
    grounds: tuple[Ground, ...] = ()
    """For what reasons the anchor is believed, and what each rests on."""


def verify(evidence: Evidence, trust: Trust | None, chain: ChainView | None, now_ms: int) -> Report:
    """The report of a record that is proved, signed, anchored and trusted.

    Raises Rejected: PROOF_INVALID, MALFORMED_PROOF, NOT_ANCHORED, OVERDUE or
    UNTRUSTED, with number and name of the step in `path`.
    """
    result = report(evidence, trust, chain, now_ms)
    if result.error is not None:
        raise result.error
    return result


def report(
    evidence: Evidence,
    trust: Trust | None,
    chain: ChainView | None,
    now_ms: int,
    known: Known | None = None,
) -> Report:
    """The same, with the refusal in the report: each step ok, the first that is not, and those not checked.
    What is `known` is not gone through again; what is not goes there.

    Bounded: the largest file that is read costs about a second.
    """
    case = Case(evidence, trust or Trust(), chain, now_ms, known or Known())
    lines: list[StepResult] = []
    error: Rejected | None = None
    for number, (name, step) in enumerate(STEPS, start=1):
        if error is not None:
            lines.append(StepResult(number, name, "not checked", ""))
            continue
        try:
            lines.append(StepResult(number, name, "ok", step(case)))
        except Rejected as refusal:
            error = _verdict(number, name, refusal)
            lines.append(StepResult(number, name, "failed", error.message))
    return _result(case, lines, error)


def _verdict(number: int, name: str, refusal: Rejected) -> Rejected:
    code, message = refusal.code, refusal.message
    if code not in _VERDICTS:
        # What cannot be read is malformed; what can be read and is refused is false.
        code, message = ("MALFORMED_PROOF" if number == 1 else "PROOF_INVALID"), f"{code}: {message}"
    return Rejected(code, message, path=f"step {number} ({name})", remedy=refusal.remedy)


def _result(case: Case, lines: list[StepResult], error: Rejected | None) -> Report:
    done = sum(line.status == "ok" for line in lines)
    state: State = "FINAL" if error is None else "SEALED" if error.code in _SEALED else "UNVERIFIED"
    if state == "FINAL" and done != len(STEPS):
        raise AssertionError("a verdict needs every step")
    return Report(
        (*lines, *_open_lines(case)),
        state,
        error,
        case.record.fingerprint if done >= 1 else None,
        case.roster.log if done >= 2 else None,
        case.receipt.index if done >= 1 else None,
        case.speaker if done >= 2 else None,
        case.anchor if done >= 7 else None,
        case.late,
        case.grounds if done >= 8 else (),
    )


def _open_lines(case: Case) -> list[StepResult]:
    """What no step looks at, so that nobody takes a verdict for more than it is."""
    lines = list(_OPEN)
    if not case.vouched:
        lines.append(_OPEN_UNVOUCHED)
    if case.grounds and all(ground.by == "accounts" for ground in case.grounds):
        lines.append(_OPEN_TIME)
    return [
        StepResult(number, name, "not checked", why, required=False)
        for number, (name, why) in enumerate(lines, start=len(STEPS) + 1)
    ]
