"""What happened under a business transaction: core's rule over facts."""

import pytest

from tests.ports.graphs import fact
from tests.unit.epcis_samples import payload
from tracehold.core.epcis import Action, Mode, parse_event
from tracehold.core.ids import Fingerprint
from tracehold.core.lineage import (
    Fact,
    Quantity,
    Role,
    dealt,
    emptied,
    fact_of,
    found_under,
    is_under,
    touched,
)

ORDER, OTHER = "urn:epcglobal:cbv:bt:9521234000006:PO-77", "urn:epcglobal:cbv:bt:9521234000006:PO-78"
UNDER = (("po", ORDER),)


def answer(facts: list[Fact], type: str | None = None, order: str = ORDER, **options) -> list[str]:
    """Names of the events of a walk that is fed what it wants, and nothing else."""
    walk = dealt(order, type, **options)
    while not walk.done:
        wanted = walk.wanted().items
        walk.feed([each for each in facts if not wanted.isdisjoint(found_under(each))])
    result = walk.result()
    assert {(event.role, event.through) for event in result.events} <= {(Role.DEALT, order)}
    assert not result.truncated
    return [event.fingerprint.rstrip(b".").decode() for event in result.events]


def said(name: str, instant: int = 5, item: str = "a", **fields) -> Fact:
    """An event on one piece under the order."""
    plain = {"observed": (Quantity(item, piece=True),), "dealings": UNDER, "instant": instant}
    return fact(name, **{**plain, **fields})


@pytest.mark.parametrize(
    ("spelling", "canonical"),
    [
        (ORDER, ORDER),
        ("urn:epc:id:gdti:9521234.00001.77", "https://id.gs1.org/253/952123400001377"),
        ("https://dl.example/253/952123400001377?x=1", "https://id.gs1.org/253/952123400001377"),
        ("PO-77", "PO-77"),
    ],
)
@pytest.mark.parametrize(
    ("type", "kind"),
    [
        ("po", "po"),
        ("urn:epcglobal:cbv:btt:po", "po"),
        ("https://ref.gs1.org/cbv/BTT-po", "po"),
        ("urn:x:contract", "urn:x:contract"),
        (None, None),
    ],
)
def test_a_fact_names_its_transactions_in_canonical_form(spelling, canonical, type, kind):
    """Id and type in any spelling; it is found by the id, and the id is no item of it."""
    entry = {"bizTransaction": spelling} | ({"type": type} if type else {})
    event = parse_event(payload("ObjectEvent", bizTransactionList=[entry]), Mode.TOLERANT)
    found = fact_of(event, Fingerprint(b"f" * 32), "urn:x:party:1")
    assert found.dealings == ((kind, canonical),)
    assert found_under(found) - touched(found) == {canonical}


def test_all_events_that_name_it_and_no_others():
    """In time order, whatever their type of event; the same item under another order is another story."""
    facts = [
        said("later", 9),
        said("first", 1),
        said("packed", 5, action=Action.ADD, parent="p", children=(Quantity("a", piece=True),)),
        said("other", 2, dealings=(("po", OTHER),)),
        said("none", 3, dealings=()),
    ]
    assert answer(facts) == ["first", "packed", "later"]
    assert answer(facts, order=OTHER) == ["other"]
    assert answer(facts, order="a") == []


def test_the_type_counts_where_one_is_asked_for():
    """An event that gives no type is none of that type; without a type in the question all are."""
    facts = [
        said("po", 1),
        said("inv", 2, dealings=(("inv", ORDER),)),
        said("bare", 3, dealings=((None, ORDER),)),
    ]
    assert answer(facts) == ["po", "inv", "bare"]
    assert answer(facts, "po") == ["po"]
    assert answer(facts, "desadv") == []
    both = said("both", dealings=(("inv", OTHER), ("po", ORDER)))
    assert (is_under(both, ORDER, "po"), is_under(both, ORDER, "inv")) == (True, False)


def test_then_and_now():
    """`at` hides later events, `known_at` what was not known by then."""
    facts = [said("old", 1, known_ms=1), said("late", 2, known_ms=9), said("new", 8, known_ms=1)]
    assert answer(facts, at=5) == ["old", "late"]
    assert answer(facts, known_at=5) == ["old", "new"]
    assert answer(facts, at=5, known_at=5) == ["old"]


@pytest.mark.parametrize("dealings", [UNDER, ()])
def test_what_is_taken_back_is_no_event_of_the_order(dealings):
    """Also by a declaration that was typed anew and forgets the order; not by somebody else's."""
    said_once = said("wrong", event_id="e1", event_hash="h1")
    declared = said("error", event_id="e1", event_hash="h2", declares_error=True, dealings=dealings)
    assert answer([said_once, declared]) == []
    elsewhere = said(
        "error", event_id="e1", event_hash="h1", declares_error=True, dealings=dealings, issuer="urn:x:z"
    )
    assert answer([said_once, elsewhere]) == ["wrong"]


def test_an_erased_record_is_found_by_its_order_and_says_nothing():
    """Not even of which type the transaction was."""
    left = emptied(said("gone"))
    assert left.dealings == ((None, ORDER),)
    assert found_under(left) == {ORDER, "a"}
    assert not is_under(left, ORDER, "po")


def test_an_answer_that_would_look_up_too_much_says_so():
    """The budget of items bounds it."""
    walk = dealt(ORDER, max_items=2)
    facts = [said(f"f{n}", n, item=f"i{n}", event_id=f"e{n}") for n in range(5)]
    while not walk.done:
        wanted = walk.wanted().items
        walk.feed([each for each in facts if not wanted.isdisjoint(found_under(each))])
    assert walk.result().truncated
