"""What `Peer` promises to those who catch up, in memory and over gRPC: what a node keeps, entries up to a
checkpoint, and bases of later segments.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.journey.holding_scene import Branch, Holder
from tests.journey.network import Node, network
from tests.journey.scene import statement
from tests.journey.segments_scene import CONTROLS, START, long, ship_first
from tests.ports.mesh import mesh
from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.core.tiles import Coord
from tracehold.journey import giving
from tracehold.journey.base import proved
from tracehold.journey.ports import Base, Peer, Sent
from tracehold.wire import peers

END = START + 6
"""Where the kept log ends: checkpoints stand at START + 2, + 4 and + 6."""


@dataclass
class Kept:
    """A node, as another asks it, that keeps a later segment of somebody's log."""

    node: Node
    peer: Peer
    branch: Branch
    own: Sequence[Base]
    """The base of the segment as its creator ships it."""
    end: Callable[[], object]
    real: bool = False
    """Over gRPC."""

    def sent(self, start: int, stop: int) -> list[Sent]:
        """Entries as they were sealed."""
        return [Sent(each.raw, each.fingerprint) for each in self.branch.entries[start:stop]]


@pytest.fixture(params=["memory", "grpc"])
async def kept(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Kept]:
    """Only the second segment is kept, on its base."""
    made = await long(statement(1).raw)
    assert (await made.holder.take(made.branch, await made.first())).acknowledgement
    for number in (2, 3):
        start = made.branch.size
        made.branch.seal(statement(2 * number).raw, statement(2 * number + 1).raw)
        shipment = made.branch.shipment(start, prev_size=START)
        assert (await made.holder.take(made.branch, shipment)).acknowledgement
    assert made.branch.size == END
    async with network() as net:
        here, there = await net.join(), await net.join()
        there.store = there.peer.log = made.holder.store
        own = await made.bases()
        if request.param == "memory":
            yield Kept(
                there, await peer_of(here), made.branch, own, lambda: setattr(there.peer, "down", True)
            )
            return
        async with mesh(net, tmp_path) as posts:
            for node in (here, there):
                await posts.add(node)
            await posts.refresh()
            server = posts.posts[there.number].server
            yield Kept(there, await peer_of(here), made.branch, own, lambda: server.stop(0), real=True)


async def peer_of(node: Node) -> Peer:
    """The only other one."""
    assert node.knowledge.peers is not None
    (found,) = await node.knowledge.peers.holders(())
    return found


async def test_a_greeting_tells_what_is_kept_and_whether_the_node_leaves(kept):
    """Runs of each log, also of those that nobody searched; told anew each time."""
    own = (await kept.node.store.logs())[0]
    first = await kept.peer.hello()
    assert first.coverage == {own: ((0, 2),), kept.branch.log: ((START, END),)}
    assert not first.draining
    kept.node.peer.leaving = True
    assert (await kept.peer.hello()).draining


async def test_of_too_many_runs_the_first_are_told(kept, monkeypatch):
    """A greeting stays within its limit."""
    monkeypatch.setattr(peers, "MAX_RUNS", 1)
    told = (await kept.peer.hello()).coverage
    assert len(told) == (1 if kept.real else 2)


async def test_a_node_whose_graph_is_down_is_there_nevertheless(kept):
    """It keeps what it keeps."""
    kept.node.graph.down = True
    assert kept.branch.log in (await kept.peer.hello()).coverage


@pytest.mark.parametrize(
    ("start", "stop", "most", "end"),
    [
        (START, END, 8 << 20, END),
        (START, 1 << 60, 8 << 20, END),
        (START, END - 1, 8 << 20, END - 2),
        (START, START + 2, 8 << 20, START + 2),
        (START, END, 1, START + 2),
        (START + 1, END, 1, START + 2),
        (START + 3, END, 8 << 20, END),
    ],
)
async def test_entries_are_handed_up_to_a_checkpoint(kept, start, stop, most, end):
    """The newest within what was asked for, or else the first; the checkpoint is the one of that state."""
    handed = await kept.peer.handing(kept.branch.log, start, stop, most)
    assert handed.checkpoint == kept.branch.checkpoints[end]
    assert (handed.entries.start, list(handed.entries.entries)) == (start, kept.sent(start, end))
    assert handed.entries.size == END


