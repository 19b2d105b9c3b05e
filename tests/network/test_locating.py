"""Whom a question goes to."""

import pytest

from tests.network.member import Member
from tests.network.ring import Ring, joined
from tests.network.virtual import run
from tests.vectors.directory_cases import CLASS, LOT, NETWORK_KEY, PIECE, SSCC
from tracehold.core.dht.keys import NetworkKey, keys_of
from tracehold.core.errors import Rejected, Unavailable
from tracehold.journey.locating import EVERYBODY, Locating

PLACE = "https://id.gs1.org/414/9521000000018"


async def with_holders(ring: Ring, **items: str) -> list[Member]:
    """Members that announced one of these items each."""
    holders = ring.up()[: len(items)]
    for member, item in zip(holders, items.values(), strict=True):
        await member.offer(keys_of(NETWORK_KEY, [item]))
        await member.announce()
    return holders


def locating(ring: Ring, member: Member, all_upto: int = 0) -> Locating:
    """How this member finds out."""
    return Locating(member.lookups, NETWORK_KEY, lambda: len(ring.members), all_upto)


def test_those_are_asked_that_announced_the_items():
    """The lot's holder for the lot, both for both, the class's for a piece."""

    async def scene() -> None:
        ring = await joined(20)
        mill, packer = await with_holders(ring, lot=LOT, unit=SSCC)
        whom = locating(ring, ring.up()[9]).whom
        assert (await whom([LOT])).logs == frozenset({mill.log})
        assert (await whom([CLASS])).logs == frozenset({mill.log})
        assert (await whom([PIECE])).logs == frozenset({mill.log})
        found = await whom([LOT, SSCC])
        assert (found.logs, found.whole) == (frozenset({mill.log, packer.log}), True)

    run(scene())


def test_everybody_is_asked_in_a_small_network():
    """Up to so many members; no lookup is made."""

    async def scene() -> None:
        ring = await joined(20)
        before = ring.calls
        assert await locating(ring, ring.up()[0], 20).whom([LOT]) is EVERYBODY
        assert ring.calls == before
        assert (await locating(ring, ring.up()[0], 19).whom([LOT])).logs == frozenset()

    run(scene())


def test_a_place_is_asked_of_everybody():
    """It has no key; neither has a question that names one among others."""

    async def scene() -> None:
        ring = await joined(5)
        assert await locating(ring, ring.up()[0]).whom([LOT, PLACE]) is EVERYBODY

    run(scene())


def test_a_full_key_is_not_the_whole_answer():
    """There may be holders whom nobody names."""

    async def scene() -> None:
        ring = await joined(72)
        for member in ring.up()[:66]:
            await member.offer(keys_of(NETWORK_KEY, [SSCC]))
            await member.announce()
        assert not (await locating(ring, ring.up()[71]).whom([SSCC])).whole

    run(scene())


def test_silence_is_not_the_whole_answer():
    """Nobody answers, so nobody is named, and that is said."""

    async def scene() -> None:
        ring = await joined(5)
        asker = ring.up()[0]
        ring.hung = {member.log for member in ring.up()[1:]}
        found = await locating(ring, asker).whom([LOT])
        assert (found.logs, found.whole) == (frozenset(), False)

    run(scene())


def test_without_the_own_shelf_everybody_is_asked():
    """A locked file narrows nothing."""

    async def busy(*_: object) -> None:
        raise Unavailable("STORE_BUSY", "locked")

    async def scene() -> None:
        ring = await joined(5)
        ring.up()[0].shelf.get = busy  # type: ignore[method-assign, assignment]
        assert await locating(ring, ring.up()[0]).whom([LOT]) is EVERYBODY

    run(scene())


def test_a_network_key_of_wrong_length_is_refused():
    """When the node starts, and not with the first question."""
    with pytest.raises(Rejected, match="BAD_KEY"):
        Locating(None, NetworkKey(b""), lambda: 0)  # type: ignore[arg-type]
