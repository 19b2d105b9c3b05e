"""A real chain of several companies: feed, hatchery, farm, vessel, processor, pallets, importer."""

import pytest

from tests.shared_data import shared
from tests.unit.lineage_facts import down, inside, names, told, up
from tracehold.core.epcis import Mode, parse_document, parse_event
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import Fact, fact_of

LOT = "urn:gdst:example.org:product:lot:class:"
PRODUCT = f"{LOT}processor.2u.v1-0122-2022"
COMMINGLED = f"{LOT}processor.10u.commingle-01232022"
FARMED = f"{LOT}fishfarm.1u.farmed-tuna-01192022"
FEED = f"{LOT}feedmill.1u.ff11252021"
FRY = f"{LOT}hatchery.1u.tf12012021"
CATCH = f"{LOT}fisherman01.tunau.v1-0122-2022"
INNER, OUTER = "urn:epc:id:sscc:08600031303.0004", "urn:epc:id:sscc:08600031303.0005"


@pytest.fixture(scope="module")
def facts() -> list[Fact]:
    """The 21 events of the chain; the fingerprint is the event's place in the document."""
    document = parse_document(shared("epcis/gdst/traceback_tests.jsonld").read_bytes(), Mode.TOLERANT)
    events = [parse_event(payload, Mode.TOLERANT) for payload in document.events]
    return [fact_of(event, Fingerprint(bytes([n]) * 32), "urn:x:party:1") for n, event in enumerate(events)]


def test_upstream_of_the_product(facts):
    """Exactly the five lots, with no pallet among them and no gap."""
    answer = up(facts, PRODUCT)
    assert names(answer) == {COMMINGLED: 1, CATCH: 2, FARMED: 2, FEED: 3, FRY: 3}
    assert (answer.gaps, answer.truncated) == ((), False)
    assert [event[0] for event in answer.events] == [12 + 1, 0, 14, 5, 15, 16]


def test_downstream_of_the_feed(facts):
    """Exactly the farmed, the commingled and the product lot."""
    assert names(down(facts, FEED)) == {FARMED: 1, COMMINGLED: 2, PRODUCT: 3}


def test_pallets_come_from_nothing_and_become_nothing(facts):
    """They carry."""
    for pallet in (INNER, OUTER):
        assert names(up(facts, pallet)) == names(down(facts, pallet)) == {}


def test_history_of_the_product(facts):
    """Made, packed, packed again, shipped, received, unpacked twice: all that its pallets did under it."""
    history = [(event.fingerprint[0], event.role, event.through) for event in told(facts, PRODUCT).events]
    assert sorted(history[-2:]) == [(19, "held", OUTER), (20, "child", PRODUCT)]
    assert history[:-2] == [
        (16, "output", PRODUCT),
        (17, "child", PRODUCT),
        (18, "held", INNER),
        (9, "held", OUTER),
        (10, "held", OUTER),
    ]


def test_contents_of_the_pallets_over_time(facts):
    """Full on the way, empty at the end."""
    shipped = facts[9].instant
    held = inside(facts, OUTER, at=shipped, recursive=True).children
    assert [(entry.item, entry.parent, entry.amounts) for entry in held] == [
        (INNER, OUTER, ()),
        (PRODUCT, INNER, ((5000.0, "KGM"),)),
    ]
    assert inside(facts, OUTER).children == inside(facts, INNER).children == ()


def test_the_same_answers_over_canonical_pallets(facts):
    """Nothing hangs on the pallets' malformed numbers: with good ones the history is the same."""
    good = {
        INNER: "https://id.gs1.org/00/086000313030000043",
        OUTER: "https://id.gs1.org/00/086000313030000050",
    }
    text = {fact.fingerprint: fact for fact in facts}
    renamed = [_renamed(fact, good) for fact in facts]
    assert names(up(renamed, PRODUCT)) == names(up(facts, PRODUCT))
    assert [e.fingerprint for e in told(renamed, PRODUCT).events] == [
        e.fingerprint for e in told(facts, PRODUCT).events
    ]
    assert len(text) == 21


def _renamed(fact: Fact, names: dict[str, str]) -> Fact:
    from dataclasses import replace

    def each(quantities):
        return tuple(q._replace(item=names.get(q.item, q.item)) for q in quantities)

    return replace(
        fact,
        parent=names.get(fact.parent or "", fact.parent),
        children=each(fact.children),
        observed=each(fact.observed),
    )
