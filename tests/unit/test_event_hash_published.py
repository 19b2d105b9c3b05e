"""The event hash equals every published hash, from JSON and from XML."""

import pytest

from tests.shared_data import ROOT, shared
from tests.unit.published_events import from_json, from_xml
from tracehold.core.epcis.event_hash import event_hash, prehash

FOLDER = "epcis/event-hash"
NAMES = sorted(path.stem for path in (ROOT / FOLDER).glob("*.hashes")) or ["(not here)"]
CASES = [(name, ending) for name in NAMES for ending in ("jsonld", "xml")]
WRONG_PREHASHES = {
    "epcisDocWithAllGS1Keys",  # garbled: pieces of other lines stand in it
    "epcisDocWithCustomSchemaInContext",  # the first event twice, once with another order
    "epcisDocWithDefaultSchemaInContext",  # the second is cut off
}
"""Published pre-hash strings that do not even hash to their own published hashes."""


@pytest.mark.parametrize(("name", "ending"), CASES)
def test_published_hashes(name, ending):
    """Every event of every published document has its published hash."""
    document = shared(FOLDER) / f"{name}.{ending}"
    if not document.exists():
        pytest.skip(f"this vector has no {ending} form")
    found = (from_json if ending == "jsonld" else from_xml)(document)
    expected = (document.with_suffix(".hashes")).read_text().split()
    assert [event_hash(event, leave_out=ignored) for event, ignored in found] == expected


@pytest.mark.parametrize("name", NAMES)
def test_published_prehash_strings(name):
    """Where a published pre-hash string is right, ours is the same text."""
    path = shared(FOLDER) / f"{name}.prehashes"
    if not path.exists() or name in WRONG_PREHASHES:
        pytest.skip("no pre-hash string that hashes to the published hash")
    document = path.with_suffix(".jsonld")
    found = from_json(document) if document.exists() else from_xml(path.with_suffix(".xml"))
    texts = [prehash(event, leave_out=ignored) for event, ignored in found]
    assert texts == [line for line in path.read_text("utf-8").split("\n") if line]


def test_all_published_hashes_are_met():
    """None of the 63 is left out by the cases above."""
    hashes = list(shared(FOLDER).glob("*.hashes"))
    assert sum(len(path.read_text().split()) for path in hashes) == 63
    for path in hashes:
        assert path.with_suffix(".jsonld").exists() or path.with_suffix(".xml").exists()
