"""Transactions that wait for a block.

In memory only: what was not mined is lost at a crash, as on any node, and clients resend the same bytes.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from eth.abc import SignedTransactionAPI
from eth_typing import Address, Hash32

from tracehold.devchain.admission import require_nonce
from tracehold.devchain.errors import refused

CAPACITY = 4096
BUMP_PERCENT = 110
"""A replacement must offer at least this much of the fees it replaces, as geth's pool asks."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A transaction in the pool and its place in the order of arrival."""

    transaction: SignedTransactionAPI
    arrival: int


class Pool:
    """Waiting transactions by sender and nonce. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_sender: dict[Address, dict[int, Waiting]] = {}
        self._by_hash: dict[Hash32, SignedTransactionAPI] = {}
        self._arrivals = 0
        self.arrived = threading.Event()
        """Set when something came in; the sealer clears it."""

    def add(self, transaction: SignedTransactionAPI, mined_nonce: Callable[[Address], int]) -> None:
        """Take a transaction that `admission` passed.

        The nonce is read under the lock, and the sealer leaves mined transactions in the pool until their
        block is durable: one that is being mined is `already known`, never taken a second time.

        Raises RpcError: nonce too low, already known, replacement underpriced, pool full.
        """
        with self._lock:
            require_nonce(transaction, mined_nonce(transaction.sender))
            if transaction.hash in self._by_hash:
                raise refused("already known")
            queue = self._by_sender.setdefault(transaction.sender, {})
            standing = queue.get(transaction.nonce)
            if standing:
                _require_bump(standing.transaction, transaction)
                del self._by_hash[standing.transaction.hash]
            elif len(self._by_hash) >= CAPACITY:
                raise refused("txpool is full")
            self._arrivals += 1
            queue[transaction.nonce] = Waiting(transaction, self._arrivals)
            self._by_hash[transaction.hash] = transaction
        self.arrived.set()

    def executable(self, mined_nonce: Callable[[Address], int]) -> list[SignedTransactionAPI]:
        """All transactions without a nonce gap before them, by arrival, each sender's in nonce order."""
        with self._lock:
            ready = [
                entry
                for sender, queue in self._by_sender.items()
                for entry in _unbroken(queue, mined_nonce(sender))
            ]
        return [transaction for _, transaction in sorted(ready, key=lambda entry: entry[0])]

    def settle(
        self, mined_nonce: Callable[[Address], int], dropped: Iterable[SignedTransactionAPI] = ()
    ) -> None:
        """Forget what was mined or overtaken, and what is in `dropped`."""
        gone = {transaction.hash for transaction in dropped}
        with self._lock:
            for sender in list(self._by_sender):
                mined, queue = mined_nonce(sender), self._by_sender[sender]
                for nonce in [
                    n for n, waiting in queue.items() if n < mined or waiting.transaction.hash in gone
                ]:
                    del self._by_hash[queue.pop(nonce).transaction.hash]
                if not queue:
                    del self._by_sender[sender]

    def next_nonce(self, sender: Address, mined_nonce: Callable[[Address], int]) -> int:
        """The nonce that a sender's next transaction takes, waiting ones counted.

        The mined one is read under the lock, as in `add`: read before, a block in between would take its
        transactions out of the pool, and theirs would be given out a second time.
        """
        with self._lock:
            nonce, queue = mined_nonce(sender), self._by_sender.get(sender, {})
            while nonce in queue:
                nonce += 1
            return nonce

    def find(self, tx_hash: Hash32) -> SignedTransactionAPI | None:
        """A waiting transaction, or None."""
        with self._lock:
            return self._by_hash.get(tx_hash)

    def __len__(self) -> int:
        with self._lock:
            return len(self._by_hash)


def _unbroken(
    queue: dict[int, Waiting], nonce: int
) -> Iterable[tuple[tuple[int, int], SignedTransactionAPI]]:
    latest = (
        0  # a transaction stands no earlier in the order than the ones of its sender that must precede it
    )
    while nonce in queue:
        latest = max(latest, queue[nonce].arrival)
        yield (latest, nonce), queue[nonce].transaction
        nonce += 1


def _require_bump(old: SignedTransactionAPI, new: SignedTransactionAPI) -> None:
    fees = (
        (new.max_fee_per_gas, old.max_fee_per_gas),
        (new.max_priority_fee_per_gas, old.max_priority_fee_per_gas),
    )
    if any(offered * 100 < standing * BUMP_PERCENT for offered, standing in fees):
        raise refused("replacement transaction underpriced")
