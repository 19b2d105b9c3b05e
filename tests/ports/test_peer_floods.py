"""Security: members that ask without end, over real gRPC. They are refused, and nobody else is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.journey.bread import trace
from tests.journey.network import begun, network
from tests.ports.mesh import Mesh, Post, Raw, dialled, mesh, until
from tests.ports.shipping import ACK, Shelf, sent, shipment
from tests.ports.test_peer_answers import only_peer
from tests.ports.test_peer_identity import reason
from tracehold.api.rations import Limits
from tracehold.core.errors import Unavailable
from tracehold.core.lineage import GapReason
from tracehold.journey.ports import Kept, Peer
from tracehold.v1 import peer_pb2

SERVICE = "/tracehold.v1.PeerService/"
NEVER = 1e-9
"""A second: what is spent does not come back in this test."""
METHODS = sorted(peer_pb2.DESCRIPTOR.services_by_name["PeerService"].methods_by_name)


@dataclass
class Three:
    """A node with some records, and two that ask it."""

    mesh: Mesh
    target: Post
    greedy: Post
    other: Post

    async def asks(self, post: Post) -> Peer:
        """The target, as one of them asks it."""
        assert post.node.knowledge.peers is not None
        found = await post.node.knowledge.peers.node(self.target.node.number)
        assert found is not None
        return found


@asynccontextmanager
async def three(folder: Path, limits: Limits) -> AsyncIterator[Three]:
    """Each gives one member so much."""
    async with network() as net, mesh(net, folder) as made:
        made.limits = limits
        nodes = [await net.join() for _ in range(3)]
        nodes[0].peer.keeper = Shelf()
        await nodes[0].say(*(begun("urn:x:flour", minute) for minute in range(9)))
        await nodes[0].finish()
        posts = [await made.add(node) for node in nodes]
        await made.refresh()
        yield Three(made, *posts)


async def flood(target: Post, caller: Post, method: str, count: int, request: bytes = b"") -> list[str]:
    """What each of so many calls ends with."""
    ends = []
    async with dialled(target, caller.pair) as channel:
        call: Any = channel.unary_unary(SERVICE + method)
        for _ in range(count):
            try:
                await call(request, timeout=30)
                ends.append("OK")
            except grpc.aio.AioRpcError as error:
                ends.append(reason(error) or error.code().name)
    return ends


async def code(asked: Any) -> str:
    """How it ends."""
    with pytest.raises(Unavailable) as caught:
        await asked
    return caught.value.code


@pytest.mark.parametrize("method", METHODS)
async def test_security_a_flood_of_any_calls(tmp_path: Path, method: str) -> None:
    """Attack: ask without end, with nothing in it. Five are looked at, whatever the method; another member is
    answered all the while, and the node's log does not grow by the flood.
    """
    async with three(tmp_path, Limits(calls_per_s=NEVER, calls_at_once=5)) as it:
        ends = await flood(it.target, it.greedy, method, 40)
        assert ends[5:] == ["TOO_MANY_CALLS"] * 35
        assert "TOO_MANY_CALLS" not in ends[:5]
        assert "TOO_MANY_CALLS" not in await flood(it.target, it.other, method, 5)
        assert it.target.lines.getvalue().count("TOO_MANY_CALLS") == 0
        assert it.target.faults == []


async def test_security_a_flood_does_not_reach_what_answers(tmp_path: Path) -> None:
    """Attack: costly questions. What is refused is not looked at; and others' are."""
    question = peer_pb2.ExpandRequest(items=["urn:x:flour"]).SerializeToString()
    async with three(tmp_path, Limits(calls_per_s=NEVER, calls_at_once=7)) as it:
        ends = await flood(it.target, it.greedy, "Expand", 100, question)
        assert (ends.count("OK"), len(it.target.asked)) == (7, 7)
        answer = await (await it.asks(it.other)).expand(["urn:x:flour"])
        assert len(answer.records) == 9


async def test_security_a_flood_of_questions_takes_nothing_from_shipments_and_ranges(tmp_path: Path) -> None:
    """A member's own flood, of a bad program say, does not stop its uploads from being kept."""
    async with three(tmp_path, Limits(calls_per_s=NEVER, calls_at_once=3)) as it:
        assert "TOO_MANY_CALLS" in await flood(it.target, it.greedy, "GetCheckpoint", 9)
        peer = await it.asks(it.greedy)
        peer._greeted = True  # type: ignore[attr-defined]
        log = it.target.node.log
        assert await code(peer.checkpoint(log)) == "TOO_MANY_CALLS"
        what = shipment(it.greedy.node, [sent(b"x")])
        assert await peer.replicate(what) == Kept(1, ACK)
        assert len((await peer.entries(log, 0, 2)).entries) == 2


async def test_security_who_takes_all_bytes_is_put_off_and_others_are_not(tmp_path: Path) -> None:
    """Attack: fetch the same entries again and again. One answer is more than the share of one member, and
    less than that of all; it takes nothing from answers to questions, nor from shipments.
    """
    async with three(tmp_path, Limits(questions=4, bytes_per_s=NEVER, bytes_at_once=4_000)) as it:
        log, size = it.target.node.log, 11
        greedy, other = await it.asks(it.greedy), await it.asks(it.other)
        taken = await greedy.handing(log, 0, size)
        assert 4_000 < sum(len(each.raw) for each in taken.entries.entries) < 8_000
        for asked in (greedy.handing(log, 0, size), greedy.entries(log, 0, 1), greedy.base(log, 65_536, 0)):
            assert await code(asked) == "TOO_MANY_CALLS"
        assert it.target.asked.count("GetEntries") == 1
        assert await greedy.checkpoint(log) is None
        assert await greedy.replicate(shipment(it.greedy.node, [sent(b"x")])) == Kept(1, ACK)
        assert await other.handing(log, 0, size) == taken


