"""What is committed, to read: one view belongs to one request at a time.

A view has a connection of its own and never waits for the sealer. Blocks never change and never go away, so
what it read stays true; a new block appears whole or not at all.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Literal

from eth.abc import BlockAPI, BlockHeaderAPI, ReceiptAPI, SignedTransactionAPI, StateAPI
from eth.exceptions import HeaderNotFound, TransactionNotFound
from eth_typing import BlockNumber, Hash32
from eth_utils import ValidationError

from tracehold.core.errors import Unavailable
from tracehold.devchain.engine import open_chain
from tracehold.devchain.store import Reader

BlockRef = Literal["latest"] | int | Hash32
"""A block by name, number or hash. Every name of the execution API but `earliest` is the latest block here:
one sealer, so that what is sealed is final, and nothing is pending that could be shown as a block."""


PATIENCE = 30.0
"""Seconds that a request waits for a view."""
LAST_WAIT = 5.0
"""Seconds that a stop waits for each view."""


class UnknownBlock(LookupError):
    """There is no such block."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mined transaction stands."""

    header: BlockHeaderAPI
    index: int


class View:
    """The chain as of the newest commit."""

    def __init__(self, directory: Path, chain_id: int) -> None:
        self.reader = Reader(directory)
        self.chain = open_chain(chain_id, self.reader)
        self.database = self.chain.chaindb

    def header(self, ref: BlockRef) -> BlockHeaderAPI:
        """The header of a block. Raises UnknownBlock."""
        try:
            if ref == "latest":
                return self.chain.get_canonical_head()
            if isinstance(ref, bytes):
                return self.chain.get_block_header_by_hash(ref)
            return self.chain.get_canonical_block_header_by_number(BlockNumber(ref))
        except (HeaderNotFound, ValidationError) as error:
            raise UnknownBlock(ref) from error

    def block(self, header: BlockHeaderAPI) -> BlockAPI:
        """The block of a header that came from here."""
        return self.chain.get_block_by_header(header)

    def state(self, ref: BlockRef) -> StateAPI:
        """The state after a block, and its environment (number, time) for calls. Raises UnknownBlock."""
        return self.chain.get_vm(self.header(ref)).state

    def place(self, tx_hash: Hash32) -> Place | None:
        """Where a transaction was mined, or None."""
        try:
            number, index = self.database.get_transaction_index(tx_hash)
        except TransactionNotFound:
            return None
        return Place(self.header(number), index)

    def transaction(self, place: Place) -> SignedTransactionAPI:
        """The transaction at a place; raises TransactionNotFound beyond the block's end."""
        builder = self.chain.get_vm_class(place.header).get_transaction_builder()
        return self.database.get_transaction_by_index(place.header.block_number, place.index, builder)

    def receipt(self, place: Place) -> ReceiptAPI:
        """The receipt at a place."""
        builder = self.chain.get_vm_class(place.header).get_receipt_builder()
        return self.database.get_receipt_by_index(place.header.block_number, place.index, builder)

    def receipts(self, header: BlockHeaderAPI) -> tuple[ReceiptAPI, ...]:
        """All receipts of a block, in order."""
        return self.database.get_receipts(header, self.chain.get_vm_class(header).get_receipt_builder())

    def close(self) -> None:
        """Give the connection back."""
        self.reader.close()


class Views:
    """A fixed number of views: so many requests read or compute at once, the others wait."""

    def __init__(self, directory: Path, chain_id: int, count: int) -> None:
        self._all = [View(directory, chain_id) for _ in range(count)]
        self._free: LifoQueue[View] = LifoQueue()
        self._stopping = threading.Event()
        for view in self._all:
            self._free.put(view)

    @contextmanager
    def borrow(self) -> Iterator[View]:
        """One view for the length of the block. Raises Unavailable BUSY after a long wait, or STOPPING."""
        if self._stopping.is_set():
            raise Unavailable("STOPPING", "the chain is stopping")
        try:
            view = self._free.get(timeout=PATIENCE)
        except Empty:
            raise Unavailable("BUSY", "too many requests are computing") from None
        try:
            yield view
        finally:
            self._free.put(view)

    def drain(self) -> None:
        """Refuse new requests and wait for those that run, each a few seconds at most."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        for _ in self._all:
            with suppress(Empty):
                self._free.get(timeout=LAST_WAIT)

    def close(self) -> None:
        """Close all connections; a request that still runs fails."""
        for view in self._all:
            view.close()
