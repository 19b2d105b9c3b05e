"""The `Peer` port over a line to a member. What it says is bounded before it is kept, and never believed."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from tracehold.adapters.peers.line import Line
from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.noderecord import parse_node_record
from tracehold.core.spans import Spans, common
from tracehold.journey.giving import BASE_BYTES
from tracehold.journey.ports import (
    BasePart,
    Entries,
    Expansion,
    Found,
    Greeting,
    Handed,
    Kept,
    Network,
    Position,
    Shipment,
)
from tracehold.v1 import peer_pb2
from tracehold.wire.bases import read_base
from tracehold.wire.peers import position_message, read_entries, read_expand, read_greeting
from tracehold.wire.shipments import read_answered, read_handed, read_kept, shipment_messages
from tracehold.wire.ways import Way

MAX_ANSWER_RECORDS = 10_000
"""Records of one peer that are kept for one question; an answer with more is cut off."""

MAX_ANSWER_BYTES = 64 << 20
"""Bytes of one peer's records that are kept for one question."""

LAST_INDEX = (1 << 53) - 1
"""The largest index that fits into a message."""

RECORD_BYTES = 4 << 10
"""Bytes of an entry, about: for the time that an answer may take."""

ASK_NAMES = 5_000
"""Names in one request."""

ASK_BYTES = 2 << 20
"""Bytes of names in one request."""

_Names = tuple[list[str], list[str], list[str], list[str]]
"""Items, event ids, transformation ids, fingerprints in hexadecimal digits."""


@dataclass(slots=True)
class _Kept:
    """What was taken of an answer so far, and how much room is left."""

    records: dict[tuple[LogId, int], Found]
    coverage: dict[LogId, Spans] | None = None
    whole: bool = True
    bytes: int = 0

    def take(self, page: Expansion) -> None:
        self.bytes += sum(len(found.raw) + len(found.evidence.receipt) for found in page.records)
        self.records.update(((found.log, found.index), found) for found in page.records)

    @property
    def full(self) -> bool:
        return len(self.records) >= MAX_ANSWER_RECORDS or self.bytes >= MAX_ANSWER_BYTES

    def covers(self, page: Expansion) -> None:
        """What every part of the answer covers."""
        before = self.coverage
        self.coverage = {
            log: spans if before is None else common(spans, before.get(log, ()))
            for log, spans in page.coverage.items()
        }


