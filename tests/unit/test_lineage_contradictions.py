"""Statements that cannot both be true of one thing: each question shows them beside its answer."""

from random import Random
from typing import Any

import pytest

from tests.unit.lineage_facts import (
    born,
    down,
    drive,
    inside,
    lot,
    mount,
    pack,
    pallet,
    piece,
    seen,
    told,
    turn,
    unpack,
    up,
)
from tracehold.core.epcis import Action
from tracehold.core.lineage import (
    Direction,
    Fact,
    common,
    complaint,
    contents,
    history,
    recall,
    recalled,
    state,
    trace,
)

MILL = "urn:x:party:mill"
A, B, LOT, CASE = piece("a"), piece("b"), lot("L"), pallet(9)
OTHER, P = pallet(1), pallet(2)  # of two at one instant the last by name holds it
MADE, TOO = piece("made"), piece("too")
HERE, THERE = "urn:x:here", "urn:x:there"

RIVAL = pack(1, OTHER, A, issuer=MILL)
STORY = [born(0, A, B), pack(1, P, A, B), RIVAL, turn(5, [P], [MADE]), turn(6, [P], [TOO])]


def of(facts: list[Fact], names: Any) -> list[Fact]:
    """The facts of these fingerprints, in the order of the list."""
    return [fact for fact in facts if fact.fingerprint in names]


def in_history(facts: list[Fact], item: str, **options: Any) -> list[Fact]:
    """Those that contradict each other there."""
    events = told(facts, item, **options).events
    return of(facts, {each.fingerprint for each in events if each.contradicts})


def in_state(facts: list[Fact], item: str, **options: Any) -> list[Fact]:
    """Those that contradict the state."""
    return of(facts, drive(state(item, **options), facts).contradicted_by)


def test_every_question_shows_who_packed_it_elsewhere():
    """What an item was made of, what became of it, its history, what a pallet holds, what is shared and what
    is called back rest on one of two statements; the other stands beside it, flagged."""
    for walk in (up(STORY, MADE), down(STORY, A), inside(STORY[:3], P)):
        assert of(STORY, walk.contradicted_by) == [RIVAL]
        assert RIVAL.fingerprint in walk.events
    assert in_history(STORY, A) == [STORY[1], RIVAL]
    assert in_state(STORY, A) == [RIVAL]
    assert of(STORY, drive(recall([A]), STORY).contradicted_by) == [RIVAL]
    assert RIVAL.fingerprint in drive(recalled([A]), STORY).events
    shared = drive(common([MADE, TOO]), STORY)
    assert of(STORY, shared.contradicted_by) == [RIVAL]
    assert RIVAL.fingerprint in shared.events


def test_what_leads_to_a_place_in_common_is_held_against_others():
    """Both were seen at the shop; somebody else saw one of them elsewhere at that very moment."""
    rival = seen(3, A, place=THERE, issuer=MILL)
    facts = [seen(3, A, place=HERE), seen(4, B, place=HERE), rival]
    found = drive(complaint([A, B]), facts)
    assert [met.place for met in found.places] == [HERE]
    assert of(facts, found.contradicted_by) == [rival]


SAME_INSTANT: dict[str, tuple[list[Fact], bool]] = {
    "another place": ([seen(5, A, place=HERE), seen(5, A, place=THERE, issuer=MILL)], True),
    "another disposition": (
        [seen(5, A, disposition="active"), seen(5, A, disposition="damaged", issuer=MILL)],
        True,
    ),
    "another pallet": ([pack(1, P, A), pack(1, OTHER, A, issuer=MILL)], True),
    "another pallet seen": ([pack(1, P, A), pack(1, OTHER, A, action=Action.OBSERVE, issuer=MILL)], True),
    "its pallet is elsewhere": (
        [pack(1, P, A), seen(5, A, place=HERE), seen(5, P, place=THERE, issuer=MILL)],
        True,
    ),
    "its pallet stands on two ships": (
        [pack(1, P, A), pack(2, pallet(7), P), pack(2, pallet(8), P, issuer=MILL)],
        True,
    ),
    "one speaker": ([pack(1, P, A), pack(1, OTHER, A)], False),
    "the same said twice": ([pack(1, P, A), pack(1, P, A, issuer=MILL)], False),
    "another instant": ([pack(1, P, A), pack(2, OTHER, A, issuer=MILL)], False),
    "its case goes on a pallet": ([pack(1, CASE, A), pack(1, P, CASE, issuer=MILL)], False),
    "it is a part of a machine on a pallet": (
        [
            mount(1, CASE, A),
            pack(1, P, A, issuer=MILL),
        ],
        False,
    ),
    "the condition of its pallet": (
        [pack(1, P, A), seen(5, A, disposition="active"), seen(5, P, disposition="damaged", issuer=MILL)],
        False,
    ),
    "it passed through": (
        [pack(5, OTHER, A), unpack(5, OTHER, A), pack(5, P, A, issuer=MILL)],
        False,
    ),
    "it passed through what was emptied": (
        [pack(5, OTHER, A), unpack(5, OTHER), pack(5, P, A, issuer=MILL)],
        False,
    ),
    "some here, some there": ([pack(5, P, (LOT, 3)), pack(5, OTHER, (LOT, 4), issuer=MILL)], False),
    "what was used up was elsewhere": (
        [seen(5, A, place=HERE), turn(5, [A], [MADE], place=THERE, issuer=MILL)],
        False,
    ),
}


