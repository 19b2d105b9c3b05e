"""Transactions of one account. Whoever holds the Sender owns the account's nonces.

A transaction is signed first, so that its hash is known and its bytes can be stored
before they are sent; the same bytes are sent until they are mined. Only a replacement, at
the same nonce and a higher fee, is signed anew.
"""

import asyncio
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import rlp
from coincurve import PrivateKey
from eth_utils.address import to_checksum_address

from tracehold.adapters.ethereum.acks import address_of
from tracehold.adapters.ethereum.answers import hexed, number
from tracehold.adapters.ethereum.client import Client, RpcError
from tracehold.adapters.ethereum.contract import AnchorsContract
from tracehold.adapters.ethereum.nonces import OwnNonces
from tracehold.adapters.ethereum.settings import FeePolicy
from tracehold.core.errors import Broken, Unavailable
from tracehold.journey.ports import SignedTransaction

TRANSFER_GAS = 21_000
"""Of a transfer to an account (yellow paper, appendix G)."""
USUAL_TIP = 10**9
"""Wei per gas for the sealer, where the chain does not say what is usual."""
DEAREST = 16
"""A replacement offers at most so many times what the chain asks now: a chain that stands still would take
the fee up for ever.
"""
LEAST_FACTOR = 1.1
"""Times the old fee that pools take a replacement from (geth's txpool.pricebump)."""
DYNAMIC = 2
"""EIP-2718 type of a transaction with a base fee (EIP-1559)."""

KNOWN = ("already known", "known transaction", "already imported", "alreadyknown")
OVERTAKEN = ("nonce too low", "nonce is too low", "nonce_too_low", "oldnonce", "underpriced")
WRONG_CHAIN = ("chain id", "chainid", "invalid sender")
POOR = ("insufficient funds", "upfront cost exceeds", "insufficientfunds")


@dataclass(frozen=True, slots=True)
class Fees:
    """Wei per gas. `tip` is None on chains without a base fee, where `cap` is the gas price."""

    cap: int
    tip: int | None

    def over(self, old: "Fees", factor: float) -> "Fees":
        """At least `factor` times the old fees: pools take a replacement only from 10 % on."""
        tip = None if self.tip is None else max(self.tip, _times(old.tip or 0, factor))
        return Fees(max(self.cap, _times(old.cap, factor), tip or 0), tip)

    def within(self, cap: int, least: int) -> "Fees | None":
        """No more than `cap` for a unit of gas (0: as much as it takes); None where `least` is over that."""
        if not cap or self.cap <= cap:
            return self
        return None if least > cap else Fees(cap, None if self.tip is None else min(self.tip, cap))


