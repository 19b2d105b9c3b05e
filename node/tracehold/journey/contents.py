"""Contents: what is packed in a container or attached to an asset, through all levels."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tracehold.core.access import Reader
from tracehold.core.lineage import ContentsResult, Held, Walk, contents
from tracehold.journey.answers import Content, ContentsAnswer, noted
from tracehold.journey.inquiry import Inquiry, named
from tracehold.journey.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class ContentsQuestion:
    """Whose contents. `at` in microseconds and `known_at` in milliseconds since 1970, None: all there is."""

    item: str
    at: int | None = None
    known_at: int | None = None
    full: bool = False


async def answer_contents(knowledge: Knowledge, reader: Reader, question: ContentsQuestion) -> ContentsAnswer:
    """All that the item held at that time. Raises `Rejected` (no identifier) and `Unavailable`."""
    item = named(question.item)
    inquiry = Inquiry(knowledge, reader, full=question.full, known_at=question.known_at)
    result = await inquiry.drive(walk_of(question, item))
    depths = depths_of(item, [*result.children, *result.components])
    return ContentsAnswer(
        item,
        tuple(_rows(result.children, depths)),
        tuple(_rows(result.components, depths)),
        tuple(inquiry.statement(n, flags=noted(n, (), result.contradicted_by)) for n in result.events),
        await inquiry.gaps(result.gaps),
        result.truncated,
        await inquiry.coverage(),
        inquiry.timings(),
    )


def walk_of(question: ContentsQuestion, item: str) -> Walk[ContentsResult]:
    """The walk that answers the question about its item, in canonical spelling."""
    return contents(item, at=question.at, known_at=question.known_at, recursive=True)


def depths_of(item: str, held: Iterable[Held]) -> dict[str, int]:
    """Levels from the item to everything in it, at the least; what is
    packed may hold parts, and parts may hold goods.
    """
    inside: dict[str, list[str]] = {}
    for one in held:
        inside.setdefault(one.parent, []).append(one.item)
    depths, edge = {item: 0}, [item]
    while edge:
        found = {child for parent in edge for child in inside.get(parent, []) if child not in depths}
        depths.update(dict.fromkeys(found, depths[edge[0]] + 1))
        edge = sorted(found)
    return depths


def _rows(held: Iterable[Held], depths: dict[str, int]) -> list[Content]:
    rows = [row for one in held for row in _amounts(one, depths.get(one.parent, 0) + 1)]
    return sorted(rows, key=lambda row: (row.depth, row.item, row.parent))


def _amounts(held: Held, depth: int) -> Iterator[Content]:
    """One row for a piece or an unknown amount, else one for each unit."""
    for amount, uom in held.amounts or ((None, None),):
        yield Content(held.item, held.parent, depth, held.since, amount, uom or "", held.opened_by)
