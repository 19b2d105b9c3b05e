"""CPU of each stage of an upload, measured inside one process: the node's own parts over its own store."""

import asyncio
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.workload import KEY, SIGNER
from tracehold.adapters.sqlite_log.log import SqliteLog
from tracehold.core.control import KIND_OF, Enrol, encode_control
from tracehold.core.epcis import Mode
from tracehold.core.ids import NetworkId
from tracehold.core.keys import Ed25519Key
from tracehold.core.record import Header, sign
from tracehold.journey.check import Checks, verify_inline
from tracehold.journey.delegate import Delegation
from tracehold.journey.own_log import Identity, open_log
from tracehold.journey.seal import Sealer
from tracehold.journey.states import States
from tracehold.journey.upload import Disk, Statement, Uploads

STAGES = ("parse", "signature", "check", "seal", "reply")
_OPERATOR = "https://id.gs1.org/417/9521901000006"


@dataclass
class Stopwatch:
    """CPU seconds of the whole process by stage. Only right with one upload at a time."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Around the work of one stage."""
        began = time.process_time()
        try:
            yield
        finally:
            self.seconds[name] += time.process_time() - began


async def measure(folder: Path, network: NetworkId, batches: list[list[bytes]]) -> dict[str, float]:
    """CPU microseconds per event of each stage, and `other` for what lies between."""
    watch = Stopwatch()
    async with SqliteLog.open(folder) as store:
        node_key = Ed25519Key.from_seed(b"\x44" * 32)
        identity = Identity(_OPERATOR, node_key, network)
        own = await open_log(store, identity, time.time, os.urandom)
        sealer = Sealer(store, own, time.time, stage=watch.stage)
        checks = Checks(Mode.TOLERANT, verify_inline, watch.stage)
        uploads = Uploads(
            store,
            sealer,
            States(store),
            checks,
            Delegation(identity, time.time, os.urandom),
            sleep=asyncio.sleep,
            disk=Disk(lambda: 1 << 50),
        )
        sealing = asyncio.create_task(sealer.run())
        await uploads.submit([Statement(_enrolment(network, node_key))])
        watch.seconds.clear()
        began = time.process_time()
        for batch in batches:
            outcomes = await uploads.submit([Statement(raw) for raw in batch])
            assert all(outcome.error is None for outcome in outcomes), outcomes[0]
        whole = time.process_time() - began
        sealing.cancel()
    count = sum(map(len, batches))
    found = {name: watch.seconds[name] / count * 1e6 for name in STAGES}
    return found | {"other": whole / count * 1e6 - sum(found.values())}


def _enrolment(network: NetworkId, node_key: Ed25519Key) -> bytes:
    says = Enrol(SIGNER.party.link, KEY.public)
    public = node_key.public
    header = Header(
        public.alg, KIND_OF[Enrol], public.kid, _OPERATOR, network, int(time.time()), os.urandom(16)
    )
    return sign(header, encode_control(says), node_key)
