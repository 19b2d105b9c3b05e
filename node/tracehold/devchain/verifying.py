"""Checks a stored chain from genesis: can everything it says be derived from its transactions?

1. Every stored value that is named by its hash has that hash.
2. Each block, executed again on a scratch chain, gives the stored header (state, receipts, bloom, gas).
3. Numbers, transaction lookups and the log index point where the blocks say.

Reads only, and works beside a running chain. A chain that passes is consistent; that it is the one others
saw, only their own copies of its block hashes show.
"""

import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from eth.abc import BlockAPI, BlockHeaderAPI
from eth.chains.base import Chain
from eth_utils import keccak, to_canonical_address

from tracehold.core.errors import Broken, Rejected
from tracehold.devchain import engine
from tracehold.devchain.logindex import LogQuery, count_logs, find_logs
from tracehold.devchain.mined import block_log_rows
from tracehold.devchain.store import FILE, Reader, Store
from tracehold.devchain.view import Place, UnknownBlock, View

COMMIT_EVERY = 64


@dataclass(frozen=True, slots=True)
class Verified:
    """What was checked."""

    head: str
    blocks: int
    transactions: int
    logs: int
    values: int


Progress = Callable[[int, int], None]


def verify(directory: Path, progress: Progress = lambda done, total: None) -> Verified:
    """Check the chain in this folder; `progress` gets blocks done and blocks in all.

    Raises Broken CORRUPT with the first thing that does not fit, Rejected NOT_FOUND when there is no chain.
    """
    if not (directory / FILE).exists():
        raise Rejected("NOT_FOUND", f"there is no chain in {directory}")
    with closing(Reader(directory)) as reader:
        meta = reader.meta()
        values = _require_hashes(reader)
    with (
        closing(View(directory, int(str(meta["chain_id"])))) as view,
        tempfile.TemporaryDirectory() as scratch,
        closing(Store(Path(scratch))) as store,
    ):
        replay = Replay(view, engine.open_chain(view.chain.chain_id, store))
        replay.found(meta)
        for done, number in enumerate(range(1, replay.head.block_number + 1), 1):
            replay.follow(number)
            if done % COMMIT_EVERY == 0:
                store.commit()
            progress(done, replay.head.block_number)
        return replay.outcome(values)


class Replay:
    """Executes a stored chain again, block by block, beside itself."""

    def __init__(self, view: View, scratch: Chain) -> None:
        self.head = view.header("latest")
        self._view = view
        self._scratch = scratch
        self._transactions = 0
        self._logs = 0

    def found(self, meta: dict[str, object]) -> None:
        """Block 0 follows from the settings."""
        stored = self._header(0)
        alloc = meta["alloc"]
        accounts = (
            [to_canonical_address(str(account)) for account in alloc] if isinstance(alloc, list) else []
        )
        genesis = engine.write_genesis(self._scratch, accounts, stored.timestamp)
        _require(
            genesis.hash == stored.hash == _bytes(meta["genesis"]),
            "block 0 does not follow from the settings",
        )

    def follow(self, number: int) -> None:
        """A block follows from its parent and its transactions; lookups and log index fit it."""
        stored = self._header(number)
        block = self._view.block(stored)
        assembly = engine.execute(self._scratch, stored.timestamp, block.transactions)
        _require(not assembly.refused, f"block {number} holds a transaction that cannot be executed")
        executed = engine.finish(self._scratch, assembly)
        _require(
            executed.hash == stored.hash, f"block {number} does not follow from its parent and transactions"
        )
        self._require_index(block)

    def outcome(self, values: int) -> Verified:
        """What was checked; nothing may be left over in the log index."""
        indexed = count_logs(self._view.reader.connection, self.head.block_number)
        _require(indexed == self._logs, f"the log index holds {indexed} logs, the receipts {self._logs}")
        head = "0x" + self.head.hash.hex()
        return Verified(head, self.head.block_number + 1, self._transactions, self._logs, values)

    def _header(self, number: int) -> BlockHeaderAPI:
        try:
            return self._view.header(number)
        except UnknownBlock:
            raise Broken("CORRUPT", f"block {number} is missing") from None

    def _require_index(self, block: BlockAPI) -> None:
        rows = block_log_rows(block, self._view.receipts(block.header))
        connection = self._view.reader.connection
        found = find_logs(connection, LogQuery(block.number, block.number), len(rows) + 1)
        _require(found == rows, f"the log index of block {block.number} does not fit its receipts")
        for index, transaction in enumerate(block.transactions):
            place = self._view.place(transaction.hash)
            fits = place == Place(block.header, index)
            _require(fits, f"transaction 0x{transaction.hash.hex()} is not found where it is")
        self._transactions += len(block.transactions)
        self._logs += len(rows)


def _require_hashes(reader: Reader) -> int:
    """Values with 32-byte keys are trie nodes, code and headers, each named by its keccak hash."""
    count = 0
    for key, value in reader.connection.execute("SELECT key, value FROM kv WHERE length(key) = 32"):
        _require(keccak(value) == key, f"the stored value 0x{key.hex()} does not have its hash")
        count += 1
    return count


def _bytes(value: object) -> bytes:
    return bytes.fromhex(str(value).removeprefix("0x"))


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise Broken("CORRUPT", message)
