"""Rebuild: the graph made again from the logs, which alone say what is true."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tracehold.core.spans import Span
from tracehold.journey.index import Indexer
from tracehold.journey.ports import Graph, RecordLog


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild came to: entries read, and those whose record is kept and not used."""

    entries: int
    disputed: int


async def rebuild(log: RecordLog, graph: Graph, tell: Callable[[int, int], None]) -> Rebuilt:
    """Forget the graph and index every entry that is kept here; `tell` is told of (done, in all).

    Interrupted it is harmless: a node that starts goes on from there. Raises `Unavailable` (the graph or the
    store does not answer) and what is Broken in the store.
    """
    await graph.clear()
    total = 0
    for each in await log.logs():
        total += _count(await log.spans(each))
    indexer = Indexer(log, graph)
    done = 0
    tell(done, total)
    while await indexer.once():
        done = sum(_count(spans) for spans in (await graph.coverage()).values())
        tell(done, total)
    return Rebuilt(done, indexer.disputed)


def _count(spans: Iterable[Span]) -> int:
    return sum(stop - start for start, stop in spans)
