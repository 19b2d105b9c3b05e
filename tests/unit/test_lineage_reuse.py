"""The work of a question about crates that come back and things that are often moved grows with what is said,
not with its square."""

from collections.abc import Callable, Iterable
from dataclasses import fields
from importlib import import_module
from typing import Any

import pytest

from tests.unit.lineage_facts import lot, pack, pallet, piece, seen, turn, unpack
from tracehold.core.epcis import Action
from tracehold.core.lineage import Direction, Fact, Walk, contents, history, state, touched, trace

A, CRATE, TRUCK = piece("a"), pallet(1), pallet(2)
OUT = piece("out")


class Work:
    """How often anything is read of what a question goes through."""

    reads = 0


def counting(kind: Any) -> Any:
    """The same kind of thing; whatever is read of one is counted."""

    def read(self: object, name: str) -> object:
        Work.reads += 1
        return object.__getattribute__(self, name)

    return type("Counted", (kind,), {"__getattribute__": read})


@pytest.fixture(autouse=True)
def counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of stays and intervals too."""
    for module, name in (("intervals", "Interval"), ("stays", "Stay")):
        found = import_module(f"tracehold.core.lineage.{module}")
        monkeypatch.setattr(found, name, counting(getattr(found, name)))


CountedFact = counting(Fact)


def work(facts: Iterable[Fact], walk: Walk[Any]) -> int:
    """What the question reads."""
    by_item: dict[str, list[Fact]] = {}
    for fact in facts:
        watched = CountedFact(**{field.name: getattr(fact, field.name) for field in fields(Fact)})
        for item in touched(fact):
            by_item.setdefault(item, []).append(watched)
    Work.reads = 0
    while not walk.done:
        walk.feed([fact for item in walk.wanted().items for fact in by_item.get(item, ())])
    walk.result()
    return Work.reads


def returning(count: int) -> list[Fact]:
    """A thing in one crate, again and again."""
    trips = range(0, 8 * count, 8)
    put = [pack(at, CRATE, A) for at in trips] + [unpack(at + 4, CRATE, A) for at in trips]
    return put + [seen(at + 2, CRATE, place=f"urn:x:hall:{at % 3}") for at in trips]


def nested(count: int) -> list[Fact]:
    """The crate in a truck each time."""
    loaded = [pack(8 * at, TRUCK, CRATE) for at in range(count)]
    return [*returning(count), *loaded, *(unpack(8 * at + 6, TRUCK, CRATE) for at in range(count))]


def emptied(count: int) -> list[Fact]:
    """Another thing in the crate each time, and everything out."""
    goods = [piece(f"c{at}") for at in range(count)]
    put = [pack(8 * at, CRATE, each) for at, each in enumerate(goods)]
    put += [pack(8 * at + 1, CRATE, each, action=Action.OBSERVE) for at, each in enumerate(goods)]
    made = [pack(8 * count, CRATE, A), turn(8 * count + 1, [CRATE], [OUT])]
    return [*put, *(unpack(8 * at + 4, CRATE) for at in range(count)), *made]


def poured(count: int) -> list[Fact]:
    """Some of a lot, and everything out."""
    put = [pack(8 * at, CRATE, (lot("l"), 5.0)) for at in range(count)]
    return put + [unpack(8 * at + 4, CRATE) for at in range(count)]


def moved(count: int) -> list[Fact]:
    """A thing at many places."""
    return [seen(at, A, place=f"urn:x:hall:{at}") for at in range(4 * count)]


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        (returning, lambda: history(A)),
        (returning, lambda: state(A)),
        (nested, lambda: history(A)),
        (nested, lambda: trace(A, Direction.DOWNSTREAM)),
        (emptied, lambda: contents(CRATE)),
        (emptied, lambda: trace(OUT, Direction.UPSTREAM)),
        (poured, lambda: history(lot("l"))),
        (poured, lambda: contents(CRATE)),
        (moved, lambda: history(A)),
        (moved, lambda: state(A)),
    ],
)
def test_attack_twice_the_trips_are_twice_the_work(
    said: Callable[[int], list[Fact]], asked: Callable[[], Any]
):
    """Whatever comes back, whoever asks."""
    few, many = (work(said(count), asked()) for count in (100, 200))
    assert many < 2.6 * few
