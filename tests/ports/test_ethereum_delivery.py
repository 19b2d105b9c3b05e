"""What an operator or a node sends and waits for, where no block takes it."""

from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest

from tests.devchain.node import BOB, account
from tests.ports.ledgers import ROOT, OnDevchain
from tracehold.adapters.ethereum.admin import Admin
from tracehold.adapters.ethereum.delivery import SPANS, Patience
from tracehold.adapters.ethereum.sender import fees_of
from tracehold.adapters.ethereum.settings import FeePolicy
from tracehold.core.errors import Rejected, Unavailable
from tracehold.journey.ports import Role

SPAN = 4
"""Looks before the fee is raised."""


class Waits:
    """Sleeps of an admin of `chain`; `each` is told how many there were."""

    def __init__(
        self,
        chain: OnDevchain,
        each: Callable[[int], None] = lambda _: None,
        span: int = SPAN,
        fees: FeePolicy = FeePolicy(),  # noqa: B008  frozen
    ) -> None:
        self.count = 0
        self._each = each
        self.admin = Admin(
            chain.client, bytes(BOB.key), self._sleep, 1.0, fees=fees, replace_after_s=float(span)
        )

    async def _sleep(self, _: float) -> None:
        self.count += 1
        self._each(self.count)


def sent(chain: OnDevchain) -> list[bytes]:
    """Every transaction that was handed over, once, in order."""
    handed = [params[0] for method, params in chain.wire.asked if method == "eth_sendRawTransaction"]
    return [bytes.fromhex(raw.removeprefix("0x")) for raw in dict.fromkeys(handed)]


async def refusal(doing: Awaitable[None]) -> str:
    """The code that it raises."""
    with pytest.raises((Rejected, Unavailable)) as caught:
        await doing
    return caught.value.code


def account_of(chain: OnDevchain) -> int:
    """Transactions of Bob in blocks."""
    return int(chain.node.rpc("eth_getTransactionCount", BOB.address, "latest"), 16)


async def test_what_no_block_takes_offers_more(chain: OnDevchain):
    """After each span, at the same nonce: the dearest is mined, and once."""
    before, first = account_of(chain), len(sent(chain))
    waits = Waits(chain, lambda count: chain.mine() if count > 2 * SPAN else None)
    await waits.admin.retire(chain.contract, 0)
    fees = [fees_of(raw).cap for raw in sent(chain)[first:]]
    assert len(fees) == 3
    assert all(after * 10 >= old * 11 for old, after in pairwise(fees))
    assert account_of(chain) == before + 1
    (member,) = await chain.ledger.members()
    assert Role.CREATOR not in member.roles


async def test_the_cheaper_one_may_be_mined_after_all(chain: OnDevchain):
    """A block of a sealer that did not hear of the dearer one."""
    before = account_of(chain)
    raws: list[str] = []

    def only_the_first(raw: str) -> dict[str, Any] | None:
        raws.append(raw)
        return None if raw == raws[0] else {"result": "0x" + "00" * 32}

    chain.wire.answers["eth_sendRawTransaction"] = only_the_first
    await Waits(chain, lambda count: chain.mine() if count > SPAN + 1 else None).admin.retire(
        chain.contract, 0
    )
    assert len(set(raws)) == 2
    assert account_of(chain) == before + 1


async def test_a_fee_at_the_cap_stays(chain: OnDevchain):
    """The same bytes go on being sent, and in the end the cap is what is told."""
    await chain.ledger.members()
    cap = fees_of((await chain.ledger.prepare_anchor(0, 3, ROOT, [])).raw).cap
    first, waits = len(sent(chain)), Waits(chain, fees=FeePolicy(cap))
    assert await refusal(waits.admin.retire(chain.contract, 0)) == "FEE_CAP"
    assert waits.count == Patience(waits.admin._patience.sleep, 1.0, SPAN).looks >= SPANS * SPAN
    assert len(sent(chain)[first:]) == 1


async def test_who_gives_up_says_that_it_is_in_no_block(chain: OnDevchain):
    """It may still get into one."""
    waits = Waits(chain, span=100)
    assert await refusal(waits.admin.retire(chain.contract, 0)) == "CHAIN_DOWN"
    assert waits.count == SPANS * 100
    chain.mine()
    (member,) = await chain.ledger.members()
    assert Role.CREATOR not in member.roles


async def test_attack_a_nonce_that_another_took_is_not_waited_for(chain: OnDevchain):
    """Somebody else has the key: the call did nothing, and that is told as soon as receipts can be there."""
    chain.wire.answers["eth_sendRawTransaction"] = {"result": "0x" + "00" * 32}

    def taken(count: int) -> None:
        if count == 1:
            chain.node.mine(BOB)

    waits = Waits(chain, taken)
    assert await refusal(waits.admin.retire(chain.contract, 0)) == "KEY_BUSY"
    assert waits.count < SPAN
    (member,) = await chain.ledger.members()
    assert Role.CREATOR in member.roles


async def test_a_payment_is_made_once_at_a_higher_fee(chain: OnDevchain):
    """And so many wei, not twice."""
    newcomer = account("newcomer")
    waits = Waits(chain, lambda count: chain.mine() if count > SPAN else None)
    await waits.admin.pay(bytes.fromhex(newcomer.address[2:]), 7)
    chain.mine(2)
    assert int(chain.node.rpc("eth_getBalance", newcomer.address, "latest"), 16) == 7
