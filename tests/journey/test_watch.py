"""What watchers are told: every state of every record, in order, from any cursor on."""

import asyncio
from dataclasses import dataclass, field

import pytest

from tests.journey.network import FARM, MILL, Network, Node, begun, force, network
from tests.journey.scene import settle
from tracehold.core.errors import Broken, Rejected
from tracehold.core.ids import Fingerprint
from tracehold.journey.changes import Told, decode_cursor, encode_cursor
from tracehold.journey.states import State
from tracehold.journey.watch import HEARTBEAT_S, News, Watching
from tracehold.journey.watched import Named

LOT = "https://id.gs1.org/01/09521000001237/10/W"


@dataclass
class Listener:
    """A watcher that keeps what it hears; a model of what it makes of it."""

    node: Node
    watching: Watching
    heard: list[News] = field(default_factory=list)
    states: dict[int, list[State]] = field(default_factory=dict)
    task: "asyncio.Task[None] | None" = None

    async def listen(self, cursor: str = "", wanted: Named | None = None, *, from_now: bool = False) -> None:
        """Listen from this cursor on, until `leave`."""
        told = await self.watching.begin(cursor, from_now=from_now)
        self.task = asyncio.ensure_future(self.watching.watch(told, self._tell, wanted))
        await settle()

    async def leave(self) -> str:
        """Stop listening; the last cursor."""
        assert self.task is not None
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        return self.heard[-1].cursor

    async def _tell(self, news: News) -> None:
        self.heard.append(news)
        if news.change is not None:
            for index in range(news.change.first, news.change.stop):
                self.states.setdefault(index, []).append(news.change.state)

    @property
    def changes(self) -> list[tuple[State, int, int]]:
        """What it heard, without heartbeats."""
        found = [news.change for news in self.heard if news.change is not None]
        return [(change.state, change.first, change.stop) for change in found]


def listener(node: Node) -> Listener:
    """Somebody who may watch this node."""
    return Listener(node, Watching(node.store, node.log, node.sealer.bell, node.network.clock.sleep))


async def lots(node: Node, count: int, start: int = 0, party: str = FARM) -> list[Fingerprint]:
    """Seal so many events."""
    outcomes = await node.say(*(begun(f"{LOT}{start + n}", start + n) for n in range(count)), party=party)
    return [outcome.fingerprint for outcome in outcomes if outcome.fingerprint]


async def test_states_come_in_order_as_ranges():
    """Records are told sealed, anchored and final, each range once."""
    async with network() as running:
        node = await running.join()
        first = node.sealer.own.size
        ear = listener(node)
        await ear.listen()
        await lots(node, 5)
        await node.finish()
        await settle()
        await ear.leave()
        size = first + 5
        assert ear.heard[0].change is None
        assert set(map(tuple, ear.states.values())) == {(State.SEALED, State.ANCHORED, State.FINAL)}
        assert sorted(ear.states) == list(range(size))
        assert (State.FINAL, 0, size) in ear.changes
        assert all(news.named is None for news in ear.heard)


async def test_nothing_is_told_twice_from_the_last_cursor():
    """Whoever comes back with the last cursor hears what came meanwhile, and only that."""
    async with network() as running:
        node = await running.join()
        ear = listener(node)
        await ear.listen()
        await lots(node, 3)
        await settle()
        cursor = await ear.leave()
        size = node.sealer.own.size
        await lots(node, 2, start=3)
        again = listener(node)
        await again.listen(cursor)
        await again.leave()
        assert again.changes == [(State.SEALED, size, size + 2)]


async def test_quick_anchors_leave_no_state_out():
    """Anchored and final while nobody listened: both are told, in order."""
    async with network() as running:
        node = await running.join()
        await lots(node, 3)
        await node.finish()
        ear = listener(node)
        await ear.listen()
        await ear.leave()
        size = node.sealer.own.size
        assert ear.changes == [(State.SEALED, 0, size), (State.ANCHORED, 0, size), (State.FINAL, 0, size)]


async def test_from_now_tells_nothing_of_the_past():
    """The first heartbeat carries the cursor of now."""
    async with network() as running:
        node = await running.join()
        await lots(node, 3)
        size = node.sealer.own.size
        ear = listener(node)
        await ear.listen(from_now=True)
        assert ear.changes == []
        await lots(node, 1, start=3)
        await settle()
        await ear.leave()
        assert ear.changes == [(State.SEALED, size, size + 1)]


async def test_heartbeats_come_when_nothing_happens():
    """One at the beginning, one after each silence; all with the same cursor."""
    async with network() as running:
        node = await running.join()
        ear = listener(node)
        await ear.listen(from_now=True)
        for _ in range(3):
            await running.clock.pass_by(HEARTBEAT_S)
        await ear.leave()
        assert [news.change for news in ear.heard] == [None] * 4
        assert len({news.cursor for news in ear.heard}) == 1


