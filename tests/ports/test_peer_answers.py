"""Security: what peers answer. Junk, floods, silence and lies end as PEER_DOWN or as a gap, and steer
nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.journey.bread import WHOLE, names, trace
from tests.journey.network import Node, begun, made, network
from tests.journey.test_lying_peers import LIES
from tests.ports.mesh import Mesh, Raw, Tamper, honest, mesh, until
from tracehold.adapters.peers import GrpcPeers, peer
from tracehold.api import peers as service
from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.core.lineage import GapReason
from tracehold.journey.ports import Expansion
from tracehold.v1 import peer_pb2
from tracehold.wire.peers import expand_message, read_expand

MANY = 12


@asynccontextmanager
async def pair(
    folder: Path, tamper: Tamper = honest, *, deadline_s: float = 10.0
) -> AsyncIterator[tuple[Mesh, Node, Node]]:
    """Two nodes; the second keeps some records about flour, and may tamper with what it answers."""
    async with network() as net, mesh(net, folder, deadline_s) as made_mesh:
        here, there = await net.join(), await net.join()
        await there.say(*(begun("urn:x:flour", minute) for minute in range(MANY)))
        await there.finish()
        await made_mesh.add(here)
        await made_mesh.add(there, tamper=tamper)
        await made_mesh.refresh()
        yield made_mesh, here, there


async def only_peer(of: Node) -> Any:
    """The one peer that it has."""
    assert isinstance(of.knowledge.peers, GrpcPeers)
    (found,) = await of.knowledge.peers.holders(())
    return found


async def down(of: Node) -> str:
    """Both questions to its peer end as PEER_DOWN; what the first says."""
    asked = await only_peer(of)
    with pytest.raises(Unavailable) as caught:
        await asked.expand(["urn:x:flour"])
    assert caught.value.code == "PEER_DOWN"
    with pytest.raises(Unavailable) as second:
        await asked.entries(LogId(bytes(32)), 0, 9)
    assert second.value.code == "PEER_DOWN"
    return str(caught.value)


def always(raw: bytes) -> Tamper:
    """Answers these bytes to everything."""

    async def tamper(method: str, answer: Any) -> Any:
        return Raw(raw)

    return tamper


def edit(change: Callable[[Any], object], *methods: str) -> Tamper:
    """Answers honestly but for a change to the messages of these methods."""

    async def tamper(method: str, answer: Any) -> Any:
        if method in methods:
            change(answer)
        return answer

    return tamper


def _other_index(answer: Any) -> None:
    if isinstance(answer, peer_pb2.ExpandResponse):
        answer.records[0].controls.append(1 << 20)
    else:
        answer.start = 1


def _disorder(answer: Any) -> None:
    if isinstance(answer, peer_pb2.ExpandResponse):
        answer.records.append(answer.records[0])
    else:
        answer.statements.extend([b"x"] * 9)


def _odd_log(answer: Any) -> None:
    if isinstance(answer, peer_pb2.ExpandResponse):
        answer.coverage[0].log = "not hexadecimal"
    else:
        answer.size = 1 << 60


def _back(answer: Any) -> None:
    if isinstance(answer, peer_pb2.ExpandResponse):
        answer.next.log, answer.next.index = "00" * 32, 0
    else:
        answer.start = 5


FALSE_FORMS = {
    "a place that is not there": _other_index,
    "out of order": _disorder,
    "no log": _odd_log,
    "back": _back,
}


@pytest.mark.parametrize("raw", [b"junk", b"\xff" * 999, b"\x0a\xff\xff\xff\xff\x0f", b"\x08\x01" * 50])
async def test_security_junk(tmp_path, raw):
    """No messages, or those of something else."""
    async with pair(tmp_path, always(raw)) as (_, here, _):
        await down(here)


@pytest.mark.parametrize("form", FALSE_FORMS)
async def test_security_messages_of_a_false_form(tmp_path, form):
    """Well-formed protobuf that means nothing."""
    tamper = edit(FALSE_FORMS[form], "Expand", "GetEntries")
    async with pair(tmp_path, tamper) as (_, here, _):
        await down(here)


async def test_security_huge(tmp_path):
    """An answer beyond what is read is not read."""

    async def huge(method: str, answer: Any) -> Any:
        return answer if method == "Hello" else Raw(bytes(40 << 20))

    async with pair(tmp_path, huge) as (_, here, _):
        assert "RESOURCE_EXHAUSTED" in await down(here)


async def test_security_silent_and_slow(tmp_path):
    """A peer that takes calls and says nothing costs its time and no more."""

    async def silent(method: str, answer: Any) -> Any:
        await asyncio.Event().wait()

    async with pair(tmp_path, silent, deadline_s=0.3) as (_, here, _):
        await down(here)


async def test_security_a_port_that_never_shakes_hands(tmp_path):
    """Something listens that speaks no TLS."""
    held: list[asyncio.StreamWriter] = []
    listener = await asyncio.start_server(lambda reader, writer: held.append(writer), "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with pair(tmp_path, deadline_s=0.5) as (made_mesh, here, _):
        made_mesh.publish(2, made_mesh.posts[2].record(peer=f"127.0.0.1:{port}"))
        await made_mesh.refresh()
        await down(here)
    for writer in held:
        writer.close()
    listener.close()


async def test_security_another_node_behind_the_address(tmp_path):
    """The certificate that the member published is pinned: who sits between gets no question."""
    async with pair(tmp_path) as (made_mesh, here, _):
        third = await made_mesh.add(await made_mesh.net.join())
        made_mesh.publish(2, made_mesh.posts[2].record(peer=f"127.0.0.1:{third.server.port}"))
        made_mesh.publish(3, third.record(peer=""))
        await made_mesh.refresh()
        await down(here)
        assert third.asked == []


@pytest.mark.parametrize("field", ["network", "node_record"])
async def test_security_a_hello_of_something_else(tmp_path, field):
    """Another network, or another node's record: nothing is asked then."""

    def other(answer: Any) -> None:
        if field == "network":
            answer.network = "ab" * 32
        else:
            answer.node_record = answer.node_record[:-1] + bytes([answer.node_record[-1] ^ 1])

    async with pair(tmp_path, edit(other, "Hello")) as (made_mesh, here, _):
        await down(here)
        assert set(made_mesh.posts[2].asked) == {"Hello"}