class Sender:
    """Signs with one key and hands over to one chain."""

    def __init__(
        self,
        client: Client,
        chain_id: int,
        secret: bytes,
        fees: FeePolicy = FeePolicy(),  # noqa: B008  frozen
        own: OwnNonces | None = None,
    ) -> None:
        """`own` is told of every transaction that this process signs or sends."""
        self._client = client
        self._chain_id = chain_id
        self._secret = secret
        self._policy = fees
        self._own = own or OwnNonces()
        self.account = address_of(PrivateKey(secret).public_key)

    async def prepare_rest(self, to: bytes) -> SignedTransaction | None:
        """Sign a transfer of all that the account has but the gas for it; None where it has no more than
        that. Raises CHAIN_DOWN.
        """
        cost = TRANSFER_GAS * (await self._ask())[0].cap
        balance = await self.balance()
        # Fees may rise between two looks: twice their cost stays back.
        return (
            await self.prepare(to, b"", TRANSFER_GAS, value=balance - 2 * cost)
            if balance > 2 * cost
            else None
        )

    async def prepare(
        self, to: bytes, data: bytes, gas: int, replaces: SignedTransaction | None = None, *, value: int = 0
    ) -> SignedTransaction:
        """Sign a transaction; `to` is empty where it creates a contract. Nothing is sent or stored.

        The nonce is the first that neither a block nor the pool has, so it stays clear of what somebody else
        sent from this account. `replaces` gives its own nonce. Raises CHAIN_DOWN.
        """
        if replaces is None:
            nonce, fees = await self._client.next_nonce(self.account), await self._allowed()
        else:
            nonce, fees = replaces.nonce, await self._dearer(fees_of(replaces.raw))
        content: dict[str, Any] = {
            "chainId": self._chain_id,
            "nonce": nonce,
            "gas": gas,
            "value": value,
            "data": data,
        }
        if to:
            content["to"] = to_checksum_address(to)
        if fees.tip is None:
            content["gasPrice"] = fees.cap
        else:
            content |= {"type": DYNAMIC, "maxFeePerGas": fees.cap, "maxPriorityFeePerGas": fees.tip}
        eth_account: Any = await asyncio.to_thread(import_module, "eth_account")
        signed = eth_account.Account.sign_transaction(content, self._secret)
        transaction = SignedTransaction(bytes(signed.raw_transaction), bytes(signed.hash), nonce, fees.cap)
        self._own.signed(self.account, transaction)
        return transaction

    async def call(
        self, contract: AnchorsContract, data: bytes, replaces: SignedTransaction | None = None
    ) -> SignedTransaction:
        """Sign a call of the contract, after a dry run; see `prepare` and `AnchorsContract.estimate`."""
        gas = await contract.estimate(self.account, data)
        # A quarter more: the estimate's state is not quite the one it will run on.
        return await self.prepare(contract.address, data, gas + gas // 4, replaces)

    async def send(self, transaction: SignedTransaction) -> None:
        """Hand over the bytes; harmless to repeat. Raises CHAIN_DOWN, NO_FUNDS, WRONG_CHAIN.

        That the chain knows the transaction, or another one of its nonce, is no
        error: `find` and `spent` tell.
        """
        self._own.signed(self.account, transaction)
        try:
            await self._client.request("eth_sendRawTransaction", hexed(transaction.raw))
        except RpcError as error:
            said = error.message
            if any(words in said for words in KNOWN + OVERTAKEN):
                return
            if any(words in said for words in POOR):
                raise Unavailable("NO_FUNDS", f"account {hexed(self.account)} cannot pay for gas") from error
            if any(words in said for words in WRONG_CHAIN):
                raise Broken(
                    "WRONG_CHAIN", "the chain does not take transactions of this chain id"
                ) from error
            raise self._client.down(f"refuses a transaction with error {error.code}") from error

    async def spent(self, transaction: SignedTransaction) -> bool:
        """Whether another transaction took the nonce. The count is read first: the other way round, one
        mined in between would look like another's.
        """
        if await self._client.nonce(self.account) <= transaction.nonce:
            return False
        return await self._client.outcome(transaction.hash, anywhere=True) is None

    async def stuck(self, transaction: SignedTransaction) -> bool:
        """Whether a nonce before this one is neither in a block nor in the pool."""
        return await self._client.next_nonce(self.account) < transaction.nonce

    async def balance(self) -> int:
        """What the account has, in wei."""
        with self._client.reading("eth_getBalance"):
            return number(await self._client.ask("eth_getBalance", hexed(self.account), "latest"))

    async def price(self) -> int:
        """What a unit of gas may cost at most now, in wei, whatever the cap. Raises CHAIN_DOWN."""
        return (await self._ask())[0].cap

    async def foreign(self) -> int:
        """As `OwnNonces.foreign` of this account."""
        return await self._own.foreign(self._client, self.account)

    async def check_fees(self) -> None:
        """Returns if a new transaction may be sent at the fees of now; raises FEE_CAP, CHAIN_DOWN."""
        await self._allowed()

    async def _allowed(self) -> Fees:
        """Fees of a new transaction."""
        asked, least = await self._ask()
        fees = asked.within(self._policy.cap, least)
        if fees is None:
            raise self._capped(f"asks {least} wei for a unit of gas")
        return fees

    async def _dearer(self, old: Fees) -> Fees:
        """Fees of a replacement."""
        asked, least = await self._ask()
        fees = asked.over(old, self._policy.factor)
        if fees.cap > DEAREST * asked.cap:
            said = f"the chain takes no transaction that offers {DEAREST} times what it asks: no fee helps"
            remedy = "Look whether the chain makes blocks; the transaction stays as it is and is sent again."
            raise Unavailable("FEE_CAP", said, remedy=remedy)
        # Pools take a replacement only where the cap and the tip both rose.
        lowest = Fees(0, None if asked.tip is None else 0).over(old, LEAST_FACTOR)
        fits = fees.within(self._policy.cap, max(least, lowest.cap))
        if fits is None or (fits.tip or 0) < (lowest.tip or 0):
            raise self._capped(f"did not take {old.cap} wei for a unit of gas")
        return fits

    def _capped(self, what: str) -> Unavailable:
        said = f"the chain at {self._client.place} {what}, and the cap is {self._policy.cap} wei"
        return Unavailable("FEE_CAP", said)

    async def _ask(self) -> tuple[Fees, int]:
        """What the chain asks now with room for the next blocks, and what is just enough for the next one."""
        head = await self._client.block("latest")
        if head is None:
            raise self._client.down("has no block")
        if head.base_fee is None:
            with self._client.reading("eth_gasPrice"):
                price = number(await self._client.ask("eth_gasPrice"))
                return Fees(price, None), price
        try:
            told = await self._client.request("eth_maxPriorityFeePerGas")
        except RpcError:
            told = hexed(USUAL_TIP)
        with self._client.reading("eth_maxPriorityFeePerGas"):
            tip = number(told)
        # Twice the base fee still pays after six full blocks in a row.
        return Fees(2 * head.base_fee + tip, tip), head.base_fee + tip


def fees_of(raw: bytes) -> Fees:
    """The fees that a signed transaction offers (EIP-1559, or legacy with a gas price)."""
    if raw[0] == DYNAMIC:
        _, _, tip, cap, *_ = rlp.decode(raw[1:])
        return Fees(int.from_bytes(cap), int.from_bytes(tip))
    return Fees(int.from_bytes(rlp.decode(raw)[1]), None)


def _times(fee: int, factor: float) -> int:
    # By whole thousandths: a float cannot hold every fee.
    return fee * round(1_000 * factor) // 1_000 + 1