async def test_heartbeats_come_while_others_upload():
    """A log that grows by records that were not asked for is silence too, and moves the cursor on."""
    async with network() as running:
        node = await running.join()
        ear = listener(node)
        await ear.listen(wanted=ear.watching.of_party(MILL))
        before = ear.heard[-1].cursor
        await lots(node, 2)
        await running.clock.pass_by(HEARTBEAT_S)
        await ear.leave()
        assert ear.changes == []
        assert ear.heard[-1].cursor != before
        assert decode_cursor(node.log, ear.heard[-1].cursor).sealed == node.sealer.own.size


async def test_records_of_one_party_are_named():
    """Only that party's records, by fingerprint, in the order of the log, through all states."""
    async with network() as running:
        node = await running.join()
        await lots(node, 2)
        mill = await lots(node, 2, start=2, party=MILL)
        await lots(node, 2, start=4)
        mill += await lots(node, 1, start=6, party=MILL)
        await node.finish()
        ear = listener(node)
        await ear.listen(wanted=ear.watching.of_party(MILL))
        await ear.leave()
        named = [(n.change.state, list(n.named or ())) for n in ear.heard if n.change]
        assert named == [(State.SEALED, mill), (State.ANCHORED, mill), (State.FINAL, mill)]


async def test_records_by_name_are_waited_for():
    """A fingerprint that is not kept yet is told as soon as it is sealed; others are not."""
    async with network() as running:
        node, other = await running.join(), await running.join()
        (wanted,) = await lots(other, 1)
        ear = listener(node)
        await ear.listen(wanted=ear.watching.these([wanted]))
        await lots(node, 3, start=1)
        await settle()
        assert ear.changes == []
        raw = await other.store.entry(wanted)
        assert raw is not None
        # The same bytes in this log too, as a party would send them that signed them itself.
        await force(node, raw.raw)
        node.sealer.bell.ring()
        await settle()
        await ear.leave()
        assert [list(news.named or ()) for news in ear.heard if news.change] == [[wanted]]


@pytest.mark.parametrize("cursor", ["x", "AAAA", "é", "A" * 128])
async def test_cursor_that_is_none_is_refused(cursor: str):
    """Not one of ours: BAD_REQUEST with the field, whatever it is."""
    async with network() as running:
        node = await running.join()
        with pytest.raises(Rejected, match="BAD_REQUEST") as caught:
            await listener(node).watching.begin(cursor)
        assert caught.value.path == "/cursor"


async def test_cursor_of_another_node_is_refused():
    """Positions of one log say nothing of another's."""
    async with network() as running:
        node, other = await running.join(), await running.join()
        with pytest.raises(Rejected, match="BAD_REQUEST"):
            await listener(node).watching.begin(encode_cursor(other.log, Told(1)))


async def test_cursor_ahead_of_a_restored_log_is_refused():
    """The folder is older than the cursor: going on would leave out what is sealed there next."""
    async with network() as running:
        node = await running.join()
        with pytest.raises(Rejected, match="ahead"):
            await listener(node).watching.begin(encode_cursor(node.log, Told(sealed=99)))


async def undo_final(running: Network, node: Node) -> None:
    """A final block is replaced, as a chain that lied about finality would; the node notices."""
    running.chain.reorganise(len(running.chain.blocks) - 1)
    running.chain.mine()
    with pytest.raises(Broken, match="REORGED"):
        await node.anchorer._settling.check_final()


async def test_reorged_and_final_again():
    """A final anchor that fell is told REORGED, and its records go through ANCHORED and FINAL again."""
    async with network() as running:
        node = await running.join()
        await lots(node, 2)
        await node.finish()
        ear = listener(node)
        await ear.listen()
        await undo_final(running, node)
        await settle()
        size = node.sealer.own.size
        assert ear.changes[-1] == (State.REORGED, 0, size)
        node.anchorer._member = None
        await node.finish()
        await settle()
        await ear.leave()
        assert ear.changes[-2:] == [(State.ANCHORED, 0, size), (State.FINAL, 0, size)]


async def test_reorged_while_nobody_listened_is_told():
    """Undone and final again between two connections: the old cursor hears of it all the same."""
    async with network() as running:
        node = await running.join()
        await lots(node, 2)
        await node.finish()
        ear = listener(node)
        await ear.listen()
        cursor = await ear.leave()
        await undo_final(running, node)
        node.anchorer._member = None
        await node.finish()
        size = node.sealer.own.size
        again = listener(node)
        await again.listen(cursor)
        later = await again.leave()
        assert again.changes == [(State.REORGED, 0, size), (State.ANCHORED, 0, size), (State.FINAL, 0, size)]
        third = listener(node)
        await third.listen(later)
        await third.leave()
        assert third.changes == []
