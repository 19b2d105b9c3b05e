"""A question that is asked step by step, without input or output of its own.

    walk = trace(item, Direction.UPSTREAM)
    while not walk.done:
        wanted = walk.wanted()
        walk.feed(facts that touch wanted.items, belong to wanted.transformations or are wanted.readings)
    answer = walk.result()

A local store, another node and a test drive the same walk, so there is one meaning and many sources.
"""

from collections.abc import Generator, Iterable
from typing import Generic, TypeVar

from tracehold.core.lineage.answers import Gap, Wanted
from tracehold.core.lineage.book import Asking, Book
from tracehold.core.lineage.facts import Fact

Answer = TypeVar("Answer")


class Walk(Generic[Answer]):
    """One question on its way. `wanted` and `feed` alternate;
    one `feed` or several may answer one `wanted`."""

    def __init__(self, book: Book, asking: Asking[Answer]) -> None:
        self._book = book
        self._asking: Generator[Wanted, None, Answer] = asking
        self._wanted: Wanted | None = None
        self._answer: Answer | None = None
        self._fed = False
        self._step()

    @property
    def done(self) -> bool:
        """Whether the answer is there. Closes the step that was fed."""
        if self._fed and self._wanted is not None:
            self._step()
        return self._wanted is None

    def wanted(self) -> Wanted:
        """What to look up next. Only while not `done`."""
        if self.done or self._wanted is None:
            raise ValueError("the walk is done")
        return self._wanted

    def feed(self, facts: Iterable[Fact], gaps: Iterable[Gap] = ()) -> None:
        """All facts that were found for the last `wanted`, and what could not be found and why. Facts may
        repeat, come in any order, and go beyond what was wanted."""
        self._book.add(facts)
        self._book.gaps.extend(gaps)
        self._fed = True

    def result(self) -> Answer:
        """The answer. Only when `done`."""
        if not self.done or self._answer is None:
            raise ValueError("the walk is not done")
        return self._answer

    def _step(self) -> None:
        self._fed = False
        try:
            self._wanted = next(self._asking)
        except StopIteration as stop:
            self._wanted, self._answer = None, stop.value
