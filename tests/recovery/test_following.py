"""Following the chain over faults: each write failed before and after it was done, each question lost, and
SIGKILL. In the end what is kept is what the chain says.
"""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journey.chainwatch_scene import Watched, enrolled, image, memory_ledger, new_chain, scanned
from tests.recovery.faults import BUSY, DOWN, FAILED, Fault, Faulty
from tests.recovery.follow_me import chain_of, happen
from tracehold.adapters.memory.chain import MemoryChain
from tracehold.adapters.memory.ledger import PAGE
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.core.errors import TraceholdError
from tracehold.journey.ports.followed import OperatorEnrolled, Superseded

ROOT = Path(__file__).resolve().parents[2]
F, G = (enrolled(at).log for at in (1, 2))

WRITES = [
    (method, error, after)
    for method in ("begin", "take", "undo")
    for error in (BUSY, FAILED)
    for after in (False, True)
]
READS = [(method, BUSY, False) for method in ("newest", "members", "places", "final")]
QUESTIONS = [(method, DOWN, False) for method in ("network", "changes", "place")]


async def patient(watched: Watched, steps: int = 40) -> None:
    """Step; what fails is told to nobody, and the process starts again."""
    for _ in range(steps):
        try:
            if not await watched.watch.step():
                return
        except TraceholdError:
            watched.restart()
    raise AssertionError("does not come to its end")


async def story(chain: MemoryChain, watched: Watched) -> None:
    """Several pages, a reorganisation that undoes some of what was followed, and more."""
    chain.act(OperatorEnrolled(1, "urn:one"), enrolled(1))
    chain.mine(2 * PAGE)
    chain.act(enrolled(2), Superseded(1, F, G))  # type: ignore[arg-type]
    chain.mine(2)
    await patient(watched)
    chain.reorganise(2, lose=True)
    chain.act(enrolled(2, log=0x77))
    chain.mine()
    await patient(watched)


@pytest.mark.parametrize("skip", [0, 1, 2])
@pytest.mark.parametrize(("method", "error", "after"), [*WRITES, *READS, *QUESTIONS])
async def test_each_call_fails_once(
    tmp_path: Path, method: str, error: TraceholdError, after: bool, skip: int
) -> None:
    """Before it did anything, or after it did and the reply was lost: the follower starts again."""
    chain = new_chain()
    async with SqliteLog.open(tmp_path) as store:
        kept, feed = Faulty(store.followed), Faulty(memory_ledger(chain))
        (feed if (method, error, after) in QUESTIONS else kept).arm(Fault(method, error, after, skip))
        watched = Watched(feed, kept)
        await story(chain, watched)
        assert await image(store.followed) == await scanned(memory_ledger(chain))
        assert watched.faults == []


def until_killed(folder: Path, run: int, lines: int) -> None:
    """Start the program and kill it after so many lines."""
    command = [sys.executable, "-m", "tests.recovery.follow_me", str(folder), str(run)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for count, _ in enumerate(process.stdout):
            if count == lines:
                process.kill()


@pytest.mark.slow
async def test_what_sigkill_leaves_is_gone_on_with(tmp_path: Path) -> None:
    """Kills at random moments, each run with a chain of other blocks; then one is followed to its end."""
    draw = random.Random(11)
    for run in range(1, 7):
        until_killed(tmp_path, run, draw.randrange(1, 300))
        chain = chain_of(100 + run)
        for _ in range(60):
            happen(chain, draw)
        async with SqliteLog.open(tmp_path) as store:
            await Watched(memory_ledger(chain), store.followed).catch_up()
            assert await image(store.followed) == await scanned(memory_ledger(chain))
