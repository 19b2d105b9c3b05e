"""Whatever is reorganised, a follower of the chain knows in the end what one knows that begins then."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.journey.chainwatch_scene import Random, Watched, image, memory_ledger, new_chain, scanned
from tracehold.adapters.memory.chain import MemoryChain
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.core.errors import Unavailable

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("act"), st.integers(0, 6), st.integers(0, 7)),
        st.tuples(st.just("mine"), st.integers(1, 4), st.just(0)),
        st.tuples(st.just("reorganise"), st.integers(1, 12), st.integers(0, 1)),
        st.tuples(st.just("lose"), st.integers(1, 3), st.just(0)),
        st.tuples(st.just("look"), st.integers(1, 2), st.just(0)),
        st.tuples(st.just("restart"), st.just(0), st.just(0)),
    ),
    max_size=40,
)


async def play(chain: MemoryChain, watched: Watched, steps: list[tuple[str, int, int]]) -> None:
    """Let these things happen, in this order."""
    for what, number, more in steps:
        length = len(chain.blocks)
        match what:
            case "act":
                Random(chain).act(number, more)
            case "mine":
                chain.mine(number)
            case "reorganise":
                # Whatever the other branch holds, it is what a contract could say there.
                chain.acts.clear()
                chain.reorganise(min(number, length - 1), lose=True)
                for at in range(more * 3):
                    Random(chain).act(6 - at, number)
            case "lose":
                chain.acts.clear()
                del chain.blocks[max(1, length - number) :]
                chain.branch += 1
            case "restart":
                watched.restart()
            case _:
                for _ in range(number):
                    try:
                        await watched.watch.step()
                    except Unavailable as lag:
                        assert "behind" in lag.message  # noqa: PT017  a chain that is shorter than it was
                        break


@given(STEPS)
@settings(max_examples=150, deadline=None)
async def test_whatever_is_reorganised_the_state_is_that_of_a_fresh_scan(
    steps: list[tuple[str, int, int]],
) -> None:
    """Random events, branches, losses of blocks, looks and restarts: in the end both know the same."""
    chain = new_chain()
    watched = Watched(memory_ledger(chain))
    await play(chain, watched, steps)
    # A chain that is shorter than it was tells of other blocks once it has grown.
    chain.mine(50)
    await watched.catch_up()
    assert await image(watched.kept) == await scanned(memory_ledger(chain))
    numbers = [place.number for place in await watched.kept.places()]
    assert numbers == list(range(len(chain.blocks)))


@given(STEPS)
@settings(max_examples=15, deadline=None)
async def test_so_it_is_on_a_disk(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]
) -> None:
    """The same, kept in SQLite."""
    chain = new_chain()
    async with SqliteLog.open(tmp_path_factory.mktemp("followed")) as log:
        watched = Watched(memory_ledger(chain), log.followed)
        await play(chain, watched, steps)
        chain.mine(50)
        await watched.catch_up()
        assert await image(watched.kept) == await scanned(memory_ledger(chain))
