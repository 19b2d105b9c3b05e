"""Acknowledgements, on the ledger in memory and on the contract on a devchain: what is signed, what the
contract takes, and what it does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.ports.ledgers import ROOTS, Backend, log_of
from tracehold.core.errors import Rejected
from tracehold.core.merkle import EMPTY_ROOT
from tracehold.journey.ports import Acknowledgement, Ledger, Member, Pledge, Role

FIRST = Pledge(1, log_of(1), 0, EMPTY_ROOT, 3, ROOTS[0])
LATER = Pledge(1, log_of(1), 3, ROOTS[0], 7, ROOTS[1])


@dataclass
class Trade:
    """Creator 1, and holders 2 and 3 of operators 2 and 3; quorum 1."""

    backend: Backend
    holders: list[Ledger]

    async def member(self, number: int) -> Member:
        """A node as the contract has it."""
        return (await self.backend.ledger.members())[number - 1]

    async def signed(self, pledge: Pledge, *numbers: int) -> list[Acknowledgement]:
        """Acknowledgements of these nodes."""
        return [await self.ack(pledge, number) for number in numbers]

    async def ack(self, pledge: Pledge, number: int) -> Acknowledgement:
        """That of one."""
        signature = await self.holders[number - 2].acknowledge(pledge)
        return Acknowledgement(number, (await self.member(number)).operator_number, signature)

    async def anchor(self, pledge: Pledge, acks: Sequence[Acknowledgement]) -> bool:
        """Prepare, send and mine; whether it passed."""
        ledger = self.backend.ledger
        sent = await ledger.prepare_anchor(pledge.prev_size, pledge.size, pledge.root, acks)
        await ledger.send(sent)
        self.backend.mine()
        mined = await ledger.find(sent)
        assert mined is not None
        return mined.succeeded

    async def refused(self, acks: Sequence[Acknowledgement], pledge: Pledge = FIRST) -> str:
        """What the contract says of the anchor before it is sent."""
        with pytest.raises(Rejected) as caught:
            await self.backend.ledger.prepare_anchor(pledge.prev_size, pledge.size, pledge.root, acks)
        assert caught.value.code == "LEDGER_REFUSED"
        return caught.value.message.removeprefix("the contract says ")


@pytest.fixture
async def trade(backend: Backend) -> Trade:
    """Three operators."""
    return Trade(backend, [await backend.enrol(operator) for operator in (2, 3)])


async def unsigned(ledger: Ledger, pledge: Pledge, signature: bytes, account: bytes) -> None:
    """The check says so."""
    with pytest.raises(Rejected) as caught:
        await ledger.check_acknowledgement(pledge, signature, account)
    assert caught.value.code == "BAD_SIGNATURE"


async def test_acknowledged_anchors_are_taken(trade):
    """One holder is enough; two count too, in whatever order they come; and again for the next step."""
    assert await trade.anchor(FIRST, await trade.signed(FIRST, 3))
    assert await trade.anchor(LATER, await trade.signed(LATER, 3, 2))
    head = await trade.backend.ledger.head(1)
    assert (head.size, head.root) == (7, ROOTS[1])


@pytest.mark.parametrize("pledge", [FIRST, LATER])
async def test_an_acknowledgement_is_checked_by_the_account(trade, pledge):
    """64 bytes, that anybody can check; and no other account's."""
    (given,) = await trade.signed(pledge, 2)
    second, third = await trade.member(2), await trade.member(3)
    assert len(given.signature) == 64
    for ledger in (trade.backend.ledger, trade.holders[1], trade.backend.stranger()):
        await ledger.check_acknowledgement(pledge, given.signature, second.account)
        await unsigned(ledger, pledge, given.signature, third.account)


async def test_the_same_pledge_is_signed_alike(trade):
    """So a holder that is asked again says the same."""
    assert await trade.signed(FIRST, 2) == await trade.signed(FIRST, 2)


@pytest.mark.parametrize("length", [0, 1, 63, 65])
async def test_security_no_signature(trade, length):
    """Other lengths."""
    (given,) = await trade.signed(FIRST, 2)
    await unsigned(
        trade.backend.ledger, FIRST, (given.signature * 2)[:length], (await trade.member(2)).account
    )


REPLAYS: dict[str, dict[str, Any]] = {
    "another size": {"size": 4},
    "another root": {"root": ROOTS[5]},
    "another previous size": {"prev_size": 2},
    "another previous root": {"prev_root": ROOTS[6]},
    "another creator": {"creator": 2},
    "another log": {"log": log_of(2)},
}


