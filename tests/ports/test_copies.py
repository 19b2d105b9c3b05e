"""What the notes of replication promise, on every back-end."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.ports.batches import A, B
from tracehold.adapters.memory.copies import MemoryCopies
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.core.errors import Rejected
from tracehold.core.ids import Root
from tracehold.journey.ports import Copies, Copy, Fork, Witness

ROOT, OTHER = Root(b"r" * 32), Root(b"o" * 32)


@pytest.fixture(params=["memory", "sqlite"])
async def copies(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Copies]:
    """Empty notes of each kind."""
    if request.param == "memory":
        yield MemoryCopies()
        return
    async with SqliteLog.open(tmp_path) as log:
        yield log.copies


def fork(log: bytes = A, size: int = 7, shown: bytes = b"shown") -> Fork:
    """Evidence of a fork."""
    return Fork(type(A)(log), size, b"kept", shown, False, 1_790_000_000_000)


async def test_empty_notes_know_nothing(copies: Copies) -> None:
    """Every question has an empty answer."""
    assert (list(await copies.holders(0)), list(await copies.segments())) == ([], [])
    assert await copies.witness(A) is None
    assert list(await copies.forks()) == []


async def test_holders_are_kept_in_the_order_of_their_choice(copies: Copies) -> None:
    """Per segment; chosen again, they stay where they were."""
    for node in (9, 4, 7):
        await copies.choose(Copy(2, node, node + 10))
    await copies.choose(Copy(2, 9, 19))
    await copies.choose(Copy(0, 4, 14))
    assert list(await copies.holders(2)) == [Copy(2, 9, 19), Copy(2, 4, 14), Copy(2, 7, 17)]
    assert list(await copies.holders(0)) == [Copy(0, 4, 14)]
    assert list(await copies.segments()) == [0, 2]


async def test_what_a_holder_acknowledged_only_grows(copies: Copies) -> None:
    """A smaller size changes nothing, and being chosen again neither."""
    await copies.choose(Copy(0, 4, 14, size=99))
    assert (await copies.holders(0))[0].size == 0
    for size, known in ((10, 10), (30, 30), (20, 30), (30, 30)):
        await copies.acknowledged(Copy(0, 4, 14, size))
        assert (await copies.holders(0))[0].size == known
    await copies.choose(Copy(0, 4, 14))
    assert list(await copies.holders(0)) == [Copy(0, 4, 14, 30)]
    assert list(await copies.holders(1)) == []


async def test_an_acknowledgement_makes_a_holder(copies: Copies) -> None:
    """Also of a node that was not chosen."""
    await copies.acknowledged(Copy(3, 5, 15, 200_000))
    await copies.choose(Copy(3, 1, 11))
    assert list(await copies.holders(3)) == [Copy(3, 5, 15, 200_000), Copy(3, 1, 11)]


async def test_a_released_holder_is_one_no_more(copies: Copies) -> None:
    """Of that segment only; harmless to repeat, and where it was none."""
    for segment, node in ((2, 9), (2, 4), (3, 9)):
        await copies.acknowledged(Copy(segment, node, node + 10, 200_000))
    for _ in range(2):
        await copies.release(2, 9)
        await copies.release(5, 9)
        await copies.release(3, 4)
    assert list(await copies.holders(2)) == [Copy(2, 4, 14, 200_000)]
    assert list(await copies.holders(3)) == [Copy(3, 9, 19, 200_000)]
    await copies.release(2, 4)
    assert list(await copies.segments()) == [3]


async def test_a_holder_that_is_chosen_again_begins_anew(copies: Copies) -> None:
    """Behind those who stayed, and with nothing acknowledged."""
    for node in (9, 4):
        await copies.acknowledged(Copy(2, node, node + 10, 200_000))
    await copies.release(2, 9)
    await copies.choose(Copy(2, 9, 19))
    assert list(await copies.holders(2)) == [Copy(2, 4, 14, 200_000), Copy(2, 9, 19)]


async def test_the_witness_keeps_the_largest_state(copies: Copies) -> None:
    """Per log; a smaller one, and the same again, change nothing."""
    await copies.pledge(Witness(A, 10, ROOT))
    await copies.pledge(Witness(A, 10, ROOT))
    await copies.pledge(Witness(A, 5, OTHER))
    await copies.pledge(Witness(B, 3, OTHER))
    assert await copies.witness(A) == Witness(A, 10, ROOT)
    await copies.pledge(Witness(A, 11, OTHER))
    assert await copies.witness(A) == Witness(A, 11, OTHER)
    assert await copies.witness(B) == Witness(B, 3, OTHER)


async def test_security_two_roots_of_one_size_are_never_pledged(copies: Copies) -> None:
    """CONFLICT, and the first one stays."""
    await copies.pledge(Witness(A, 10, ROOT))
    with pytest.raises(Rejected, match="CONFLICT"):
        await copies.pledge(Witness(A, 10, OTHER))
    assert await copies.witness(A) == Witness(A, 10, ROOT)


async def test_the_first_evidence_of_a_fork_stays(copies: Copies) -> None:
    """One for each log and size, by log and size, of one log or of all."""
    by_chain = replace(fork(size=3), shown_by_chain=True)
    for each in (fork(B), fork(), by_chain, fork(shown=b"later")):
        await copies.save_fork(each)
    assert list(await copies.forks()) == [by_chain, fork(), fork(B)]
    assert list(await copies.forks(A)) == [by_chain, fork()]
    assert list(await copies.forks(B)) == [fork(B)]


async def test_notes_survive_the_process(tmp_path: Path) -> None:
    """Each write is durable on return, in the file of the logs."""
    async with SqliteLog.open(tmp_path) as log:
        await log.copies.choose(Copy(0, 4, 14))
        await log.copies.acknowledged(Copy(0, 4, 14, 6))
        await log.copies.acknowledged(Copy(0, 5, 15, 6))
        await log.copies.release(0, 5)
        await log.copies.pledge(Witness(A, 10, ROOT))
        await log.copies.save_fork(fork())
    async with SqliteLog.open(tmp_path) as log:
        assert list(await log.copies.holders(0)) == [Copy(0, 4, 14, 6)]
        assert await log.copies.witness(A) == Witness(A, 10, ROOT)
        assert list(await log.copies.forks()) == [fork()]


async def test_the_memory_notes_stop_a_fork_of_one_branch() -> None:
    """Evidence that shows nothing is a fault of the program."""
    with pytest.raises(AssertionError):
        await MemoryCopies().save_fork(fork(shown=b"kept"))
