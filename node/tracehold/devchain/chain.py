"""The chain itself: opens or founds it, admits transactions, seals blocks.

Order of one block: execute, write everything in one durable commit, only then let readers, pool and log see
it. Whoever was answered a receipt finds it after any crash.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from eth.abc import BlockAPI
from eth.exceptions import CanonicalHeadNotFound
from eth_typing import Address, Hash32
from eth_utils import to_canonical_address

from tracehold.core.errors import Broken, Rejected
from tracehold.devchain import admission, engine
from tracehold.devchain.mined import block_log_rows
from tracehold.devchain.pool import Pool
from tracehold.devchain.report import report
from tracehold.devchain.store import Store
from tracehold.devchain.view import View


@dataclass(frozen=True, slots=True)
class Settings:
    """What a chain is founded with. `alloc` are accounts (0x...) that the genesis funds."""

    directory: Path
    chain_id: int = 7447
    alloc: Sequence[str] = ()


def clock() -> int:
    """Seconds since 1970, from the system."""
    return int(time.time())


class DevChain:
    """One open chain. `submit` may be called from any thread; `seal` by one thread at a time.

    Raises what `Store` raises, Rejected BAD_CONFIG for a malformed account, Broken
    WRONG_CHAIN when the folder's chain has another id.
    """

    def __init__(self, settings: Settings, now: Callable[[], int] = clock) -> None:
        self.chain_id = settings.chain_id
        self.directory = settings.directory
        self.pool = Pool()
        self._now = now
        self._failed = threading.Event()
        if not 0 < settings.chain_id < 2**53:
            raise Rejected("BAD_CONFIG", f"{settings.chain_id} is no chain id: 1 to 2^53")
        alloc = [_account(text) for text in settings.alloc]
        self._store = Store(settings.directory)
        try:
            self._chain = engine.open_chain(settings.chain_id, self._store)
            self._found_or_match(alloc)
        except BaseException:
            self._store.close()
            raise

    def submit(self, raw: bytes, view: View) -> Hash32:
        """Put a signed transaction into the pool; its hash. Raises RpcError -32000 in geth's words."""
        transaction = admission.decode(raw, self.chain_id)
        if self._failed.is_set():
            raise Broken("STORE_FAILED", "the chain stopped sealing")
        admission.require_payable(transaction, view.state("latest"))
        self.pool.add(transaction, lambda sender: view.state("latest").get_nonce(sender))
        return transaction.hash

    def seal(self, *, empty: bool = False) -> BlockAPI | None:
        """Seal one block of all that is executable; durable when it returns.

        None when there is nothing to seal and `empty` is not set. Raises Broken STORE_FAILED:
        nothing was announced, and the program stops.
        """
        try:
            while True:
                try:
                    return self._seal(empty)
                except engine.Unrunnable as error:
                    self._give_up(error)
        except BaseException:
            self._failed.set()
            self._store.discard()
            raise

    def _seal(self, empty: bool) -> BlockAPI | None:
        candidates = self.pool.executable(self._mined_nonces())
        if not candidates and not empty:
            return None
        assembly = engine.execute(self._chain, self._now(), candidates)
        block = None
        if assembly.taken or empty:
            block = engine.finish(self._chain, assembly)
            self._store.commit(block_log_rows(block, assembly.receipts))
        self._store.discard()
        for transaction, reason in assembly.refused:
            report("transaction dropped", hash=transaction.hash.hex(), reason=reason)
        self.pool.settle(self._mined_nonces(), [transaction for transaction, _ in assembly.refused])
        return block

    def _give_up(self, error: engine.Unrunnable) -> None:
        report("transaction cannot be executed", error=error, hash=error.transaction.hash.hex())
        self._store.discard()
        self.pool.settle(self._mined_nonces(), [error.transaction])

    def _mined_nonces(self) -> Callable[[Address], int]:
        return self._chain.get_vm(self._chain.get_canonical_head()).state.get_nonce

    def _found_or_match(self, alloc: list[Address]) -> None:
        meta = self._store.meta()
        if bool(meta) != self._has_head():
            remedy = "Restore the folder from a backup, or give another one."
            raise Broken("CORRUPT", f"{self.directory} holds half a chain", remedy=remedy)
        if not meta:
            genesis = engine.write_genesis(self._chain, alloc, self._now())
            funded = ["0x" + account.hex() for account in alloc]
            self._store.commit(
                meta={"chain_id": self.chain_id, "alloc": funded, "genesis": "0x" + genesis.hash.hex()}
            )
        elif meta["chain_id"] != self.chain_id:
            message = f"{self.directory} holds chain {meta['chain_id']}, not {self.chain_id}"
            raise Broken("WRONG_CHAIN", message, remedy="Give the chain's own id, or another folder.")

    def _has_head(self) -> bool:
        try:
            self._chain.get_canonical_head()
        except CanonicalHeadNotFound:
            return False
        return True

    def close(self) -> None:
        """Release the chain's file; what waits in the pool is lost."""
        self._store.close()


def _account(text: str) -> Address:
    try:
        return to_canonical_address(text)
    except (ValueError, TypeError) as error:
        raise Rejected("BAD_CONFIG", f"{text!r} is no account: 0x and 40 hex digits") from error