class GrpcPeer:
    """One member. Calls may run at once."""

    def __init__(self, line: Line, network: Callable[[], Network | None]) -> None:
        """`network` gives the fixed points that the member must share; None while they are not known."""
        self._line = line
        self._network = network
        self._greeted = False

    @property
    def node(self) -> int:
        """See `ports.Peer.node`."""
        return self._line.neighbour.number

    async def hello(self) -> Greeting:
        """See `ports.Peer.hello`."""
        async with self._line.limited():
            here = self._network()
            if here is None:
                raise Rejected("OTHER_NETWORK", "this node has not read its contract yet")
            return await self._hello(here)

    async def expand(
        self,
        items: Collection[str],
        event_ids: Collection[str] = (),
        transformations: Collection[str] = (),
        *,
        fingerprints: Collection[Fingerprint] = (),
    ) -> Expansion:
        """See `ports.Peer.expand`."""
        kept = _Kept({})
        async with self._line.limited():
            await self.greet()
            hexed = [name.hex() for name in fingerprints]
            for names in _portions((items, event_ids, transformations, hexed)):
                await self._pages(names, kept)
        records = [found for _, found in sorted(kept.records.items(), key=lambda item: item[0])]
        return Expansion(records, (kept.coverage or {}) if kept.whole else {}, more=not kept.whole)

    async def entries(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Entries:
        """See `ports.Peer.entries`. Its time grows with the entries that are asked for."""
        stop = min(stop, LAST_INDEX)
        size = min(max_bytes, max(0, stop - start) * RECORD_BYTES)
        request = peer_pb2.GetEntriesRequest(log=log.hex(), start=start, stop=stop, max_bytes=max_bytes)
        async with self._line.limited(Way.RANGE, size):
            await self.greet()
            answer = await self._line.ask("GetEntries", request, peer_pb2.GetEntriesResponse, size)
            return read_entries(answer, start, max(0, stop - start))

    async def handing(self, log: LogId, start: int, stop: int, max_bytes: int = 8 << 20) -> Handed:
        """See `ports.Peer.handing`. Its time grows with the bytes that are asked for."""
        stop = min(stop, LAST_INDEX)
        request = peer_pb2.GetEntriesRequest(
            log=log.hex(), start=start, stop=stop, max_bytes=max_bytes, to_checkpoint=True
        )
        async with self._line.limited(Way.RANGE, max_bytes):
            await self.greet()
            answer = await self._line.ask("GetEntries", request, peer_pb2.GetEntriesResponse, max_bytes)
            return read_handed(answer, log, start, max(0, stop - start))

    async def base(self, log: LogId, start: int, part: int) -> BasePart | None:
        """See `ports.Peer.base`."""
        request = peer_pb2.GetBaseRequest(log=log.hex(), start=start, part=part)
        async with self._line.limited(Way.RANGE, BASE_BYTES):
            await self.greet()
            answer = await self._line.ask("GetBase", request, peer_pb2.GetBaseResponse, BASE_BYTES)
            return read_base(answer, log, start)

    async def replicate(self, shipment: Shipment) -> Kept:
        """See `ports.Peer.replicate`. Its time grows with its bytes."""
        base = shipment.base
        size = sum(len(sent.raw) for sent in shipment.entries)
        size += sum(len(hashes) for _, hashes in base.tiles) if base else 0
        size += sum(len(entry.raw) for _, entry in base.controls) if base else 0
        async with self._line.limited(Way.SHIPMENT, size):
            await self.greet()
            parts = shipment_messages(shipment)
            answer = await self._line.ship("Replicate", parts, peer_pb2.ReplicateResponse, size)
            return read_kept(answer, shipment)

    async def checkpoint(self, log: LogId, size: int | None = None) -> Checkpoint | None:
        """See `ports.Peer.checkpoint`."""
        request = peer_pb2.GetCheckpointRequest(log=log.hex(), size=size or 0)
        async with self._line.limited():
            await self.greet()
            answer = await self._line.ask("GetCheckpoint", request, peer_pb2.GetCheckpointResponse)
            return read_answered(answer, log, size)

    async def _pages(self, names: _Names, kept: _Kept) -> None:
        items, event_ids, transformation_ids, fingerprints = names
        after: Position | None = None
        request = peer_pb2.ExpandRequest(
            items=items,
            event_ids=event_ids,
            transformation_ids=transformation_ids,
            fingerprints=fingerprints,
        )
        while not kept.full:
            answer = await self._line.ask("Expand", request, peer_pb2.ExpandResponse)
            page = read_expand(answer, after)
            kept.take(page)
            if after is None:
                # What is indexed while pages are turned may stand on a page that was turned already.
                kept.covers(page)
            if not page.more:
                return
            after = Position(page.records[-1].log, page.records[-1].index)
            request.after.CopyFrom(position_message(after))
        kept.whole = False

    async def greet(self) -> None:
        """Once a line: the member is asked whether it means the same network, and which node it is. To be
        called within `Line.limited`, which knows what may go wrong.
        """
        here = self._network()
        if not self._greeted and here is not None:
            await self._hello(here)

    async def _hello(self, here: Network) -> Greeting:
        answer = await self._line.ask(
            "Hello",
            peer_pb2.HelloRequest(
                network=here.network_id.hex(), chain_id=here.chain_id, contract=f"0x{here.contract.hex()}"
            ),
            peer_pb2.HelloResponse,
        )
        said = parse_node_record(answer.node_record, here.network_id)
        if said.log != self._line.neighbour.log or answer.network != here.network_id.hex():
            raise Rejected("OTHER_NETWORK", "the node is another than the contract says")
        self._greeted = True
        return read_greeting(answer)


def _portions(wanted: Sequence[Collection[str]]) -> Iterator[_Names]:
    """The names in requests that are not too large; at least one."""
    portion: _Names = ([], [], [], [])
    count = size = 0
    for at, names in enumerate(wanted):
        for name in names:
            if count and (count >= ASK_NAMES or size + len(name.encode()) > ASK_BYTES):
                yield portion
                portion, count, size = ([], [], [], []), 0, 0
            portion[at].append(name)
            count, size = count + 1, size + len(name.encode())
    yield portion
