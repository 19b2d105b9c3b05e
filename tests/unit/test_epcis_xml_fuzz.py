"""Fuzzing of the XML reader: whatever comes, it answers or refuses, within its bounds, and writes JSON."""

from random import Random

import pytest

from bench import fuzz_events
from bench.fuzz_events import Tally, fuzz, read_xml
from bench.xml_mutations import broken, mutant
from bench.xml_records import in_xml
from bench.xml_seeds import xml_seeds
from tracehold.core.epcis.xml import Converted


@pytest.mark.slow
def test_ten_thousand_xml_mutants_are_answered(tmp_path, monkeypatch):
    """No crash, no hang, no gigabyte; and the mutants reach every answer."""
    monkeypatch.setattr(fuzz_events, "FAILED", tmp_path / "failed")
    tally = fuzz(10_000, 1, xml_seeds())
    codes = {"TAKEN", "MALFORMED_XML", "XML_DOCTYPE", "NOT_EPCIS", "EPCIS_FORM", "HEADER_NOT_KEPT"}
    assert codes <= tally.outcomes.keys()
    assert {"TAKEN", "EPCIS_FORM", "EPCIS_MEANING", "BAD_TIME", "BAD_URI"} <= tally.events.keys()


def test_a_few_xml_mutants_are_answered(tmp_path, monkeypatch):
    """The same in short, for every run of the tests."""
    monkeypatch.setattr(fuzz_events, "FAILED", tmp_path / "failed")
    assert {"TAKEN", "MALFORMED_XML"} <= fuzz(300, 2, xml_seeds()).outcomes.keys()


def test_a_reader_that_writes_no_json_ends_the_run(tmp_path, monkeypatch):
    """The fuzzing can fail: bytes that the reader of JSON refuses are found."""
    monkeypatch.setattr(fuzz_events, "FAILED", tmp_path / "failed")
    monkeypatch.setattr(fuzz_events, "from_xml", lambda *_: Converted(b'{"a":1,"a":2}', ()))
    with pytest.raises(AssertionError, match="no JSON"):
        fuzz(10, 1, xml_seeds())
    assert (tmp_path / "failed").stat().st_size > 0


EVENT, ELEMENT = "<EventList><ObjectEvent/></EventList>", '<VocabularyElement id="urn:x:1"/>'


@pytest.mark.parametrize("lost", [EVENT, ELEMENT])
def test_a_reader_that_loses_something_ends_the_run(lost, tmp_path, monkeypatch):
    """The fuzzing can fail: a document of which nothing came, and nothing was said, is found."""
    monkeypatch.setattr(fuzz_events, "FAILED", tmp_path / "failed")
    empty = b'{"@context":[],"type":"EPCISDocument","epcisBody":{"eventList":[]}}'
    monkeypatch.setattr(fuzz_events, "from_xml", lambda *_: Converted(empty, ()))
    with pytest.raises(AssertionError, match="the XML has"):
        read_xml(f"<EPCISDocument><EPCISBody>{lost}</EPCISBody></EPCISDocument>".encode(), Tally())


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (EVENT, {"events": 1}),
        (
            "<EventList><extension><ObjectEvent/><x/></extension><x><ObjectEvent/></x></EventList>",
            {"events": 1},
        ),
        ("<EventList><extension>x<ObjectEvent/></extension></EventList>", {}),
        ("<EventList><ObjectEvent><ObjectEvent/></ObjectEvent></EventList>", {"events": 1}),
        ("<a xmlns='urn:x:'><ObjectEvent/><ObjectEvent xmlns=''/></a>", {"events": 1}),
        (f"<VocabularyList>{ELEMENT}{ELEMENT}</VocabularyList>{EVENT}", {"events": 1, "masterdata": 2}),
    ],
)
def test_what_the_fuzzing_counts(inside, expected):
    """Events and elements that stand in no other, wherever that is."""
    found = {name: count for name, count in in_xml(f"<r>{inside}</r>".encode()).items() if count}
    assert found == expected


@pytest.mark.parametrize("change", [mutant, broken])
def test_xml_mutants_differ_from_their_seed_and_repeat_by_seed(change):
    """One seed gives one series, and most of it differs from where it began."""
    text = mutant(Random(1), xml_seeds()[0], 0)
    first, second = Random(7), Random(7)
    series = [change(first, text) for _ in range(30)]
    assert series == [change(second, text) for _ in range(30)]
    assert sum(each != text for each in series) > 15
