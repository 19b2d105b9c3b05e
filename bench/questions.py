"""Questions to a made-up supply chain with their true answers, from a process of its own.

So neither the memory nor the time of making the chain is counted to the graph that is measured.
"""

import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from math import log
from multiprocessing.connection import Connection

from bench.goods import STAGES, Kind
from bench.supply import Chain
from bench.telling import SAMPLE, fingerprint
from tracehold.core.lineage import Fact

SIZES = {"upstream": (30, 300, 3000), "downstream": (100, 1000, 13_000), "history": (8, 20, 40)}
"""Entries of the answers that are asked for."""
NEAR = 1.25
"""An answer is of a size if it is no more than so many times larger or smaller."""
CANDIDATES = 1200


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and the truth: of `upstream` and `downstream` all items (`expected`) and those reached
    in time (`timely`), of `history` the statements."""

    kind: str
    size: int
    item: str
    expected: frozenset[object]
    timely: frozenset[object] = frozenset()


def asked(chain: Chain, each: int) -> list[Question]:
    """Up to so many questions of each kind and size, those nearest to the size."""
    found = []
    for kind, sizes in SIZES.items():
        sized = _sized(chain, kind)
        for size in sizes:
            near = sorted(sized, key=lambda entry: (abs(log(entry[0] / size)), entry[1]))
            fit = [item for entries, item in near[:each] if size / NEAR <= entries <= size * NEAR]
            found += [_question(chain, kind, size, item) for item in fit]
    return found


def _sized(chain: Chain, kind: str) -> list[tuple[int, int]]:
    """Items with how long their answer is, where there is one."""
    goods, truth = chain.telling.goods, chain.truth
    fits: dict[str, Callable[[int], bool]] = {
        "upstream": lambda item: goods.kind(item) in (Kind.LOT, Kind.PACK) and goods.stage(item) > 1,
        "downstream": lambda item: goods.kind(item) is Kind.LOT and goods.stage(item) < STAGES - 1,
        "history": lambda item: item % SAMPLE == 0 or goods.kind(item) > Kind.PACK,
    }
    answer: dict[str, Callable[[int], set[int]]] = {
        "upstream": lambda item: truth.ancestors(item, timely=False),
        "downstream": lambda item: truth.descendants(item, timely=False),
        "history": truth.history,
    }
    # All over the time of the chain; whole numbers of no common step, so that no kind is passed over.
    items = [at * len(goods) // (8 * CANDIDATES) for at in range(8 * CANDIDATES)]
    some = [item for item in dict.fromkeys(items) if fits[kind](item)]
    some = some[:: max(1, len(some) // CANDIDATES)]
    return [(size, item) for item in some if (size := len(answer[kind](item)))]


def _question(chain: Chain, kind: str, size: int, item: int) -> Question:
    goods, truth = chain.telling.goods, chain.truth
    if kind == "history":
        told = map(fingerprint, truth.history(item))
        return Question(kind, size, goods.name(item), frozenset(told))
    reach = truth.ancestors if kind == "upstream" else truth.descendants
    whole, timely = (frozenset(map(goods.name, reach(item, timely=late))) for late in (False, True))
    return Question(kind, size, goods.name(item), whole, timely)


class Supplier:
    """The chain in its own process: its facts in steps, then questions. Use as a context manager."""

    def __init__(self, events: int, step: int, each: int) -> None:
        self._answers, there = multiprocessing.Pipe(duplex=False)
        self._process = multiprocessing.Process(target=_supply, args=(there, events, step, each), daemon=True)

    def __enter__(self) -> "Supplier":
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()

    def steps(self) -> Iterator[list[Fact]]:
        """The facts, in the order of their arrival."""
        while facts := self._answers.recv():
            yield facts

    def questions(self) -> list[Question]:
        """After the last step."""
        found: list[Question] = self._answers.recv()
        return found


def _supply(there: Connection, events: int, step: int, each: int) -> None:
    chain = Chain()
    source = chain.facts(events)
    while facts := list(islice(source, step)):
        there.send(facts)
    there.send([])
    there.send(asked(chain, each))