@pytest.mark.parametrize("said", REPLAYS)
async def test_security_replayed_for_something_else(trade, said):
    """A signature under one pledge is none under another, for the creator and for the contract. (Before the
    first anchor no previous root is signed.)
    """
    assert await trade.anchor(FIRST, await trade.signed(FIRST, 2))
    other = replace(LATER, **REPLAYS[said])
    (replayed,) = await trade.signed(other, 2)
    await unsigned(trade.backend.ledger, LATER, replayed.signature, (await trade.member(2)).account)
    assert await trade.refused([replayed], LATER) == "BadAck(node=2)"


async def test_security_replayed_from_another_contract(trade):
    """The same network, chain and accounts: the deployment stands in what is signed."""
    signature = await (await trade.backend.elsewhere(2)).acknowledge(FIRST)
    await unsigned(trade.backend.ledger, FIRST, signature, (await trade.member(2)).account)
    assert await trade.refused([Acknowledgement(2, 2, signature)]) == "BadAck(node=2)"


async def test_security_an_old_acknowledgement_does_not_serve_the_next_anchor(trade):
    """What was anchored with it is not anchored again, and nothing else is."""
    given = await trade.signed(FIRST, 2)
    assert await trade.anchor(FIRST, given)
    assert await trade.refused(given, LATER) == "BadAck(node=2)"
    assert await trade.refused(given, FIRST) == "StaleHead(current=3)"


async def test_security_a_creator_acknowledges_itself(trade):
    """Its own node, another one of its operator, and its own signature under a holder's number."""
    sibling = await trade.backend.enrol(1)
    own = Acknowledgement(1, 1, await trade.backend.ledger.acknowledge(FIRST))
    assert await trade.refused([own]) == "AckOwnOperator(node=1)"
    assert await trade.refused([Acknowledgement(4, 1, await sibling.acknowledge(FIRST))]) == (
        "AckOwnOperator(node=4)"
    )
    assert await trade.refused([replace(own, node=2, operator_number=2)]) == "BadAck(node=2)"


async def test_security_one_operator_counts_once(trade):
    """Two of its nodes, or one twice, are not two."""
    trade.holders.append(await trade.backend.enrol(3))
    assert await trade.refused(await trade.signed(FIRST, 3, 4)) == "AckOrder(node=4)"
    assert await trade.refused(await trade.signed(FIRST, 2, 2)) == "AckOrder(node=2)"


async def test_security_who_is_no_active_holder_does_not_count(trade):
    """Revoked, without the role, never enrolled; and one such spoils the anchor though the others suffice."""
    trade.holders.append(await trade.backend.enrol(4, frozenset({Role.CREATOR})))
    assert await trade.refused(await trade.signed(FIRST, 2, 4)) == "AckNotHolder(node=4)"
    await trade.backend.revoke(3)
    assert await trade.refused(await trade.signed(FIRST, 2, 3)) == "AckNotHolder(node=3)"
    (given,) = await trade.signed(FIRST, 2)
    assert await trade.refused([replace(given, node=9, operator_number=9)]) == "BadAck(node=9)"
    assert await trade.anchor(FIRST, [given])


async def test_too_few_acknowledgements(trade):
    """None with a quorum of 1; one with a quorum of 2."""
    assert await trade.refused([]) == "QuorumNotMet(quorum=1)"
    trade.holders.append(await trade.backend.enrol(4))
    await trade.backend.set_quorum(2)
    assert (await trade.backend.ledger.network()).quorum == 2
    assert await trade.refused(await trade.signed(FIRST, 3)) == "QuorumNotMet(quorum=2)"
    assert await trade.anchor(FIRST, await trade.signed(FIRST, 3, 4))


async def test_a_holder_that_is_revoked_before_the_block_spoils_the_anchor(trade):
    """It was fine when it was prepared: the transaction is mined, and anchors nothing."""
    ledger = trade.backend.ledger
    sent = await ledger.prepare_anchor(0, 3, ROOTS[0], await trade.signed(FIRST, 2))
    await trade.backend.revoke(2)
    await ledger.send(sent)
    trade.backend.mine()
    mined = await ledger.find(sent)
    assert mined is not None
    assert (mined.succeeded, mined.anchor) == (False, None)
    assert (await ledger.head(1)).size == 0
