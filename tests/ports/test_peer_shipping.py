"""Security: shipments over gRPC. Floods, sizes and forms at the holder."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.journey.network import Node
from tests.ports.dock import SHIP, Dock, docked
from tests.ports.mesh import dialled, until
from tests.ports.shipping import ACK, ERASED, based, sent, shipment, state
from tracehold.core.limits import MAX_RECORD_BYTES
from tracehold.journey.ports import Kept
from tracehold.v1 import peer_pb2
from tracehold.wire.shipments import shipment_messages

MIB = sent(b"x" * MAX_RECORD_BYTES)


@pytest.fixture
async def dock(tmp_path: Path) -> AsyncIterator[Dock]:
    """Everybody is honest."""
    async with docked(tmp_path) as made:
        yield made


# -- floods


async def test_security_two_shipments_of_a_member_at_once(dock):
    """A third is refused before anything of it is read; the member's questions, and others' shipments, go on;
    and it may ship again when one has ended.
    """
    dock.shelf.open.clear()
    what = [part.SerializeToString() for part in shipment_messages(shipment(dock.creator, []))]
    never = asyncio.Event()

    async def unread() -> AsyncIterator[bytes]:
        await never.wait()
        yield what[0]

    async with dock.raw() as call:
        running = [call(what) for _ in range(2)]
        await until(lambda: len(dock.shelf.taken) == 2)
        assert await call(unread()).code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert await (await dock.peer()).checkpoint(dock.creator.log) is None
        async with dialled(dock.post, dock.post.pair) as other:
            own = other.stream_unary(SHIP)(iter(what))
            await until(lambda: len(dock.shelf.taken) == 3)
            dock.shelf.open.set()
            for each in [*running, own, call(what)]:
                assert await each.code() == grpc.StatusCode.OK
    assert len(dock.shelf.taken) == 4


async def test_shipments_take_no_turns_from_questions(dock):
    """Two of them wait for the holder, and the same peer answers questions; a third waits here and is no
    flood to the holder.
    """
    dock.shelf.open.clear()
    peer = await dock.peer()
    ships = [asyncio.ensure_future(peer.replicate(shipment(dock.creator, []))) for _ in range(3)]
    await until(lambda: len(dock.shelf.taken) == 2)
    assert (await peer.entries(dock.holder.log, 0, 1)).size == 2
    dock.shelf.open.set()
    assert await asyncio.gather(*ships) == [Kept(0, ACK)] * 3


async def test_security_shipments_of_all_share_one_room(dock, monkeypatch):
    """What is too much at once is refused, for all; afterwards the room is empty."""
    monkeypatch.setattr(dock.post.service._hall, "_total", 3 << 20)
    large = [part.SerializeToString() for part in shipment_messages(shipment(dock.creator, [MIB] * 3))]
    assert await dock.refused(large) == "RESOURCE_EXHAUSTED"
    small = shipment(dock.creator, [MIB] * 2)
    for _ in range(3):
        assert await (await dock.peer()).replicate(small) == Kept(2, ACK)
    assert dock.post.service._hall._held.total() == 0


async def test_security_a_shipment_that_never_ends_leaves_nothing(dock):
    """The caller hangs up in the middle: its place and its room are free."""
    first = next(shipment_messages(shipment(dock.creator, [MIB] * 8))).SerializeToString()
    hang = asyncio.Event()

    async def half() -> AsyncIterator[bytes]:
        yield first
        await hang.wait()

    async with dock.raw() as call:
        for _ in range(5):
            begun = call(half())
            await until(lambda: dock.post.service._hall._held.total() > 0)
            begun.cancel()
            await until(lambda: dock.post.service._hall._held.total() == 0)
    assert await (await dock.peer()).replicate(shipment(dock.creator, [])) == Kept(0, ACK)
    assert [len(each.entries) for _, each in dock.shelf.taken] == [0]


async def test_security_a_shipment_over_the_limit(dock):
    """40 messages of 1 MiB and a little; nothing of it reaches what keeps."""
    parts = [part.SerializeToString() for part in shipment_messages(shipment(dock.creator, [MIB] * 40))]
    assert await dock.refused(parts) == "RESOURCE_EXHAUSTED"
    assert dock.shelf.taken == []


async def test_a_shipment_has_time_by_its_size(tmp_path):
    """16 MiB get a minute more than a question."""
    async with docked(tmp_path) as dock:
        peer = await dock.peer()
        await peer.checkpoint(dock.creator.log)
        await peer.replicate(shipment(dock.creator, [MIB] * 16))
        question, ship = dock.post.given_s[-2:]
        assert question < 12.0
        assert 60.0 < ship < 76.0


# -- forms


def part(**fields: Any) -> bytes:
    """One message."""
    return peer_pb2.ReplicateRequest(**fields).SerializeToString()


def _first(node: Node, **changes: Any) -> peer_pb2.ReplicateRequest:
    """The head of an empty shipment at 0, with changes."""
    made = next(shipment_messages(shipment(node, [])))
    for field, value in changes.items():
        target = made.head.checkpoint if field in {"note", "protected", "signature"} else made.head
        setattr(target, field, value)
    return made


def _head(node: Node, **changes: Any) -> bytes:
    return _first(node, **changes).SerializeToString()


TILE = peer_pb2.LogTile(level=0, index=0, hashes=b"\x01" * 32)
CONTROL = peer_pb2.EarlierControl(index=0, erased=b"\x02" * 32)
LATER = peer_pb2.EarlierControl(index=7, erased=b"\x02" * 32)

FORMS: dict[str, Callable[[Node], list[bytes]]] = {
    "nothing": lambda n: [],
    "junk": lambda n: [b"\xff" * 40],
    "no head": lambda n: [part(statements=[b"x"])],
    "two heads": lambda n: [_head(n), _head(n)],
    "an empty message": lambda n: [_head(n), part()],
    "erased of nothing": lambda n: [_head(n), part(erased=[b"\x01" * 32])],
    "no checkpoint": lambda n: [part(head=peer_pb2.ShipmentHead(start=1))],
    "a note that is none": lambda n: [_head(n, note=b"tracehold/\n1\n")],
    "no note": lambda n: [_head(n, note=b"")],
    "a number over the limit": lambda n: [_head(n, start=1 << 60)],
    "entries beyond the checkpoint": lambda n: [_head(n), part(statements=[b"x"])],
    "entries before the checkpoint": lambda n: [
        part(head=_first_of(n, 9)),
        part(statements=[b"x"]),
    ],
    "an erased record without fingerprint": lambda n: [part(head=_first_of(n, 1), statements=[b""])],
    "a fingerprint too short": lambda n: [part(head=_first_of(n, 1), statements=[b""], erased=[b"\x01"])],
    "a fingerprint too many": lambda n: [
        part(head=_first_of(n, 1), statements=[b"x"], erased=[b"\x01" * 32])
    ],
    "a record over the limit": lambda n: [
        part(head=_first_of(n, 1), statements=[b"x" * (MAX_RECORD_BYTES + 1)])
    ],
    "a base unannounced": lambda n: [_head(n), part(tiles=[TILE])],
    "half a hash": lambda n: [_head(n, base=True), part(tiles=[peer_pb2.LogTile(hashes=b"\x01" * 33)])],
    "a tile without hashes": lambda n: [_head(n, base=True), part(tiles=[peer_pb2.LogTile()])],
    "a tile too high": lambda n: [
        _head(n, base=True),
        part(tiles=[peer_pb2.LogTile(level=9, hashes=b"\x01" * 32)]),
    ],
    "a control record of nothing": lambda n: [
        _head(n, base=True, start=9),
        part(controls=[peer_pb2.EarlierControl(index=1)]),
    ],
    "a control record and its fingerprint": lambda n: [
        _head(n, base=True, start=9),
        part(controls=[peer_pb2.EarlierControl(statement=b"x", erased=b"\x02" * 32)]),
    ],
    "a control record that is no record": lambda n: [
        _head(n, base=True, start=9),
        part(controls=[peer_pb2.EarlierControl(statement=b"x")]),
    ],
    "a control record behind the start": lambda n: [
        _head(n, base=True, start=7),
        part(controls=[CONTROL, LATER]),
    ],
    "control records out of order": lambda n: [
        _head(n, base=True, start=9),
        part(controls=[LATER, CONTROL]),
    ],
    "a control record twice": lambda n: [
        _head(n, base=True, start=9),
        part(controls=[CONTROL]),
        part(controls=[CONTROL]),
    ],
}


def _first_of(node: Node, size: int) -> peer_pb2.ShipmentHead:
    """The head of a shipment from 0 to a state of this size."""
    return next(shipment_messages(replace(shipment(node, []), checkpoint=state(node, size)))).head


@pytest.mark.parametrize("form", FORMS)
async def test_security_shipments_of_a_false_form(dock, form):
    """Refused as such, and nothing of it reaches what keeps."""
    assert await dock.code(FORMS[form](dock.creator)) == "INVALID_ARGUMENT"
    assert dock.shelf.taken == []
    assert dock.post.faults == []
    assert await (await dock.peer()).replicate(shipment(dock.creator, [])) == Kept(0, ACK)


async def test_security_more_of_one_kind_than_a_shipment_has(dock, monkeypatch):
    """Small tiles, control records or entries that fit by their bytes fill no memory."""
    from tracehold.wire import shipments

    monkeypatch.setattr(shipments, "MAX_TILES", 2)
    monkeypatch.setattr(shipments, "MAX_CONTROLS", 1)
    monkeypatch.setattr(shipments, "SEGMENT_ENTRIES", 3)
    head = _head(dock.creator, base=True, start=9)
    assert await dock.code([head, part(tiles=[TILE] * 2), part(tiles=[TILE])]) == "INVALID_ARGUMENT"
    assert await dock.code([head, part(controls=[CONTROL, LATER])]) == "INVALID_ARGUMENT"
    assert await dock.code([head, part(statements=[b"x"] * 4)]) == "INVALID_ARGUMENT"
    assert await dock.code([head, part(tiles=[TILE] * 2), part(controls=[CONTROL])]) == "OK"


async def test_a_base_is_sent_in_messages_within_their_limits(dock):
    """Thousands of small tiles and control records."""
    what, whole = await based(dock.creator)
    tiles = [(coord, hashes[:32]) for coord, hashes in whole.tiles for _ in range(1_000)]
    controls = [(index, whole.controls[1][1]) for index in range(3_000)]
    base = replace(whole, tiles=tiles, controls=controls)
    ship = replace(what, base=base, entries=[ERASED, *what.entries], checkpoint=state(dock.creator, 131_074))
    assert await (await dock.peer()).replicate(ship) == Kept(131_074, ACK)
    taken = dock.shelf.taken[0][1].base
    assert (list(taken.tiles), list(taken.controls)) == (tiles, controls)
