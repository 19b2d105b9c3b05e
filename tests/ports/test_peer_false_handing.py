"""Security: false answers to those who catch up. Whatever is of no honest form is no answer at all."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.journey.network import network
from tests.ports.mesh import Raw, mesh
from tests.ports.shipping import Shelf, based, sent, shipment, state
from tests.ports.test_peer_answers import always, edit, only_peer, pair
from tracehold.core.errors import Unavailable
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.journey.ports import BasePart, Kept, Peer
from tracehold.wire.bases import base_message
from tracehold.wire.shipments import checkpoint_message

FALSE_RANGES: dict[str, Callable[[Any], object]] = {
    "no checkpoint": lambda answer: answer.ClearField("checkpoint"),
    "no entries": lambda answer: answer.ClearField("statements"),
    "one entry less": lambda answer: answer.statements.pop(),
    "one entry more": lambda answer: answer.statements.append(b"x"),
    "another start": lambda answer: setattr(answer, "start", 1),
    "more entries than the copy has": lambda answer: setattr(answer, "size", 1),
    "no note": lambda answer: setattr(answer.checkpoint, "note", b"junk"),
    "a size beyond all numbers": lambda answer: setattr(answer, "size", 1 << 60),
}


async def code(asked: Any) -> str:
    """How it ends."""
    with pytest.raises(Unavailable) as caught:
        await asked
    return caught.value.code


@pytest.mark.parametrize("lie", FALSE_RANGES)
async def test_security_a_range_that_does_not_end_with_its_checkpoint(tmp_path: Path, lie: str) -> None:
    """Attack: more, fewer or other entries than the checkpoint is of."""
    changed = edit(FALSE_RANGES[lie], "GetEntries")
    async with pair(tmp_path, changed) as (_, here, there):
        peer = await only_peer(here)
        assert await code(peer.handing(there.log, 0, 1 << 40)) == "PEER_DOWN"


async def test_security_a_checkpoint_of_another_log(tmp_path: Path) -> None:
    """Attack: entries of the right number, under another log's true checkpoint."""
    foreign: list[Any] = []

    async def tamper(method: str, answer: Any) -> Any:
        if method == "GetEntries":
            size = answer.start + len(answer.statements)
            answer.checkpoint.CopyFrom(checkpoint_message(state(foreign[0], size)))
        return answer

    async with pair(tmp_path, tamper) as (_, here, there):
        foreign.append(here)
        peer = await only_peer(here)
        assert await code(peer.handing(there.log, 0, 1 << 40)) == "PEER_DOWN"
        foreign[0] = there
        assert (await peer.handing(there.log, 0, 1 << 40)).checkpoint.log == there.log


@asynccontextmanager
async def giver(folder: Path, change: Callable[[Any], object]) -> AsyncIterator[tuple[Peer, Any]]:
    """A peer that answers every question for a base with the same one, changed; and the log's node."""
    async with network() as net, mesh(net, folder) as posts:
        here, there = await net.join(), await net.join()
        _, base = await based(there)

        async def tamper(method: str, answer: Any) -> Any:
            if method != "GetBase":
                return answer
            said = base_message(BasePart(base, more=True))
            change(said)
            return said

        await posts.add(here)
        await posts.add(there, tamper=tamper)
        await posts.refresh()
        yield await only_peer(here), there


FALSE_BASES: dict[str, Callable[[Any], object]] = {
    "tiles without control records": lambda answer: answer.ClearField("controls"),
    "out of order": lambda answer: answer.controls.reverse(),
    "twice": lambda answer: answer.controls.append(answer.controls[1]),
    "not before the segment": lambda answer: setattr(answer.controls[1], "index", 2 * SEGMENT_ENTRIES),
    "half a hash": lambda answer: setattr(answer.tiles[0], "hashes", b"x" * 33),
    "bytes and erased": lambda answer: setattr(answer.controls[0], "erased", b"x" * 32),
    "no record": lambda answer: setattr(answer.controls[0], "statement", b"junk"),
    "a level beyond all trees": lambda answer: setattr(answer.tiles[0], "level", 9),
}


@pytest.mark.parametrize("lie", FALSE_BASES)
async def test_security_a_base_of_no_form(tmp_path: Path, lie: str) -> None:
    """Attack: what no base can be."""
    async with giver(tmp_path, FALSE_BASES[lie]) as (peer, there):
        assert await code(peer.base(there.log, 2 * SEGMENT_ENTRIES, 0)) == "PEER_DOWN"


async def test_a_base_of_the_right_form_arrives(tmp_path: Path) -> None:
    """Nothing of it is verified here; so those above fail for their own faults."""
    async with giver(tmp_path, lambda answer: None) as (peer, there):
        _, base = await based(there)
        found = await peer.base(there.log, 2 * SEGMENT_ENTRIES, 0)
        assert found is not None
        assert found.more
        assert [at for at, _ in found.base.controls] == [at for at, _ in base.controls]


@pytest.mark.parametrize("raw", [b"junk", b"\xff" * 999])
async def test_security_junk_for_those_who_catch_up(tmp_path: Path, raw: bytes) -> None:
    """Attack: bytes of no message."""
    async with pair(tmp_path, always(raw)) as (_, here, there):
        peer = await only_peer(here)
        asked = (peer.hello(), peer.handing(there.log, 0, 9), peer.base(there.log, SEGMENT_ENTRIES, 0))
        assert [await code(each) for each in asked] == ["PEER_DOWN"] * 3


async def test_security_a_huge_answer_is_not_read(tmp_path: Path) -> None:
    """Attack: a range that would fill the asker's memory."""

    async def tamper(method: str, answer: Any) -> Any:
        return Raw(b"\x12" + b"\xff" * (33 << 20)) if method == "GetEntries" else answer

    async with pair(tmp_path, tamper) as (_, here, there):
        assert await code((await only_peer(here)).handing(there.log, 0, 9)) == "PEER_DOWN"


FALSE_GREETINGS: dict[str, Callable[[Any], object]] = {
    "no log": lambda answer: answer.kept.add(log="flour", stop=9),
    "too many": lambda answer: answer.kept.extend([answer.kept[0]] * 10_000),
    "beyond all numbers": lambda answer: setattr(answer.kept[0], "stop", 1 << 60),
    "another node's record": lambda answer: setattr(answer, "node_record", b""),
}


@pytest.mark.parametrize("lie", FALSE_GREETINGS)
async def test_security_a_greeting_of_no_form(tmp_path: Path, lie: str) -> None:
    """Attack: a claim to keep what cannot be kept."""
    async with pair(tmp_path, edit(FALSE_GREETINGS[lie], "Hello")) as (_, here, _there):
        assert await code((await only_peer(here)).hello()) == "PEER_DOWN"


@pytest.mark.parametrize(
    ("kept", "honest"),
    [
        (Kept(4, pulling=True), True),
        (Kept(9, b"\xac" * 64, pulling=True), False),
        (Kept(4, refused="QUOTA", pulling=True), False),
    ],
)
async def test_security_an_answer_that_says_two_things(tmp_path: Path, kept: Kept, honest: bool) -> None:
    """A holder that fetches from others says so, and then neither acknowledges nor refuses."""
    async with network() as net, mesh(net, tmp_path) as posts:
        here, there = await net.join(), await net.join()
        there.peer.keeper = Shelf(lambda _: kept)
        await posts.add(here)
        await posts.add(there)
        await posts.refresh()
        asked = (await only_peer(here)).replicate(shipment(here, [sent(b"x")]))
        if honest:
            assert await asked == kept
        else:
            assert await code(asked) == "PEER_DOWN"