async def test_errors_of_a_peer_are_not_passed_on(tmp_path):
    """What it says of itself is not shown to those who ask here."""

    async def failing(method: str, answer: Any) -> Any:
        raise RuntimeError("secret of the peer")

    async with pair(tmp_path, failing) as (_, here, _):
        assert "secret" not in await down(here)


async def test_pages_make_one_answer(tmp_path, monkeypatch):
    """Page after page, each record once, all of the coverage."""
    monkeypatch.setattr(service, "PAGE_BYTES", 1)
    async with pair(tmp_path) as (made_mesh, here, there):
        answer = await (await only_peer(here)).expand(["urn:x:flour"])
        assert [found.index for found in answer.records] == list(range(2, 2 + MANY))
        assert (dict(answer.coverage), answer.more) == ({there.log: ((0, 2 + MANY),)}, False)
        assert made_mesh.posts[2].asked.count("Expand") == MANY


async def test_an_answer_that_is_cut_off_promises_no_coverage(tmp_path, monkeypatch):
    """Beyond what is kept of one peer the answer ends, and says so."""
    monkeypatch.setattr(service, "PAGE_RECORDS", 2)
    monkeypatch.setattr(peer, "MAX_ANSWER_RECORDS", 5)
    async with pair(tmp_path) as (_, here, _):
        answer = await (await only_peer(here)).expand(["urn:x:flour"])
        assert (len(answer.records), dict(answer.coverage), answer.more) == (6, {}, True)


async def test_security_endless_pages(tmp_path, monkeypatch):
    """A peer that always has one more record is heard for so long only."""
    monkeypatch.setattr(peer, "MAX_ANSWER_RECORDS", 20)

    async def endless(method: str, answer: Any) -> Any:
        if method != "Expand":
            return answer
        endless_index.append(len(endless_index))
        only = answer.records[0] if answer.records else kept[0]
        kept[:] = [only]
        only.index = 100 + endless_index[-1]
        page = peer_pb2.ExpandResponse(
            records=[only], coverage=answer.coverage, controls=controls or answer.controls
        )
        controls[:] = page.controls
        page.next.log, page.next.index = only.log, only.index
        return page

    endless_index: list[int] = []
    kept: list[Any] = []
    controls: list[Any] = []
    async with pair(tmp_path, endless) as (_, here, _):
        answer = await (await only_peer(here)).expand(["urn:x:flour"])
        assert (len(answer.records), dict(answer.coverage), answer.more) == (20, {}, True)


