"""PeerService: what other nodes are told, from local knowledge and from nothing else."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from tracehold.api.arriving import Hall
from tracehold.api.auditing import Auditing
from tracehold.api.call import Call
from tracehold.core.dht.keys import Key
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.ids import Fingerprint, NetworkId
from tracehold.core.spans import joined
from tracehold.journey.directory import Directory
from tracehold.journey.expand import Names, Page, expand, searched
from tracehold.journey.giving import base_part, handing
from tracehold.journey.keeper import Keeper, take
from tracehold.journey.neighbours import Neighbour, Neighbours
from tracehold.journey.ports import Entries, Graph, RecordLog, Sent
from tracehold.journey.speakers import Speakers
from tracehold.v1 import peer_pb2
from tracehold.wire.bases import base_message
from tracehold.wire.directory import near_message, refused_message, told_message
from tracehold.wire.peers import (
    coverage_messages,
    entries_message,
    expand_message,
    kept_messages,
    read_log,
    read_position,
)
from tracehold.wire.shipments import (
    MAX_SHIPMENT_BYTES,
    Arrivals,
    checkpoint_message,
    handed_message,
    kept_message,
)

PAGE_RECORDS = 1_000
"""Records in one answer; `ExpandResponse.records` has the same limit."""

PAGE_BYTES = 4 << 20
"""Bytes after which an answer ends; one record and what vouches for it may go beyond."""

RANGE_BYTES = 8 << 20
"""Bytes of records in one range of entries."""

RANGE_ENTRIES = 65_536
"""Entries in one range; `GetEntriesResponse.statements` has the same limit."""

ARRIVING_BYTES = 256 << 20
"""Bytes of all shipments that are taken in at once; of one member's, those of the largest one."""


def staying() -> bool:
    """The node does not leave."""
    return False


@dataclass(frozen=True, slots=True)
class Presence:
    """How this node introduces itself: its own node record, and whether it leaves the network."""

    record: Callable[[], bytes]
    draining: Callable[[], bool] = staying


