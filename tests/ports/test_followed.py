"""What is kept of the chain, as its port promises, on every back-end."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tracehold.adapters.memory.followed import MemoryFollowed
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint, LogId, Root
from tracehold.journey.ports import Role
from tracehold.journey.ports.followed import (
    APART,
    NEAR,
    Anchored,
    Archived,
    Change,
    Followed,
    LogRetired,
    NodeEnrolled,
    NodeReplaced,
    NodeRevoked,
    OperatorEnrolled,
    Page,
    Place,
    Pointer,
    RolesChanged,
    Superseded,
    What,
)

F, G, H = (Fingerprint(bytes([at]) * 32) for at in range(1, 4))
BOTH = frozenset(Role)
ENROLLED = NodeEnrolled(1, 1, b"\x0a" * 20, b"\x0e" * 32, LogId(b"\x10" * 32), BOTH, b"a node record")
MEMBERS: tuple[What, ...] = (
    OperatorEnrolled(1, "urn:example:päonie"),
    ENROLLED,
    NodeReplaced(1, b"\x0b" * 20, b"\x0f" * 32, b"another"),
    RolesChanged(1, frozenset({Role.HOLDER})),
    NodeRevoked(1),
)


@pytest.fixture(params=["memory", "sqlite"])
async def kept(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Followed]:
    """Nothing followed yet, on each back-end."""
    if request.param == "memory":
        yield MemoryFollowed()
        return
    async with SqliteLog.open(tmp_path) as log:
        yield log.followed


def place(number: int, branch: int = 0) -> Place:
    """A block; its parent is of the same branch."""
    name = bytes([branch, number // 256, number % 256]).ljust(32, b"b")
    parent = bytes([branch, (number - 1) // 256, (number - 1) % 256]).ljust(32, b"b") if number else bytes(32)
    return Place(number, name, parent, 1_000 + number)


def change(number: int, what: What, index: int = 0, branch: int = 0) -> Change:
    """An event in such a block."""
    at = place(number, branch)
    return Change(number, at.hash, at.time, index, what)


def anchored(node: int, size: int) -> Anchored:
    """An anchor of one entry more."""
    return Anchored(node, size - 1, size, Root(bytes([size % 256]) * 32), (2, 7), b"\x7a" * 32)


def page(since: int, upto: int, *changes: Change, branch: int = 0, final: int = -1) -> Page:
    """Blocks after `since`, one by one; -1 begins."""
    places = [place(at, branch) for at in range(since + 1, upto + 1)]
    places[0] = replace(places[0], parent=place(since).hash if since >= 0 else bytes(32))
    return Page(None if since < 0 else place(since), places[-1], places, changes, upto + 2, final)


def whats(changes: Sequence[Change]) -> list[What]:
    """What was said."""
    return [each.what for each in changes]


async def test_at_first_nothing_is_known(kept: Followed) -> None:
    """No bookmark, and every question has an empty answer."""
    await kept.begin(b"contract")
    assert (await kept.newest(), await kept.final(), list(await kept.places())) == (None, -1, [])
    assert list(await kept.members()) == list(await kept.heads()) == list(await kept.retired()) == []
    assert list(await kept.anchored(1)) == []
    assert (await kept.pointers([F]), await kept.pointers([])) == ({}, {})
    assert list(await kept.undo(None)) == []


async def test_every_kind_of_event_comes_back_as_it_went_in(kept: Followed) -> None:
    """Members' changes in order, with block, time and index; the others by what they are looked up by."""
    told = [change(3, what, at) for at, what in enumerate(MEMBERS)]
    ended = change(4, LogRetired(1, 9, b"\0" * 32), 4)
    others = [
        change(4, anchored(1, 9)),
        change(4, Superseded(1, F, G), 1),
        change(4, Archived(1, 0, b"m" * 32), 3),
    ]
    await kept.take(page(-1, 5, *told, *others, ended, final=3))
    assert list(await kept.members()) == told
    assert list(await kept.anchored(1)) == list(await kept.heads()) == others[:1]
    assert await kept.pointers([F, G]) == {F: [Pointer(1, F, G, 4, place(4).hash, 1_004)]}
    assert list(await kept.retired()) == [ended]
    assert (await kept.newest(), await kept.final()) == (place(5), 3)
    assert list(await kept.undo(None)) == [*told, *others, ended]


