"""A folder into which a log is to come back gets no new one."""

from pathlib import Path

import pytest

from tracehold.adapters.memory.chain import MemoryChain
from tracehold.adapters.memory.ledger import MemoryLedger
from tracehold.adapters.memory.log import MemoryLog
from tracehold.config.load import parse
from tracehold.core.errors import Unavailable
from tracehold.core.ids import NetworkId
from tracehold.node.own import REBUILDING, open_own

CONFIG = '[node]\noperator = "urn:x:farm"\n'
NETWORK = NetworkId(bytes(range(16)))


async def test_a_start_after_a_killed_rebuild_begins_no_second_log(tmp_path: Path) -> None:
    """The command was killed before the first entry came back: the log's id is the contract's, and a new one
    would be refused by everybody.
    """
    config = parse(CONFIG, tmp_path / "tracehold.toml")
    config.node.data_dir.mkdir()
    (config.node.data_dir / REBUILDING).touch()
    store = MemoryLog()
    with pytest.raises(Unavailable) as refusal:
        await open_own(config, store, MemoryLedger(MemoryChain(lambda: 0.0, NETWORK), bytes(20)))
    assert refusal.value.code == "REBUILD_INCOMPLETE"
    assert await store.logs() == []