async def test_many_names_are_asked_for_in_portions(tmp_path, monkeypatch):
    """No request is too large for the peer; the answer is one."""
    monkeypatch.setattr(peer, "ASK_NAMES", 2)
    async with pair(tmp_path) as (made_mesh, here, there):
        items = ["urn:x:a", "urn:x:b", "urn:x:flour", "urn:x:c", "urn:x:d"]
        answer = await (await only_peer(here)).expand(items)
        assert len(answer.records) == MANY
        assert dict(answer.coverage) == {there.log: ((0, 2 + MANY),)}
        assert made_mesh.posts[2].asked.count("Expand") == 3


async def test_control_records_travel_once(tmp_path):
    """However many records need them."""
    async with pair(tmp_path) as (_, here, _):
        answer = await (await only_peer(here)).expand(["urn:x:flour"])
        message = expand_message(answer)
        assert (len(message.records), len(message.controls)) == (MANY, 1)
        assert read_expand(message, None) == Expansion(answer.records, answer.coverage)


async def test_a_peer_that_comes_back_is_asked_again(tmp_path):
    """Down and up, with no new line opened by hand."""
    async with pair(tmp_path) as (made_mesh, here, _):
        asked = await only_peer(here)
        post = made_mesh.posts[2]
        await post.server.stop(0)
        with pytest.raises(Unavailable):
            await asked.expand(["urn:x:flour"])
        await post.restart()
        channel = asked._line._channel
        await until(lambda: channel.get_state(try_to_connect=True) is grpc.ChannelConnectivity.READY)
        assert len((await asked.expand(["urn:x:flour"])).records) == MANY


async def test_hanging_up_ends_what_is_asked_as_peer_down(tmp_path):
    """And a caller that gives up is cancelled, as it should be."""

    async def silent(method: str, answer: Any) -> Any:
        await asyncio.Event().wait()

    async with pair(tmp_path, silent) as (made_mesh, here, _):
        asked = await only_peer(here)
        given_up = asyncio.ensure_future(asked.expand(["urn:x:flour"]))
        waiting = asyncio.ensure_future(asked.expand(["urn:x:flour"]))
        await until(lambda: len(made_mesh.posts[2].asked) == 2)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        await made_mesh.posts[1].peers.aclose()
        with pytest.raises(Unavailable) as caught:
            await waiting
        assert caught.value.code == "PEER_DOWN"


@pytest.mark.parametrize("lie", [None, *LIES])
async def test_security_forged_records_do_not_steer_a_walk(tmp_path, lie):
    """Told the truth over gRPC the walk is whole; told a lie it goes on with what is known here."""
    async with network() as net, mesh(net, tmp_path) as made_mesh:
        here, there = await net.join(), await net.join()
        await here.say(made(["urn:x:flour", "urn:x:water"], ["urn:x:bread"], 5))
        await there.say(begun("urn:x:seed", 1), made(["urn:x:seed"], ["urn:x:grain"], 2))
        await there.say(made(["urn:x:grain"], ["urn:x:flour"], 3))
        await here.finish()
        await there.finish()

        async def lying(method: str, answer: Any) -> Any:
            if lie is None or method != "Expand":
                return answer
            told = read_expand(answer, None)
            return expand_message(Expansion([LIES[lie](there)(f) for f in told.records], told.coverage))

        await made_mesh.add(here)
        await made_mesh.add(there, tamper=lying)
        await made_mesh.refresh()
        answer = await trace(here)
        assert names(answer) == (WHOLE if lie is None else ["urn:x:flour", "urn:x:water"])
        assert "poison" not in repr(answer)
        if lie is not None:
            reasons = {gap.reason for gap in answer.gaps}
            assert reasons & {GapReason.PROOF_FAILED, GapReason.HOLDER_DOWN}
