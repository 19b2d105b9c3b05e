"""A follower over SQLite of a chain in memory that grows and is reorganised for ever; prints a line for each
step. Killed by its test.

Arguments: the folder, and a number: the chain of each run has other blocks.
"""

import asyncio
import random
import sys
from pathlib import Path

from tests.journey.chainwatch_scene import Random, Watched, memory_ledger, new_chain
from tracehold.adapters.memory.chain import MemoryChain
from tracehold.adapters.sqlite_log import SqliteLog


def chain_of(run: int) -> MemoryChain:
    """The chain of a run at its start: block 0 is that of all runs."""
    chain = new_chain()
    chain.branch = run * 1_000_000
    return chain


def happen(chain: MemoryChain, draw: random.Random) -> None:
    """Some events, a block or more, and now and then a reorganisation."""
    for _ in range(draw.randrange(4)):
        Random(chain).act(draw.randrange(7), draw.randrange(8))
    chain.mine(1 + draw.randrange(3))
    if draw.random() < 0.2:
        chain.acts.clear()
        chain.reorganise(min(1 + draw.randrange(6), len(chain.blocks) - 1), lose=True)


async def main(folder: Path, run: int) -> None:
    """Follow until killed."""
    chain, draw = chain_of(run), random.Random(run)
    async with SqliteLog.open(folder) as store:
        watched = Watched(memory_ledger(chain), store.followed)
        while True:
            happen(chain, draw)
            await watched.watch.step()
            print(watched.watch.standing.block, flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
