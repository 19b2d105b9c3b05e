"""A creator over SQLite that uploads for ever and prints each promise once it holds: `FINGERPRINT INDEX`.
Killed by its test.

Arguments: the folder, and a number that tells this run's records from those of other runs.
"""

import asyncio
import itertools
import os
import sys
import time
from pathlib import Path

from tests.journey.scene import (
    FARM,
    FARM_KEY,
    MILL,
    NETWORK,
    NODE_KEY,
    OPERATOR,
    PLENTY,
    control,
    event,
    statement,
)
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.core.control import Enrol
from tracehold.journey.check import Checks
from tracehold.journey.delegate import Delegated, Delegation
from tracehold.journey.own_log import Identity, open_log
from tracehold.journey.seal import Sealer
from tracehold.journey.states import States
from tracehold.journey.upload import Disk, Item, Uploads


async def main(folder: Path, run: int) -> None:
    """Upload until killed."""
    identity = Identity(OPERATOR, NODE_KEY, NETWORK)
    async with SqliteLog.open(folder) as store:
        own = await open_log(store, identity, time.time, os.urandom)
        sealer = Sealer(store, own, time.time)
        sealing = asyncio.ensure_future(sealer.run())
        delegation = Delegation(identity, time.time, os.urandom)
        uploads = Uploads(
            store, sealer, States(store), Checks(), delegation, sleep=asyncio.sleep, disk=Disk(lambda: PLENTY)
        )
        if own.size == 2:
            await uploads.submit([control(Enrol(FARM, FARM_KEY.public))])
        for count in itertools.count():
            number = run * 1_000_000 + count * 10
            batch: list[Item] = [statement(number + at) for at in range(7)]
            batch += [Delegated(MILL, event(number + at)) for at in range(3)]
            parts = [uploads.submit(batch[:4]), uploads.submit(batch[4:])]
            for outcomes in await asyncio.gather(*parts):
                for outcome in outcomes:
                    assert outcome.fingerprint is not None, outcome.error
                    print(outcome.fingerprint.hex(), outcome.index, flush=True)
        await sealing


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