class PeerService:
    """Thin: who may ask was decided before, what is answered is the journey's."""

    def __init__(
        self,
        log: RecordLog,
        graph: Graph,
        neighbours: Neighbours,
        presence: Presence,
        fault: Callable[[str], None],
        keeper: Keeper | None = None,
        directory: Directory | None = None,
    ) -> None:
        """`presence` introduces this node as it is now; `fault` hears of stored bytes that do not match.
        Without a `keeper` nothing of others is kept; without a `directory` its calls end as NOT_FOUND.
        """
        self._log = log
        self._graph = graph
        self._speakers = Speakers(log)
        self._neighbours = neighbours
        self._presence = presence
        self._fault = fault
        self._keeper = keeper
        self._directory = directory
        self.audits = Auditing()
        """What answers about possession; nothing until it is told what shows it."""
        self.get_custody, self.challenge = self.audits.get_custody, self.audits.challenge
        self.get_transcripts = self.audits.get_transcripts
        self._hall = Hall(ARRIVING_BYTES, MAX_SHIPMENT_BYTES)

    async def hello(self, request: peer_pb2.HelloRequest, call: Call) -> peer_pb2.HelloResponse:
        """Who this node is, what it keeps, and what it has searched: nothing where its graph is down, for the
        node is there nevertheless. Raises OTHER_NETWORK, STORE_BUSY.
        """
        network = self._same(request)
        kept = {log: joined(await self._log.spans(log)) for log in await self._log.logs()}
        try:
            coverage = await searched(self._log, self._graph)
        except Unavailable as error:
            if error.code != "GRAPH_DOWN":
                raise
            coverage = {}
        return peer_pb2.HelloResponse(
            network=network.hex(),
            node_record=self._presence.record(),
            coverage=coverage_messages(coverage),
            kept=kept_messages(kept),
            draining=self._presence.draining(),
        )

    def _same(self, request: peer_pb2.HelloRequest) -> NetworkId:
        """The id of this network, if the caller means the same."""
        here = self._neighbours.network
        if here is None:
            raise Unavailable("CHAIN_DOWN", "this node has not read its contract yet")
        own = {
            "network": here.network_id.hex(),
            "chainId": here.chain_id,
            "contract": f"0x{here.contract.hex()}",
        }
        theirs = {"network": request.network, "chainId": request.chain_id, "contract": request.contract}
        for field, value in own.items():
            if theirs[field] != value:
                raise Rejected("OTHER_NETWORK", f"here it is {value}", path=f"/{field}")
        return here.network_id

    async def expand(self, request: peer_pb2.ExpandRequest, call: Call) -> peer_pb2.ExpandResponse:
        """One page of the records that touch what is asked. Raises GRAPH_DOWN, STORE_BUSY."""
        after = read_position(request.after) if request.HasField("after") else None
        found = await expand(
            self._log,
            self._graph,
            Names(
                request.items,
                request.event_ids,
                request.transformation_ids,
                [Fingerprint(bytes.fromhex(name)) for name in request.fingerprints],
            ),
            Page(after, PAGE_RECORDS, PAGE_BYTES),
            self._fault,
            self._speakers,
        )
        return expand_message(found)

    async def get_entries(
        self, request: peer_pb2.GetEntriesRequest, call: Call
    ) -> peer_pb2.GetEntriesResponse:
        """Entries of a log from one on, as far as they are kept here and fit, or up to a checkpoint. Raises
        STORE_BUSY.
        """
        log, start = read_log(request.log), request.start
        limit = min(request.max_bytes or RANGE_BYTES, RANGE_BYTES)
        if request.to_checkpoint:
            return handed_message(await handing(self._log, log, start, request.stop, limit))
        size = await self._log.size(log)
        stop = min(request.stop, size, start + RANGE_ENTRIES)
        entries = await self._log.read(log, start, stop, limit) if start < stop else ()
        return entries_message(Entries(start, [Sent(each.raw, each.fingerprint) for each in entries], size))

    async def get_base(self, request: peer_pb2.GetBaseRequest, call: Call) -> peer_pb2.GetBaseResponse:
        """A part of what a copy rests on that begins at a later segment. Raises STORE_BUSY."""
        return base_message(await base_part(self._log, read_log(request.log), request.start, request.part))

    async def replicate(
        self, parts: AsyncIterator[peer_pb2.ReplicateRequest], call: Call
    ) -> peer_pb2.ReplicateResponse:
        """Keep a shipment of the caller. Raises TOO_MANY_CALLS, BAD_REQUEST and what else is wrong with the
        form of it; and what `keeper.take` raises.
        """
        member, arrivals = _member(call), Arrivals()
        with self._hall.place(member.number) as place:
            async with aclosing(place.parts(parts)) as coming:
                async for part in coming:
                    arrivals.add(part)
            return kept_message(await take(self._keeper, member, arrivals.shipment()))

    async def get_checkpoint(
        self, request: peer_pb2.GetCheckpointRequest, call: Call
    ) -> peer_pb2.GetCheckpointResponse:
        """The largest checkpoint of a log that is known here, or that of a size. Raises STORE_BUSY."""
        log = read_log(request.log)
        source = self._keeper or self._log
        found = await source.checkpoint(log, request.size or None)
        return peer_pb2.GetCheckpointResponse(checkpoint=checkpoint_message(found) if found else None)

    async def find_node(self, request: peer_pb2.FindNodeRequest, call: Call) -> peer_pb2.FindNodeResponse:
        """Members near a key. Raises as `Directory.find_node`, NOT_FOUND."""
        return near_message(await self._ring().find_node(_member(call).log, Key(request.key)))

    async def get_providers(
        self, request: peer_pb2.GetProvidersRequest, call: Call
    ) -> peer_pb2.GetProvidersResponse:
        """What is kept under a key. Raises as `Directory.get_providers`, NOT_FOUND."""
        return told_message(await self._ring().get_providers(_member(call).log, Key(request.key)))

    async def add_providers(
        self, request: peer_pb2.AddProvidersRequest, call: Call
    ) -> peer_pb2.AddProvidersResponse:
        """Keep records of the caller. Raises as `Directory.add_providers`, NOT_FOUND."""
        return refused_message(await self._ring().add_providers(_member(call).log, request.providers))

    def _ring(self) -> Directory:
        if self._directory is None:
            raise Rejected("NOT_FOUND", "this node takes no part in the directory")
        return self._directory


def _member(call: Call) -> Neighbour:
    if call.member is None:
        raise AssertionError("only the listener for peers serves this")
    return call.member
