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
from tracehold.core.errors import Broken
from tracehold.journey.ports import SignedTransaction

TRANSFER_GAS = 21_000
"""Of a transfer to an account (yellow paper, appendix G)."""
USUAL_TIP = 10**9
"""Wei per gas for the sealer, where the chain does not say what is usual."""
DEAREST = 16
"""A replacement offers at most so many times what the chain asks now: a chain that stands still would take
the fee up for ever.
"""
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

    def over(self, old: "Fees") -> "Fees":
        """At least a quarter more than the old fees: pools take a replacement only from 10 % on."""
        tip = None if self.tip is None else max(self.tip, _quarter_more(old.tip or 0))
        return Fees(max(self.cap, _quarter_more(old.cap), tip or 0), tip)


class Sender:
    """Signs with one key and hands over to one chain."""

    def __init__(self, client: Client, chain_id: int, secret: bytes) -> None:
        self._client = client
        self._chain_id = chain_id
        self._secret = secret
        self.account = address_of(PrivateKey(secret).public_key)

    async def prepare_rest(self, to: bytes) -> SignedTransaction | None:
        """Sign a transfer of all that the account has but the gas for it; None where it has no more than
        that. Raises CHAIN_DOWN.
        """
        cost = TRANSFER_GAS * (await self._fees()).cap
        with self._client.reading("eth_getBalance"):
            balance = number(await self._client.ask("eth_getBalance", hexed(self.account), "latest"))
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
        fees = await self._fees()
        if replaces is None:
            nonce = await self._client.next_nonce(self.account)
        else:
            nonce, asked = replaces.nonce, fees
            fees = asked.over(fees_of(replaces.raw))
            if fees.cap > DEAREST * asked.cap:
                raise self._client.down(
                    f"takes no transaction that offers {DEAREST} times what it asks: no fee helps",
                    "Look whether the chain makes blocks; the transaction stays as it is and is sent again.",
                )
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
        return SignedTransaction(bytes(signed.raw_transaction), bytes(signed.hash), nonce, fees.cap)

    async def call(
        self, contract: AnchorsContract, data: bytes, replaces: SignedTransaction | None = None
    ) -> SignedTransaction:
        """Sign a call of the contract, after a dry run; see `prepare` and `AnchorsContract.estimate`."""
        gas = await contract.estimate(self.account, data)
        # A quarter more: the estimate's state is not quite the one it will run on.
        return await self.prepare(contract.address, data, gas + gas // 4, replaces)

    async def send(self, transaction: SignedTransaction) -> None:
        """Hand over the bytes; harmless to repeat. Raises CHAIN_DOWN, also where
        the account cannot pay, and WRONG_CHAIN.

        That the chain knows the transaction, or another one of its nonce, is no
        error: `find` and `spent` tell.
        """
        try:
            await self._client.request("eth_sendRawTransaction", hexed(transaction.raw))
        except RpcError as error:
            said = error.message
            if any(words in said for words in KNOWN + OVERTAKEN):
                return
            if any(words in said for words in POOR):
                raise self._client.down(
                    f"says that account {hexed(self.account)} cannot pay for gas",
                    "The chain is up: give the account funds; what waits is sent then by itself.",
                ) from error
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
        return await self._client.outcome(transaction.hash) is None

    async def stuck(self, transaction: SignedTransaction) -> bool:
        """Whether a nonce before this one is neither in a block nor in the pool."""
        return await self._client.next_nonce(self.account) < transaction.nonce

    async def _fees(self) -> Fees:
        head = await self._client.block("latest")
        if head is None:
            raise self._client.down("has no block")
        if head.base_fee is None:
            with self._client.reading("eth_gasPrice"):
                return Fees(number(await self._client.ask("eth_gasPrice")), None)
        try:
            told = await self._client.request("eth_maxPriorityFeePerGas")
        except RpcError:
            told = hexed(USUAL_TIP)
        with self._client.reading("eth_maxPriorityFeePerGas"):
            tip = number(told)
        # Twice the base fee still pays after six full blocks in a row.
        return Fees(2 * head.base_fee + tip, tip)


def fees_of(raw: bytes) -> Fees:
    """The fees that a signed transaction offers (EIP-1559, or legacy with a gas price)."""
    if raw[0] == DYNAMIC:
        _, _, tip, cap, *_ = rlp.decode(raw[1:])
        return Fees(int.from_bytes(cap), int.from_bytes(tip))
    return Fees(int.from_bytes(rlp.decode(raw)[1]), None)


def _quarter_more(fee: int) -> int:
    return fee + fee // 4 + 1
