"""Fuzzing of the event reader: whatever comes, it answers or refuses, and stays within its bounds."""

import json
from random import Random

import pytest

from bench import fuzz_events
from bench.event_seeds import document, event, seeds
from bench.fuzz_events import Hanging, Tally, bounded, fuzz, read
from bench.mutations import damaged, mutant, swollen
from tracehold.core.epcis import Mode, examine_event


@pytest.mark.slow
def test_twenty_thousand_mutants_are_answered(tmp_path, monkeypatch):
    """No crash, no hang, no gigabyte; and the mutants reach every answer, so that something was tried."""
    monkeypatch.setattr(fuzz_events, "FAILED", tmp_path / "failed")
    tally = fuzz(20_000, 1, seeds())
    assert sum(tally.outcomes.values()) == 40_000
    assert {"TAKEN", "MALFORMED_JSON", "NOT_EPCIS", "EPCIS_FORM", "HEADER_NOT_KEPT"} <= tally.outcomes.keys()
    every = {
        "TAKEN",
        "EPCIS_FORM",
        "EPCIS_MEANING",
        "BAD_TIME",
        "BAD_URI",
        "BAD_CHECK_DIGIT",
        "BAD_IDENTIFIER",
    }
    assert every <= tally.events.keys()


def test_a_few_mutants_are_answered(tmp_path, monkeypatch):
    """The same in short, for every run of the tests."""
    monkeypatch.setattr(fuzz_events, "FAILED", tmp_path / "failed")
    assert sum(fuzz(300, 2, seeds()).outcomes.values()) == 600


def test_a_failing_mutant_ends_the_run_and_is_kept(tmp_path, monkeypatch):
    """The fuzzing can fail: a reader with a fault is found, and the document that shows it is on disk."""
    kept = tmp_path / "failed"
    monkeypatch.setattr(fuzz_events, "FAILED", kept)
    monkeypatch.setattr(fuzz_events, "parse_event", lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        fuzz(1000, 1, [json.dumps(event("ObjectEvent")).encode()])
    assert kept.stat().st_size > 0


def spin(*_):
    """Never ends."""
    while True:
        pass


def test_attack_a_reader_that_hangs_is_interrupted(tmp_path, monkeypatch):
    """Time is bounded from outside of the reader."""
    monkeypatch.setattr(fuzz_events, "FAILED", tmp_path / "failed")
    monkeypatch.setattr(fuzz_events, "SECONDS", 0.05)
    monkeypatch.setattr(fuzz_events, "parse_document", spin)
    with pytest.raises(Hanging):
        fuzz(1, 1, seeds())


def test_attack_a_reader_that_grows_is_stopped():
    """Memory is bounded too, and the bound is lifted afterwards."""
    with bounded(room=64 << 20), pytest.raises(MemoryError):
        bytearray(256 << 20)
    assert len(bytearray(256 << 20)) == 256 << 20


def test_attack_long_lists_give_few_findings():
    """A megabyte of faults is answered with some hundred findings, and the last says that there are more."""
    raw = json.dumps({**event("ObjectEvent"), "epcList": [""] * 200_000}).encode()
    found = examine_event(raw, Mode.TOLERANT)
    assert len(found) == 201
    assert found[-1].code == "MORE_FINDINGS"


def test_attack_warnings_do_not_hide_an_error():
    """What refuses the event is listed behind any number of warnings."""
    raw = json.dumps({**event("ObjectEvent"), "epcList": [""] * 1000, "bizStep": "transforming"}).encode()
    assert [found.path for found in examine_event(raw, Mode.TOLERANT) if found.severity == "error"] == [
        "/bizStep"
    ]


def test_mutants_differ_from_their_seed_and_repeat_by_seed():
    """One seed gives one series, and nearly all of it differs from where it began."""
    whole = document(event("ObjectEvent"))
    text = json.dumps(whole).encode()
    for change in (lambda r: mutant(r, whole), lambda r: damaged(r, text), lambda r: swollen(r, whole, 3)):
        first, second = Random(7), Random(7)
        series = [change(first) for _ in range(50)]
        assert series == [change(second) for _ in range(50)]
        assert sum(each not in (whole, text) for each in series) > 40


def test_reading_counts_both_modes():
    """One document, its events and its master data, twice."""
    tally = Tally()
    inner = {name: value for name, value in event("ObjectEvent").items() if name != "@context"}
    read(json.dumps(document(inner)).encode(), tally)
    assert tally.outcomes == {"TAKEN": 2}
    assert tally.events == {"TAKEN": 4}