@pytest.mark.parametrize(
    ("start", "stop"), [(START, START + 1), (END, END + 9), (0, 9), (START - 1, END), (START + 4, START + 4)]
)
async def test_nothing_is_handed_where_no_checkpoint_stands(kept, start, stop):
    """None within the range, none behind the copy, none in a hole, none in nothing."""
    handed = await kept.peer.handing(kept.branch.log, start, stop)
    assert (list(handed.entries.entries), handed.checkpoint) == ([], None)


async def test_nothing_is_handed_of_a_log_that_is_not_kept(kept):
    """No entries, and an end at 0."""
    handed = await kept.peer.handing(LogId(bytes(32)), 0, 9)
    assert (list(handed.entries.entries), handed.entries.size, handed.checkpoint) == ([], 0, None)


async def test_an_erased_entry_is_handed_by_its_fingerprint(kept):
    """It folds into the same root."""
    (_, second) = kept.sent(START, START + 2)
    await kept.node.store.erase(kept.branch.log, START + 1)
    handed = await kept.peer.handing(kept.branch.log, START, START + 2)
    assert list(handed.entries.entries)[1] == Sent(b"", second.fingerprint)


async def test_what_is_more_than_an_answer_may_have_is_not_handed(kept, monkeypatch):
    """A state that no honest creator makes: nothing goes out, instead of a part that nobody can prove."""
    monkeypatch.setattr(giving, "HANDED_BYTES", len(kept.branch.entries[START].raw))
    handed = await kept.peer.handing(kept.branch.log, START, END)
    assert (list(handed.entries.entries), handed.checkpoint) == ([], None)


async def test_a_base_of_any_kept_log_is_the_one_that_its_creator_ships(kept):
    """Control records and tiles, although of the first segment nothing else is kept; and it is proved by the
    anchored root.
    """
    found = await kept.peer.base(kept.branch.log, START, 0)
    assert found is not None
    assert not found.more
    (own,) = kept.own
    assert sorted(found.base.tiles) == sorted(own.tiles)
    assert [at for at, _ in found.base.controls] == list(CONTROLS)
    operator = kept.branch.own.identity.operator
    newcomer = await Holder.started(kept.branch.clock, kept.node.network.chain, 9)
    root = kept.branch.checkpoints[START].root
    proven = await proved(newcomer.store, found.base, root, operator)
    assert list(proven.controls) == list(own.controls)


async def test_a_base_comes_in_numbered_parts(kept, monkeypatch):
    """Together they are the whole; behind the last one there is none."""
    (own,) = kept.own
    monkeypatch.setattr(giving, "BASE_BYTES", 1)
    parts = [await kept.peer.base(kept.branch.log, START, number) for number in range(len(CONTROLS))]
    assert [part.more for part in parts] == [True] * (len(CONTROLS) - 1) + [False]
    assert [at for part in parts for at, _ in part.base.controls] == list(CONTROLS)
    assert {at for part in parts for at, _ in part.base.tiles} == {at for at, _ in own.tiles}
    assert await kept.peer.base(kept.branch.log, START, len(CONTROLS)) is None


@pytest.mark.parametrize("start", [0, 1, START - 1, START + 1, 2 * START, 5 * START])
async def test_a_base_that_cannot_be_made_is_none(kept, start):
    """No segment begins there, or there may be control records in between that are not kept."""
    assert await kept.peer.base(kept.branch.log, start, 0) is None


async def test_a_base_with_a_lost_tile_is_none(kept):
    """Another holder may have it."""
    del kept.node.store._of(kept.branch.log).tiles[Coord(1, 0)]
    assert await kept.peer.base(kept.branch.log, START, 0) is None
    assert await kept.peer.base(LogId(bytes(32)), START, 0) is None


async def test_a_peer_that_is_gone_raises_peer_down_for_these_too(kept):
    """One error for every question."""
    stopping = kept.end()
    if stopping is not None:
        await stopping
    log = kept.branch.log
    for question in (kept.peer.hello(), kept.peer.handing(log, START, END), kept.peer.base(log, START, 0)):
        with pytest.raises(Unavailable) as caught:
            await question
        assert caught.value.code == "PEER_DOWN"


async def test_a_base_is_made_of_a_copy_that_ends_where_the_segment_begins():
    """Who keeps all of the first segment can begin anybody's second one."""
    made = await long()
    store, log = made.holder.store, made.branch.log
    await ship_first(made, START - 1)
    assert await giving.base_part(store, log, START, 0) is None
    last = made.branch.shipment(START - 1, START)
    assert (await made.holder.take(made.branch, last)).refused == ""
    found = await giving.base_part(store, log, START, 0)
    assert found is not None
    assert [found.base] == await made.bases()
