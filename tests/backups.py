"""A folder that no node runs on: keys, configuration, an own log, and one that is kept for another."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.journey.chain_scene import anchored
from tests.journey.kept_scene import pieces
from tests.journey.scene import NODE_KEY, statement
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.cli.files import CONFIG_NAME
from tracehold.cli.init import Placement, create
from tracehold.config import Config, load
from tracehold.core.ids import LogId

PASSPHRASE = b"correct horse"


@contextmanager
def quiet(title: str) -> Iterator[Callable[[int, int], None]]:
    """No bar; what is told makes sense."""

    def tell(done: int, total: int) -> None:
        assert 0 <= done <= total, (title, done, total)

    yield tell


def folder(home: Path, entries: int = 40) -> Config:
    """The folder with so many events, anchored but for the last five, and another's log of two segments."""
    place = Placement(
        "https://id.gs1.org/417/9521000000012", "n", "http://127.0.0.1:1", "127.0.0.1", 1, 2, 3, False
    )
    keys = home / "keys"
    keys.mkdir(parents=True)
    seed = keys / "node.key"
    seed.write_bytes(b"node".hex().encode() * 8 + b"\n")
    seed.chmod(0o600)
    create(home, place)
    config = load(home / CONFIG_NAME)
    asyncio.run(fill(config.node.data_dir, entries))
    return config


async def fill(data: Path, entries: int) -> LogId:
    """The logs of such a folder; the own one's id."""
    async with SqliteLog.open(data) as store, anchored(store=store) as it:
        await it.creator.upload(*[statement(at) for at in range(entries - 5)], receipts=False)
        await it.finish()
        await it.creator.upload(*[statement(900 + at) for at in range(5)], receipts=False)
        for batch in [*(found := await pieces()).early, *found.late]:
            await store.append(batch)
        assert it.creator.sealer.own.identity.key.public == NODE_KEY.public
        return it.log
