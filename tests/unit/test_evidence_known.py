"""Control records that many files share are gone through once, and nothing passes by it."""

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations

import pytest

from tests.verifications import ANCHOR, EVIDENCE, LOG, NOW, TRUST
from tracehold.core.evidence import Evidence, Known, Report, report
from tracehold.core.evidence import vouchers as module
from tracehold.core.record import parse


def files() -> list[Evidence]:
    """Good ones that share their control records, and others that only look so."""
    header, enrolment = EVIDENCE.controls
    another = LOG.evidence(6, 8, ANCHOR)
    return [
        EVIDENCE,
        another,
        replace(another, record=EVIDENCE.record),
        replace(another, receipt=EVIDENCE.receipt),
        replace(EVIDENCE, controls=LOG.evidence(5, 9).controls),
        replace(EVIDENCE, controls=(enrolment, header)),
        replace(EVIDENCE, controls=(header,)),
        replace(EVIDENCE, controls=()),
    ]


@pytest.mark.parametrize("order", [*permutations(range(3)), (7, 6, 5, 4, 3, 2, 1, 0), tuple(range(8))])
def test_security_what_is_known_changes_no_verdict(order):
    """Whatever was gone through before, and however it went."""
    known = Known()
    for number in order * 2:
        evidence = files()[number]
        assert plain(report(evidence, TRUST, None, NOW, known)) == plain(report(evidence, TRUST, None, NOW))


def test_control_records_are_read_once(monkeypatch):
    """For all files that come with the same ones."""
    read: list[bytes] = []
    monkeypatch.setattr(module, "parse", noting(read))
    known = Known()
    for index in (5, 6, 5):
        assert report(LOG.evidence(index, 8, ANCHOR), TRUST, None, NOW, known).error is None
    assert read == [raw for raw, _ in EVIDENCE.controls]
    assert len(known.controls) == 1


def plain(found: Report) -> tuple[Report, str]:
    """The report, its error as text, which can be compared."""
    return replace(found, error=None), str(found.error)


def noting(read: list[bytes]) -> Callable[[bytes], object]:
    """`parse`, which writes down what it read."""

    def noted(raw: bytes) -> object:
        read.append(raw)
        return parse(raw)

    return noted
