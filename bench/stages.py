"""CPU of each stage of an upload, measured inside one process: the node's own parts over its own store."""

import asyncio
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
from tracehold.journey.ports import Batch
from tracehold.journey.seal import Sealer
from tracehold.journey.states import States
from tracehold.journey.upload import Disk, Statement, Uploads
from tracehold.v1 import upload_pb2
from tracehold.wire.uploads import read_item, result_message

STAGES = ("parse", "signature", "check", "seal", "reply")
_OPERATOR = "https://id.gs1.org/417/9521901000001"


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
        sealer = Sealer(_timed(store, watch), own, time.time, stage=watch.stage)
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
        messages = [_message(batch) for batch in batches]
        watch.seconds.clear()
        began = time.process_time()
        for message in messages:
            await _upload(uploads, message, watch)
        whole = time.process_time() - began
        sealing.cancel()
    count = sum(map(len, batches))
    found = {name: watch.seconds[name] / count * 1e6 for name in STAGES}
    return found | {"other": whole / count * 1e6 - sum(found.values())}


async def _upload(uploads: Uploads, message: bytes, watch: Stopwatch) -> None:
    """From the bytes of a request to those of its answer, as the servicer does."""
    with watch.stage("parse"):
        request = upload_pb2.UploadRequest.FromString(message)
        items = [read_item(item, lambda party: party) for item in request.items]
    outcomes = await uploads.submit(items)
    assert all(outcome.error is None for outcome in outcomes), outcomes[0]
    with watch.stage("reply"):
        results = [result_message(outcome) for outcome in outcomes]
        upload_pb2.UploadResponse(results=results).SerializeToString()


def _message(batch: list[bytes]) -> bytes:
    items = [upload_pb2.UploadItem(statement=raw) for raw in batch]
    return upload_pb2.UploadRequest(items=items).SerializeToString()


def _timed(store: SqliteLog, watch: Stopwatch) -> Any:
    """The store, with its appends counted as sealing."""

    class Timed:
        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

        async def append(self, batch: Batch) -> None:
            with watch.stage("seal"):
                await store.append(batch)

    return Timed()


def _enrolment(network: NetworkId, node_key: Ed25519Key) -> bytes:
    says = Enrol(SIGNER.party.link, KEY.public)
    public = node_key.public
    header = Header(
        public.alg, KIND_OF[Enrol], public.kid, _OPERATOR, network, int(time.time()), os.urandom(16)
    )
    return sign(header, encode_control(says), node_key)
