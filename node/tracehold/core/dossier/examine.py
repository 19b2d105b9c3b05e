"""The check of a dossier: each record as evidence of its own, then that the answer follows from them all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from tracehold.core.anchor import Anchor
from tracehold.core.dossier.deriving import Verified, derived
from tracehold.core.dossier.file import Dossier, Place, same_words
from tracehold.core.dossier.groups import Group
from tracehold.core.dossier.question import Kind
from tracehold.core.dossier.word import check_word, vouched
from tracehold.core.errors import Rejected
from tracehold.core.evidence import ChainView, Evidence, Known, Report, StepResult, Trust, report
from tracehold.core.evidence.steps import STEPS
from tracehold.core.ids import Fingerprint
from tracehold.core.receipt import parse_receipt
from tracehold.core.record import parse
from tracehold.core.spans import without

Ask = Callable[[Anchor], ChainView]
"""What the verifier's own chain says of an anchor."""

_WORST = ("MALFORMED_PROOF", "PROOF_INVALID", "UNTRUSTED", "OVERDUE", "NOT_ANCHORED")
_AT_ONCE = 2  # of these: nothing that comes behind is worse
_LAST = len(STEPS)
_SHOWN = 5  # items of a question
_TELLS_OF_HANDS = (Kind.STATE, Kind.RECALL)


@dataclass(slots=True)
class _Case:
    """A check under way."""

    dossier: Dossier
    trust: Trust | None
    ask: Ask | None
    now_ms: int
    known: Known = field(default_factory=Known)
    views: dict[Anchor, ChainView] = field(default_factory=dict)
    verified: dict[Fingerprint, Verified] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)
    bad: Report | None = None
    """The report of the record that is worst off; None where each holds."""


def examine(dossier: Dossier, trust: Trust | None, ask: Ask | None, now_ms: int) -> Report:
    """The report: the nine steps of evidence for all records together, that they are those which are listed,
    that the answer follows from them, whose word the rest is, and what nothing in the file shows.

    It is FINAL only where every step holds for every record, and there is one. `ask` is called once for an
    anchor at the most, and only once a record under it holds but for what the chain says; what it raises is
    raised.
    """
    case = _Case(dossier, trust, ask, now_ms)
    for group in dossier.groups:
        if case.bad is not None and _rank(case.bad) < _AT_ONCE:
            break
        _check_group(case, group)
    lines = _together(case)
    error = case.bad.error if case.bad else None
    for number, (name, step) in enumerate(_OWN_STEPS, _LAST + 1):
        if error is not None:
            lines.append(StepResult(number, name, "not checked", ""))
            continue
        try:
            lines.append(StepResult(number, name, "ok", step(case)))
        except Rejected as refusal:
            error = Rejected("PROOF_INVALID", refusal.message, path=f"step {number} ({name})")
            lines.append(StepResult(number, name, "failed", error.message))
    try:
        lines.append(vouched(dossier.word, dossier.text, trust, len(lines) + 1))
    except Rejected as refusal:
        error = error or refusal
        lines.append(StepResult(len(lines) + 1, "node's word", "failed", refusal.message))
    first = len(lines) + 1
    lines += [
        StepResult(number, name, "not checked", why, required=False)
        for number, (name, why) in enumerate(_open_lines(case), first)
    ]
    return _result(case, tuple(lines), error)


def follows(dossier: Dossier) -> None:
    """Returns if the records in a dossier are those that it lists and give its answer; PROOF_INVALID
    otherwise. Of who signed what, and of anchors, all is believed: for the one who has just asked a node of
    its own.
    """
    case = _Case(dossier, None, None, 0)
    for group in dossier.groups:
        for evidence in group.evidences():
            result = report(evidence, None, None, 0, case.known)
            if result.error is not None and result.error.code in _WORST[:_AT_ONCE]:
                raise result.error
            _keep(case, group, evidence, result)
    for _, step in _OWN_STEPS:
        step(case)
    if dossier.word is not None:
        check_word(dossier.word, dossier.text)


def _check_group(case: _Case, group: Group) -> None:
    for evidence in _evidences(case, group):
        result = _checked(case, group, evidence)
        if result.error is None:
            _keep(case, group, evidence, result)
        elif case.bad is None or _rank(result) < _rank(case.bad):
            case.bad = result
        if case.bad is not None and _rank(case.bad) < _AT_ONCE:
            return


def _checked(case: _Case, group: Group, evidence: Evidence) -> Report:
    anchor = group.anchor
    if case.ask is None or anchor is None:
        return report(evidence, case.trust, None, case.now_ms, case.known)
    if anchor not in case.views:
        # A chain is asked for the sake of a record: not where that is false, whatever the chain says.
        alone = report(evidence, case.trust, None, case.now_ms, case.known)
        if _rank(alone) < _AT_ONCE:
            return alone
        case.views[anchor] = case.ask(anchor)
    return report(evidence, case.trust, case.views[anchor], case.now_ms, case.known)


