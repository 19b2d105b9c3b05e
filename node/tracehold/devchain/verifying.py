"""Checks a stored chain: can everything it holds be derived from its settings and its transactions?

The chain is executed again from genesis on a scratch chain beside it. Each block must come out with the
stored header (that is: state, receipts, bloom, gas), the log index must fit the receipts, and in the end both
stores must hold the same values, no more and no less.

Reads only, and works beside a running chain, as of the block at which it began. A chain that passes is
consistent; that it is the one others saw, only their own copies of its block hashes show.
"""

import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from eth_utils import to_canonical_address

from tracehold.core.errors import Broken, Rejected, TraceholdError
from tracehold.devchain import engine
from tracehold.devchain.logindex import LogQuery, count_logs, find_logs
from tracehold.devchain.mined import block_log_rows
from tracehold.devchain.store import FILE, Reader, Store
from tracehold.devchain.view import View

COMMIT_EVERY = 64
"""Blocks that the scratch chain holds in memory before it writes them."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Verified:
    """What was checked."""

    head: str
    blocks: int
    transactions: int
    logs: int
    values: int


def verify(directory: Path, progress: Progress = lambda done, total: None) -> Verified:
    """Check the chain in this folder; `progress` gets blocks done and blocks in all.

    Raises Broken CORRUPT with the first thing that does not fit, Rejected NOT_FOUND when there is no chain.
    """
    if not (directory / FILE).exists():
        raise Rejected("NOT_FOUND", f"there is no chain in {directory}")
    with closing(Reader(directory)) as reader:
        meta = reader.meta()
    _require({"chain_id", "alloc", "genesis"} <= meta.keys(), "the chain's settings are missing")
    with (
        closing(View(directory, int(str(meta["chain_id"])))) as view,
        tempfile.TemporaryDirectory() as scratch,
        closing(Store(Path(scratch))) as store,
    ):
        view.reader.connection.execute(
            "BEGIN"
        )  # one snapshot for all reads: a running chain goes on meanwhile
        replay = Replay(view, store)
        try:
            return replay.run(meta, progress)
        except TraceholdError:
            raise
        except Exception as error:
            # Damaged bytes can trip a library anywhere; where it was is all there is to say.
            raise Broken("CORRUPT", f"block {replay.number} cannot be read") from error


class Replay:
    """Executes a stored chain again, block by block, beside itself."""

    def __init__(self, view: View, scratch: Store) -> None:
        self.number = 0
        """The block at work."""
        self._view = view
        self._store = scratch
        self._chain = engine.open_chain(view.chain.chain_id, scratch)
        self._transactions = 0
        self._logs = 0

    def run(self, meta: dict[str, object], progress: Progress) -> Verified:
        """Everything from genesis to the stored head. Raises Broken CORRUPT."""
        head = self._view.header("latest")
        self._found(meta)
        for number in range(1, head.block_number + 1):
            self._follow(number)
            if number % COMMIT_EVERY == 0:
                self._store.commit()
            progress(number, head.block_number)
        self._store.commit()
        _require(self._chain.get_canonical_head() == head, "the head is not the last block")
        indexed = count_logs(self._view.reader.connection)
        _require(indexed == self._logs, f"the log index holds {indexed} logs, the receipts {self._logs}")
        values = self._require_same_values()
        return Verified("0x" + head.hash.hex(), head.block_number + 1, self._transactions, self._logs, values)

    def _found(self, meta: dict[str, object]) -> None:
        stored, alloc = self._view.header(0), meta["alloc"]
        accounts = (
            [to_canonical_address(str(account)) for account in alloc] if isinstance(alloc, list) else []
        )
        genesis = engine.write_genesis(self._chain, accounts, stored.timestamp)
        fits = genesis.hash == stored.hash and "0x" + genesis.hash.hex() == meta["genesis"]
        _require(fits, "block 0 does not follow from the settings")

    def _follow(self, number: int) -> None:
        self.number = number
        stored = self._view.header(number)
        assembly = engine.execute(self._chain, stored.timestamp, self._view.block(stored).transactions)
        _require(not assembly.refused, f"block {number} holds a transaction that cannot be executed")
        block = engine.finish(self._chain, assembly)
        _require(
            block.hash == stored.hash, f"block {number} does not follow from its parent and transactions"
        )
        rows = block_log_rows(block, assembly.receipts)
        found = find_logs(self._view.reader.connection, LogQuery(number, number), len(rows) + 1)
        _require(found == rows, f"the log index of block {number} does not fit its receipts")
        self._transactions += len(block.transactions)
        self._logs += len(rows)

    def _require_same_values(self) -> int:
        derived = 0
        for key, value in self._store.connection.execute("SELECT key, value FROM kv"):
            derived += 1
            _require(key in self._view.reader, f"a value is missing: 0x{key.hex()}")
            _require(self._view.reader[key] == value, f"a value was changed: 0x{key.hex()}")
        (stored,) = self._view.reader.connection.execute("SELECT count(*) FROM kv").fetchone()
        _require(stored == derived, f"{stored - derived} values follow from no block")
        return derived


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise Broken("CORRUPT", message, remedy="Restore the folder from a backup, or found a new chain.")
