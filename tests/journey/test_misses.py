"""Security: questions for a fingerprint, which go to all members, cannot be made at will."""

import asyncio
from dataclasses import replace

import pytest

from tests.journey.bread import net
from tests.journey.network import EVERYONE, Network, Node, begun, replicate
from tracehold.core.access import ANONYMOUS
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.ids import Fingerprint
from tracehold.journey.attest import answer_receipt
from tracehold.journey.misses import READERS, STRANGERS, STRANGERS_BURST
from tracehold.journey.receipts import Receipts
from tracehold.journey.remembered import NONE_S

__all__ = ["net"]


class Asked:
    """A node that keeps nothing, with a clock, and the two others that are asked."""

    def __init__(self, here: Node, others: list[Node]) -> None:
        self.now = 1_000.0
        self.others = others
        self.knowledge = replace(here.knowledge, micros=lambda: int(self.now * 1_000_000))
        self.receipts = Receipts(here.store)

    async def receipt(self, name: Fingerprint, reader=ANONYMOUS) -> str:
        """How the question for it ends."""
        try:
            await answer_receipt(self.knowledge, self.receipts, reader, name)
        except (Rejected, Unavailable) as error:
            return error.code
        return "found"

    @property
    def questions(self) -> int:
        """What the others were asked so far."""
        return sum(len(each.peer.asked) for each in self.others)


@pytest.fixture
async def asked(net: Network) -> Asked:
    """Of three members the one that is asked; the others keep a record."""
    here, creator, holder = [await net.join() for _ in range(3)]
    await creator.say(begun("urn:x:grain", 1))
    await creator.finish()
    await replicate(creator, holder)
    return Asked(here, [creator, holder])


def name_of(number: int) -> Fingerprint:
    """One that nobody has."""
    return Fingerprint(number.to_bytes(32))


async def kept(asked: Asked) -> Fingerprint:
    """The one that the others have."""
    creator = asked.others[0]
    return (await creator.store.read(creator.log, 2, 3))[0].fingerprint


async def test_security_the_same_name_over_and_over(asked):
    """Members are asked once; and again when a while has passed."""
    assert await asked.receipt(name_of(1)) == "NOT_FOUND"
    once = asked.questions
    assert once == 2
    for _ in range(30):
        assert await asked.receipt(name_of(1)) == "NOT_FOUND"
    assert asked.questions == once
    asked.now += NONE_S
    assert await asked.receipt(name_of(1)) == "NOT_FOUND"
    assert asked.questions == 2 * once


async def test_security_a_flood_of_invented_names(asked):
    """After a few members hear nothing of it for a while; who has a token is answered all the same."""
    ends = [await asked.receipt(name_of(1 + each)) for each in range(3 * int(STRANGERS_BURST))]
    assert ends.count("NOT_FOUND") == STRANGERS_BURST
    assert ends[-1] == "TOO_MANY_CALLS"
    assert asked.questions == 2 * STRANGERS_BURST
    assert await asked.receipt(await kept(asked), EVERYONE) == "found"
    asked.now += 1
    assert await asked.receipt(await kept(asked)) == "found"


@pytest.mark.parametrize(("reader", "most"), [(ANONYMOUS, STRANGERS), (EVERYONE, READERS)])
async def test_security_many_questions_at_once_to_members_that_are_slow(asked, reader, most):
    """So many run; the next is refused, and taken when they have ended, given up ones among them."""
    slow = asyncio.Event()
    for node in asked.others:
        node.peer.delay = slow.wait
    running = [asyncio.ensure_future(asked.receipt(name_of(1 + each), reader)) for each in range(most)]
    for _ in range(10):
        await asyncio.sleep(0)
    before = asked.questions
    assert await asked.receipt(name_of(0), reader) == "TOO_MANY_CALLS"
    assert asked.questions == before
    other = EVERYONE if reader is ANONYMOUS else ANONYMOUS
    running.append(asyncio.ensure_future(asked.receipt(name_of(0), other)))
    running[0].cancel()
    slow.set()
    ends = await asyncio.gather(*running, return_exceptions=True)
    assert ends[1:] == ["NOT_FOUND"] * most
    assert await asked.receipt(await kept(asked), reader) == "found"


async def test_who_was_silent_is_named_while_it_is_remembered(asked):
    """One of them may have it, the answer says each time."""
    for node in asked.others:
        node.peer.down = True
    for _ in range(2):
        with pytest.raises(Rejected, match="did not answer: 2, 3"):
            await answer_receipt(asked.knowledge, asked.receipts, ANONYMOUS, name_of(1))