def _evidences(case: _Case, group: Group) -> Iterator[Evidence]:
    try:
        yield from group.evidences()
    except Rejected as refusal:
        lost = StepResult(1, STEPS[0][0], "failed", refusal.message)
        rest = [StepResult(number, name, "not checked", "") for number, (name, _) in enumerate(STEPS[1:], 2)]
        error = Rejected("MALFORMED_PROOF", refusal.message, path=f"step 1 ({lost.name})")
        case.bad = Report((lost, *rest), "UNVERIFIED", error)


def _keep(case: _Case, group: Group, evidence: Evidence, result: Report) -> None:
    record, receipt = parse(evidence.record), parse_receipt(evidence.receipt)
    if result.speaker is None or result.log is None or result.index is None:
        raise AssertionError("a report that is not false knows place and speaker")
    if record.fingerprint in case.verified:
        raise Rejected("MALFORMED_PROOF", f"record {record.fingerprint.hex()} stands there twice")
    anchor = receipt.anchor
    known_ms = receipt.time_ms if anchor is None else anchor.block_time * 1000
    case.verified[record.fingerprint] = Verified(
        record, Place(result.log, result.index), result.speaker, known_ms, group.controls
    )
    case.reports.append(result)


def _rank(result: Report) -> int:
    return _WORST.index(result.error.code) if result.error else len(_WORST)


def _together(case: _Case) -> list[StepResult]:
    """The nine lines: of the record that is worst off, else for all."""
    if case.bad is not None:
        who = f"record {case.bad.fingerprint.hex()}: " if case.bad.fingerprint else ""
        lines = [line for line in case.bad.steps if line.number <= _LAST]
        return [replace(line, detail=who + line.detail) if line.detail else line for line in lines]
    shared = {name: f"{len(case.reports)} records" for name, _ in STEPS}
    logs = {each.place.log for each in case.verified.values()}
    shared["operator's signature"] += f" in {len(logs)} logs"
    anchors = {found.anchor for found in case.reports}
    shared["anchor"] += f" under {len(anchors)} anchors"
    if late := sum(found.late for found in case.reports):
        shared["times"] += f", {late} of them anchored after the promised time"
    shared["trust"] += ", by " + " and ".join(dict.fromkeys(g.by for r in case.reports for g in r.grounds))
    return [
        StepResult(number, name, "ok" if case.reports else "failed", shared[name])
        for number, (name, _) in enumerate(STEPS, 1)
    ]


def _check_listed(case: _Case) -> str:
    """(10) The records are those that the answer lists, where it says that they stand, and there is one."""
    if not case.verified:
        raise Rejected("PROOF_INVALID", "there is no record, so nothing is proved")
    listed = case.dossier.records
    for name in sorted(case.verified.keys() ^ listed.keys()):
        raise Rejected(
            "PROOF_INVALID", f"record {name.hex()} is listed and not there, or there and not listed"
        )
    for name, each in case.verified.items():
        if each.place != listed[name]:
            raise Rejected("PROOF_INVALID", f"record {name.hex()} stands elsewhere than is listed")
    return f"{len(listed)} records, each where it is listed"


def _check_answer(case: _Case) -> str:
    """(11) The answer follows from the records."""
    answer = derived(case.dossier, list(case.verified.values()))
    if not same_words(answer, case.dossier.answer):
        parts = answer.keys() | case.dossier.answer.keys()
        wrong = [part for part in parts if not same_words(answer.get(part), case.dossier.answer.get(part))]
        raise Rejected("PROOF_INVALID", f"the records give another answer, in: {', '.join(sorted(wrong))}")
    asked = case.dossier.question.asked
    others = f" and {len(asked) - _SHOWN} others" if len(asked) > _SHOWN else ""
    about = ", ".join(asked[:_SHOWN]) + others
    return f"{case.dossier.question.kind} of {about}, derived again from the records"


_OWN_STEPS = (("records listed", _check_listed), ("answer", _check_answer))


def _open_lines(case: _Case) -> Iterator[tuple[str, str]]:
    said = case.dossier.said
    outside = sum(
        1
        for each in case.verified.values()
        if without([(each.place.index, each.place.index + 1)], said.searched.get(each.place.log, ()))
    )
    beyond = f"; {outside} records lie outside of what it names" if outside else ""
    yield (
        "completeness",
        "that no record is left out, and which entries of "
        f"{len(said.searched)} logs were searched, is its node's word{beyond}",
    )
    if said.gaps:
        yield "gaps", f"{len(said.gaps)} gaps, with their reasons, are its node's word"
    if said.flags:
        yield "flags", f"what was superseded, or is in doubt, is its node's word: {len(said.flags)} records"
    if case.dossier.question.kind in _TELLS_OF_HANDS:
        yield "contacts", "how to reach who has it comes from master data, which is not part of this file"
    seen = dict.fromkeys(
        (line.name, line.detail) for each in case.reports for line in each.steps if line.number > _LAST
    )
    yield from seen


def _result(case: _Case, lines: tuple[StepResult, ...], error: Rejected | None) -> Report:
    state = case.bad.state if case.bad else "FINAL" if error is None else "UNVERIFIED"
    grounds = tuple(dict.fromkeys(ground for each in case.reports for ground in each.grounds))
    late = any(each.late for each in case.reports)
    return Report(lines, state, error, late=late, grounds=grounds)
