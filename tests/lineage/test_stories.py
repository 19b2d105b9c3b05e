"""Every story, from every source: the answers are those that the standard and docs/lineage.md call for."""

import pytest

from tests.lineage import (
    amounts,
    arriving,
    assemblies,
    certificates,
    conditions,
    corrections,
    instants,
    meetings,
    nesting,
    origins,
    packing,
    pairs,
    processes,
    recalls,
    repeats,
    reuse,
    rework,
    sensors,
    sightings,
)
from tests.lineage.sources import SOURCES, opened
from tests.lineage.story import Ask, Case

THEMES = (
    packing, nesting, reuse, assemblies, processes, rework, origins, amounts, arriving, instants,
    corrections, repeats, sightings, sensors, conditions, certificates, recalls,
    meetings, pairs,
)  # fmt: skip
CASES: list[tuple[str, Case]] = [
    (f"{theme.__name__.rpartition('.')[2]}: {case.name}", case) for theme in THEMES for case in theme.CASES
]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES])
async def test_story(case: Case, source: str, request: pytest.FixtureRequest):
    """All questions of the story have exactly the answers that it states."""
    async with opened(source, request) as telling:
        await telling.tell(case)
        for ask in case.asks:
            assert await telling.answer(ask) == ask.expected, _shown(ask)


def test_there_are_enough_stories():
    """At least sixty, no two of one name, each with a question."""
    assert len(CASES) >= 60
    assert len({name for name, _ in CASES}) == len(CASES)
    assert all(case.asks for _, case in CASES)


def _shown(ask: Ask) -> str:
    when = {"at": ask.at, "known_at": ask.known_at, **ask.options}
    return f"{ask.kind} {ask.about} { ({name: value for name, value in when.items() if value is not None}) }"