async def test_a_page_counts_only_from_the_bookmark(kept: Followed) -> None:
    """What another follower wrote meanwhile, or the same page again: HEAD_MOVED, and nothing is written."""
    first = page(-1, 2, change(1, MEMBERS[0]))
    await kept.take(first)
    wrong = [first, page(1, 3), page(3, 4), replace(page(2, 3), since=place(2, branch=1))]
    for each in wrong:
        with pytest.raises(Rejected, match="HEAD_MOVED"):
            await kept.take(replace(each, changes=()))
    assert (await kept.newest(), len(await kept.members())) == (place(2), 1)
    await kept.take(page(2, 3))
    assert await kept.newest() == place(3)


async def test_what_came_after_a_block_is_undone(kept: Followed) -> None:
    """Events and places, and the final block no further than that; another branch takes their place."""
    await kept.take(
        page(-1, 3, change(1, MEMBERS[0]), change(2, ENROLLED), change(3, Superseded(1, F, G)), final=2)
    )
    gone = await kept.undo(place(1))
    assert whats(gone) == [ENROLLED, Superseded(1, F, G)]
    assert (await kept.newest(), await kept.final()) == (place(1), 1)
    assert whats(await kept.members()) == [MEMBERS[0]]
    assert await kept.pointers([F]) == {}
    other = Superseded(1, F, H)
    await kept.take(page(1, 2, change(2, other, branch=1), branch=1))
    end = replace(place(2, 1), parent=place(1).hash)
    assert [each.replacement for each in (await kept.pointers([F]))[F]] == [H]
    assert list(await kept.places()) == [place(0), place(1), end]
    assert list(await kept.undo(end)) == []


async def test_anchors_are_found_by_node_and_size(kept: Followed) -> None:
    """The first past a size, no more than were asked for; heads of all nodes."""
    told = [change(at, anchored(node, at), node) for at in range(1, 301) for node in (1, 2)]
    await kept.take(page(-1, 300, *told[:-1]))
    assert whats(await kept.anchored(1, 255, 3)) == [anchored(1, size) for size in (256, 257, 258)]
    assert whats(await kept.anchored(2, 298, 9)) == [anchored(2, 299)]
    assert list(await kept.anchored(3)) == []
    assert whats(await kept.heads()) == [anchored(1, 300), anchored(2, 299)]


async def test_several_nodes_may_point_from_one_record(kept: Followed) -> None:
    """In the order of the chain; many records at once."""
    others = [Fingerprint(at.to_bytes(32)) for at in range(2_000)]
    more = [change(2, Superseded(1, each, G), at) for at, each in enumerate(others)]
    await kept.take(page(-1, 3, change(1, Superseded(2, F, H), 1), *more, change(3, Superseded(1, F, G))))
    found = await kept.pointers([F, G, *others])
    assert [(each.node, each.replacement) for each in found[F]] == [(2, H), (1, G)]
    assert len(found) == 2_001


async def test_places_thin_out(kept: Followed) -> None:
    """The newest each, older ones far apart; so the table does not grow with the chain."""
    await kept.take(page(-1, 3 * APART))
    await kept.take(page(3 * APART, 3 * APART + 5))
    numbers = [each.number for each in await kept.places()]
    end = 3 * APART + 5
    assert numbers == [0, APART, 2 * APART, *range(end - NEAR + 1, end + 1)]


async def test_another_contract_begins_anew(kept: Followed) -> None:
    """What is kept of the one before is forgotten; of the same one it stays."""
    await kept.begin(b"one")
    await kept.take(page(-1, 2, change(1, MEMBERS[0]), final=1))
    await kept.begin(b"one")
    assert (await kept.newest(), len(await kept.members())) == (place(2), 1)
    assert await kept.contract() == b"one"
    await kept.begin(b"two")
    assert await kept.contract() == b"two"
    assert (await kept.newest(), await kept.final(), list(await kept.members())) == (None, -1, [])


async def test_it_is_there_after_a_restart(tmp_path: Path) -> None:
    """Opened again, the bookmark and all events stand."""
    async with SqliteLog.open(tmp_path) as log:
        await log.followed.begin(b"one")
        await log.followed.take(
            page(-1, 5, *[change(3, what, at) for at, what in enumerate(MEMBERS)], final=4)
        )
    async with SqliteLog.open(tmp_path) as log:
        assert (await log.followed.newest(), await log.followed.final()) == (place(5), 4)
        assert whats(await log.followed.members()) == list(MEMBERS)