async def test_security_who_reads_no_answers_fills_its_own_turns_only(tmp_path: Path) -> None:
    """Attack: ask for much, and leave it at the node, which must hold it. No more is made than a member has
    turns; others are answered, and it is too once it hangs up.
    """

    async def large(method: str, answer: Any) -> Any:
        return Raw(bytes(4 << 20)) if method == "GetEntries" else answer

    async with network() as net, mesh(net, tmp_path) as made:
        made.limits = Limits(questions=4, ranges=2)
        target = await made.add(await net.join(), tamper=large)
        greedy, other = await made.add(await net.join()), await made.add(await net.join())
        await made.refresh()
        request = peer_pb2.GetEntriesRequest(log="00" * 32, stop=9).SerializeToString()
        # The client's own library takes no more than it must of what nobody reads.
        async with dialled(target, greedy.pair, ("grpc.http2.bdp_probe", 0)) as channel:
            ask: Any = channel.unary_stream(f"{SERVICE}GetEntries")
            unread = [ask(request) for _ in range(2)]
            await until(lambda: target.asked.count("GetEntries") == 2)
            ends = [await ask(request, timeout=30).code() for _ in range(9)]
            assert ends == [grpc.StatusCode.RESOURCE_EXHAUSTED] * 9
            assert target.asked.count("GetEntries") == 2
            assert await flood(target, other, "GetEntries", 1, request) == ["OK"]
            for call in unread:
                call.cancel()
        await until(lambda: not target.server._rations._running.total())
        assert await flood(target, greedy, "GetEntries", 1, request) == ["OK"]


async def test_security_calls_that_are_cancelled_are_paid_for(tmp_path: Path) -> None:
    """Attack: ask for much, and hang up before it is answered: the work was done all the same."""

    async def never(method: str, answer: Any) -> Any:
        return await asyncio.Event().wait() if method == "GetEntries" else answer

    async with network() as net, mesh(net, tmp_path) as made:
        made.limits = Limits(questions=4, bytes_per_s=NEVER, bytes_at_once=5 << 20)
        target = await made.add(await net.join(), tamper=never)
        greedy = await made.add(await net.join())
        await made.refresh()
        request = peer_pb2.GetEntriesRequest(log="00" * 32, stop=9).SerializeToString()
        async with dialled(target, greedy.pair) as channel:
            call: Any = channel.unary_stream(f"{SERVICE}GetEntries")(request)
            await until(lambda: target.asked.count("GetEntries") == 1)
            call.cancel()
            await until(lambda: not target.server._rations._running.total())
        assert await flood(target, greedy, "GetEntries", 1, request) == ["TOO_MANY_CALLS"]


async def test_security_all_together_get_no_more_than_the_node_gives(tmp_path: Path) -> None:
    """Attack: members in league. When what is for all is gone, nobody gets more; but shipments are taken."""
    async with three(tmp_path, Limits(questions=4, bytes_per_s=NEVER, bytes_at_once=2_500)) as it:
        log = it.target.node.log
        greedy, other = await it.asks(it.greedy), await it.asks(it.other)
        assert (await greedy.handing(log, 0, 11)).checkpoint is not None
        assert await code(other.handing(log, 0, 11)) == "TOO_MANY_CALLS"
        assert await other.replicate(shipment(it.other.node, [sent(b"x")])) == Kept(1, ACK)


async def test_a_little_too_much_waits_at_the_node(tmp_path: Path) -> None:
    """Whoever fetches one range after the other, as fast as it can, is held to the rate and not refused."""
    async with three(tmp_path, Limits(questions=4, bytes_per_s=1e6, bytes_at_once=1)) as it:
        peer = await it.asks(it.greedy)
        for _ in range(5):
            assert (await peer.handing(it.target.node.log, 0, 11)).checkpoint is not None


async def test_a_peer_that_puts_off_is_not_gone(tmp_path: Path) -> None:
    """One that always does: every question ends as TOO_MANY_CALLS, none as PEER_DOWN."""
    async with three(tmp_path, Limits(calls_per_s=NEVER, calls_at_once=0)) as it:
        peer, log = await it.asks(it.greedy), it.target.node.log
        for asked in (
            peer.hello(),
            peer.expand(["urn:x:flour"]),
            peer.entries(log, 0, 1),
            peer.handing(log, 0, 1),
            peer.base(log, 65_536, 0),
            peer.checkpoint(log),
            peer.replicate(shipment(it.greedy.node, [])),
        ):
            assert await code(asked) == "TOO_MANY_CALLS"


async def test_security_a_peer_that_always_puts_off_is_a_gap(tmp_path: Path) -> None:
    """Attack: answer nothing, and stay a member in good standing. Whoever asks is told who did not answer."""
    async with three(tmp_path, Limits(calls_per_s=NEVER, calls_at_once=0)) as it:
        answer = await trace(it.other.node)
        assert GapReason.HOLDER_DOWN in {gap.reason for gap in answer.gaps}


async def test_security_a_refusal_that_says_it_is_busy_in_odd_words(tmp_path: Path) -> None:
    """Attack: errors made to be misread. Only the two codes that mean it are taken for being busy."""

    async def failing(method: str, answer: Any) -> Any:
        raise Unavailable("CHAIN_DOWN", "TOO_MANY_CALLS")

    async with network() as net, mesh(net, tmp_path) as made:
        here, there = await net.join(), await net.join()
        await made.add(here)
        await made.add(there, tamper=failing)
        await made.refresh()
        assert await code((await only_peer(here)).checkpoint(there.log)) == "PEER_DOWN"