@pytest.mark.parametrize(("facts", "contradicts"), SAME_INSTANT.values(), ids=SAME_INSTANT)
def test_what_contradicts_and_what_does_not(facts: list[Fact], contradicts: bool):
    """In a history, and in a state."""
    for item in (A, LOT):
        named = any(item in {q.item for q in fact.children + fact.observed} for fact in facts)
        assert bool(in_history(facts, item)) is (contradicts and named)
        assert bool(in_state(facts, item)) is (contradicts and named)


@pytest.mark.parametrize(("facts", "contradicts"), SAME_INSTANT.values(), ids=SAME_INSTANT)
def test_answers_about_what_was_packed(facts: list[Fact], contradicts: bool):
    """What is in a container rests on what was packed: where things stood is another matter."""
    beside = {
        name
        for vessel in (P, OTHER, CASE, pallet(7), pallet(8))
        for name in inside(facts, vessel).contradicted_by
    }
    packed = [fact for fact in facts if fact.issuer == MILL and fact.parent is not None]
    assert bool(beside) is (contradicts and bool(packed))


def test_taken_back_it_contradicts_nobody():
    """Nor does what was not known yet."""
    error = pack(1, OTHER, A, issuer=MILL, declares_error=True)
    assert not up([*STORY, error], MADE).contradicted_by
    known = [pack(1, P, A, known_ms=1), pack(1, OTHER, A, issuer=MILL, known_ms=5)]
    assert in_history(known, A, known_at=4) == []
    assert in_history(known, A, known_at=5) == known


def test_siblings_that_nobody_asked_about():
    """Where the other piece of the pallet was is no matter of this one."""
    facts = [*STORY, pack(1, OTHER, B, issuer="urn:x:party:shop")]
    assert of(facts, down(facts, A).contradicted_by) == [RIVAL]
    assert len(up(facts, MADE).contradicted_by) == 2


WALKS = {
    "up": lambda: trace(MADE, Direction.UPSTREAM),
    "down": lambda: trace(A, Direction.DOWNSTREAM),
    "history": lambda: history(A),
    "contents": lambda: contents(P, recursive=True),
    "state": lambda: state(A),
    "common": lambda: complaint([MADE, TOO]),
    "recall": lambda: recalled([A]),
}


@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
def test_it_does_not_matter_who_hands_over_what(walk: Any):
    """The same from one holder and from three, in any order, with an unrelated event in between."""
    noise = [seen(1, piece("z"), place=THERE, issuer=MILL), pack(1, pallet(5), piece("y"), issuer=MILL)]
    facts = [*STORY, *noise]
    expected = drive(walk(), STORY)
    for seed in range(6):
        Random(seed).shuffle(facts)
        assert drive(walk(), facts[::2], facts[1::2], facts[:3]) == expected


def test_a_day_that_is_one_instant():
    """Systems that know only the day: thousands of statements of one instant are counted, not paired."""
    facts = [seen(0, A, place=f"urn:x:{n}", issuer=f"urn:x:party:{n % 2}", step=str(n)) for n in range(2_000)]
    assert len(in_history(facts, A)) == 2_000
    assert len(in_state(facts, A)) > 900
