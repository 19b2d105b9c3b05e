"""Sources and copies of a log whose creator signed two branches, of which one is on the chain."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.journey.holding_scene import Branch
from tests.journey.pull_scene import Village, grown, short_segments, village
from tests.journey.test_pull_liars import Liar
from tracehold.adapters.memory.peers import MemoryLine
from tracehold.journey.ports import Entries, Handed, Sent


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    short_segments(monkeypatch)


async def forked() -> tuple[Village, Branch]:
    """The creator signed two branches behind entry 40, and one of them is on the chain, as far as entry
    160.
    """
    made = await village(3)
    grown(made.branch, 40)
    other = made.branch.fork()
    other.seal(b"forged")
    for size in range(50, 201, 10):
        other.seal(*(b"forged %d" % at for at in range(other.size, size)))
    grown(made.branch, 200)
    await made.anchor(90, 160)
    return made, other


def handing(branch: Branch) -> Callable[[MemoryLine], Any]:
    """Hands over this branch."""

    async def says(_: MemoryLine, start: int, stop: int) -> Handed:
        size = max((at for at in branch.checkpoints if start < at <= stop), default=0)
        if not size:
            return Handed(Entries(start, (), branch.size), None)
        sent = [Sent(entry.raw, entry.fingerprint) for entry in branch.entries[start:size]]
        return Handed(Entries(start, sent, branch.size), branch.checkpoints[size])

    return lambda line: Liar(line, says)


async def test_a_fork_that_the_chain_does_not_have_bends_no_copy() -> None:
    """Nothing of it is kept, not even what stands before an anchor; the honest source is asked next."""
    made, other = await forked()
    for number in (2, 3):
        await made.ship(number, 200)
    made.lose(1)
    await made.look()
    view = await made.nodes[4].puller.view()
    assert view is not None
    near = view.keepers(made.chain.members[0], 0)[0].number
    made.nodes[4].table.lies[near] = handing(other)
    await made.pull(4)
    assert await made.has(4, 0, 200)
    assert made.nodes[4].holder.faults == []
    assert [error.code for error in made.nodes[4].faults] == ["ROOT_MISMATCH"]


async def test_a_forked_tail_alone_is_kept_up_to_the_chain() -> None:
    """Where nobody else has more, the anchored part is fetched, and nothing contradicts it."""
    made, other = await forked()
    await made.ship(2, 160)
    made.lose(1)
    for node in made.nodes.values():
        node.table.lies[3] = handing(other)
    await made.look()
    for node in made.nodes.values():
        node.sight.said[3] = {made.log: ((0, 200),)}
    await made.nodes[4].puller.step()
    assert await made.has(4, 0, 160)


async def test_a_branch_of_the_creators_that_is_kept_here_is_evidence() -> None:
    """What it shipped here it never anchored, and anchored another: the source is not to blame, and the log
    goes no further here.
    """
    made, other = await forked()
    for start, size in ((0, 40), (40, 41), (41, 50), (50, 60)):
        kept = await made.nodes[4].holder.take(made.branch, other.shipment(start, size))
        assert kept.refused == ""
    await made.ship(2, 200)
    made.lose(1)
    await made.pull(4)
    node = made.nodes[4]
    assert await made.size(4) == 60
    assert node.faults == []
    assert [error.code for error in node.holder.faults] == ["FORK_SEEN"]
    (fork,) = await node.holder.copies.forks(made.log)
    assert (fork.size, fork.shown_by_chain) == (60, True)
    assert fork.kept == other.checkpoints[60].note
    assert (await node.holder.take(made.branch, made.branch.shipment(200))).refused == "FORK_SEEN"
