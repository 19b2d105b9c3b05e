"""The made-up supply chain of the benchmarks: what really happened, and the same out of what is said of
it.
"""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from bench.asking import compare
from bench.goods import Kind
from bench.questions import asked
from bench.supply import Chain
from bench.telling import fingerprint
from tests.lineage.wild import Shelf
from tracehold.core.epcis import EventType
from tracehold.core.lineage import Direction, history, trace

EVENTS = 2_000


@pytest.fixture(scope="module")
def told():
    """A chain, and all that was said of it."""
    chain = Chain()
    return chain, list(chain.facts(EVENTS))


@pytest.fixture(scope="module")
def shelf(told):
    """The facts by what they are found under."""
    return Shelf(told[1])


def test_a_seed_gives_one_chain(told):
    """So many events as were asked for, each with a name of its own, and the same ones again."""
    assert len({fact.fingerprint for fact in told[1]}) == len(told[1]) == EVENTS
    assert list(Chain().facts(EVENTS)) == told[1]
    assert list(Chain(seed=8).facts(EVENTS)) != told[1]


def test_answers_are_what_really_happened(told, shelf):
    """Ancestors, descendants and histories of goods and containers, by the rules and by the books."""
    chain, goods = told[0], told[0].telling.goods
    for item in range(0, len(goods), 32):
        for direction, reach in zip(Direction, (chain.truth.ancestors, chain.truth.descendants), strict=True):
            found = shelf.drive(trace(goods.name(item), direction)).items
            true, timely = (set(map(goods.name, reach(item, timely=late))) for late in (False, True))
            assert {entry.item for entry in found} == true
            assert {entry.item for entry in found if not entry.against_time} == timely
        said = {event.fingerprint for event in shelf.drive(history(goods.name(item))).events}
        assert said == set(map(fingerprint, chain.truth.history(item)))


def test_the_chain_has_what_makes_answers_wrong(told):
    """Errors taken back (some before they are told), repeats by others, late arrival, containers in
    containers in
    containers, containers used again, pallets put into processes, rework, parts used before they were
    reworked, repaired packs, recalls.
    """
    chain, facts = told
    goods, truth = chain.telling.goods, chain.truth
    errors = [fact for fact in facts if fact.declares_error]
    late = [one for one, later in pairwise(facts) if one.instant > later.instant]
    repeats = len(facts) - len(errors) - len({fact.event_hash for fact in facts})
    assert min(len(errors), len(late), repeats) > 5
    stood = {(goods.kind(item), goods.kind(stay[0])) for item, stays in truth.stays.items() for stay in stays}
    assert stood >= set(pairwise([Kind.PACK, Kind.CASE, Kind.PALLET, Kind.CONTAINER]))
    made = [fact for fact in facts if fact.type is EventType.TRANSFORMATION]
    assert any("/8003/" in fact.parent for fact in facts if fact.parent)
    assert sum(any("/00/" in part.item for part in fact.inputs) for fact in made) > 10
    assert any({part.item for part in fact.inputs} & {part.item for part in fact.outputs} for fact in made)
    assert any(fact.lasting for fact in facts)
    everything = range(len(goods))
    assert any(truth.ancestors(i, timely=True) != truth.ancestors(i, timely=False) for i in everything)


def test_a_wrong_answer_is_told(told, shelf):
    """Each kind of question, with one entry more or less, or one that is late, than there really is."""
    sample = {question.kind: question for question in asked(told[0], 2)}
    walks: dict[str, Any] = {
        "upstream": lambda item: trace(item, Direction.UPSTREAM),
        "downstream": lambda item: trace(item, Direction.DOWNSTREAM),
        "history": history,
    }
    for kind, walk in walks.items():
        question, answer = sample[kind], shelf.drive(walk(sample[kind].item))
        compare(question, answer)
        entries = "events" if kind == "history" else "items"
        less = replace(answer, **{entries: getattr(answer, entries)[1:]})
        wrong = [less, replace(answer, truncated=True)]
        if kind != "history":
            turned = answer.items[0]._replace(against_time=not answer.items[0].against_time)
            wrong.append(replace(answer, items=(turned, *answer.items[1:])))
        for other in wrong:
            with pytest.raises(AssertionError, match="is not the truth"):
                compare(question, other)
