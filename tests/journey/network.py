"""Nodes in memory that seal, anchor, index and answer; one chain, and peers that ask each other."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from tests.journey.scene import NETWORK, SALTS, Clock
from tracehold.adapters.memory.chain import MemoryChain
from tracehold.adapters.memory.followed import MemoryFollowed
from tracehold.adapters.memory.graph import MemoryGraph
from tracehold.adapters.memory.ledger import MemoryLedger
from tracehold.adapters.memory.log import MemoryLog
from tracehold.adapters.memory.peers import MemoryPeer, MemoryPeers
from tracehold.core.access import Reader
from tracehold.core.ids import LogId
from tracehold.core.keys import Ed25519Key
from tracehold.core.leaf import Leaf
from tracehold.core.merkle import leaf_hash
from tracehold.core.record import Audience, Kind, fingerprint, parse
from tracehold.core.tiles import tiles_after
from tracehold.journey.anchor import Anchorer, Policy
from tracehold.journey.check import Checks
from tracehold.journey.delegate import Delegated, Delegation
from tracehold.journey.index import Disputed, Indexer
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.neighbours import Neighbour
from tracehold.journey.onchain import Link
from tracehold.journey.own_log import Identity, open_log
from tracehold.journey.ports import Batch, Graph, Member, NewEntry, Role
from tracehold.journey.ports.followed import Change, Page, Place, Superseded
from tracehold.journey.seal import Sealer
from tracehold.journey.states import States
from tracehold.journey.upload import Disk, Item, Outcome, Uploads

FARM, MILL = "https://id.gs1.org/417/9521000000025", "https://id.gs1.org/417/9521000000032"
EVERYONE = Reader(authenticated=True)
AUTHORITY = Reader(authenticated=True, roles=frozenset({"authority"}))
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
POLICY = Policy(records=1, seconds=1.0, poll=1.0, watch=1e9)


def made(inputs: Sequence[str], outputs: Sequence[str], minute: int, **more: object) -> bytes:
    """A transformation of lots, `minute` minutes into a day."""
    return _event(
        "TransformationEvent",
        minute,
        inputQuantityList=[{"epcClass": item, "quantity": 1.0} for item in inputs],
        outputQuantityList=[{"epcClass": item, "quantity": 1.0} for item in outputs],
        **more,
    )


def begun(item: str, minute: int, **more: object) -> bytes:
    """A lot that begins."""
    return _event(
        "ObjectEvent", minute, action="ADD", quantityList=[{"epcClass": item, "quantity": 1.0}], **more
    )


def seen(item: str, minute: int, **more: object) -> bytes:
    """A lot that is looked at."""
    return _event(
        "ObjectEvent", minute, action="OBSERVE", quantityList=[{"epcClass": item, "quantity": 1.0}], **more
    )


def looked(piece: str, minute: int, **more: object) -> bytes:
    """A piece that is looked at."""
    return _event("ObjectEvent", minute, action="OBSERVE", epcList=[piece], **more)


def packed(parent: str, children: Sequence[str], minute: int, action: str = "ADD", **more: object) -> bytes:
    """Pieces that go onto a pallet, or come off it."""
    return _event(
        "AggregationEvent", minute, action=action, parentID=parent, childEPCs=list(children), **more
    )


def _event(kind: str, minute: int, **fields: object) -> bytes:
    body = {
        "@context": CONTEXT,
        "type": kind,
        "eventTime": f"2026-03-01T{minute // 60:02}:{minute % 60:02}:00.000Z",
        "eventTimeZoneOffset": "+00:00",
        **fields,
    }
    return json.dumps(body).encode()


def said(id: str, name: str) -> bytes:
    """A payload of master data about a place."""
    element = {"id": id, "attributes": [{"id": "urn:epcglobal:cbv:mda#name", "attribute": name}]}
    body = {"@context": CONTEXT, "type": "urn:epcglobal:epcis:vtype:Location", "element": element}
    return json.dumps(body).encode()


def account_of(number: int) -> bytes:
    """The ledger account of a node."""
    return bytes([number]) * 20


@dataclass
class Node:
    """One node: number `number` of the contract, with an operator and a log of its own."""

    number: int
    network: "Network"
    store: MemoryLog
    graph: Graph
    sealer: Sealer
    uploads: Uploads
    anchorer: Anchorer
    ledger: MemoryLedger
    sealing: "asyncio.Task[object]"
    peer: MemoryPeer
    faults: list[str] = field(default_factory=list)
    disputes: list[Disputed] = field(default_factory=list)
    followed: MemoryFollowed = field(default_factory=MemoryFollowed)

    def __post_init__(self) -> None:
        self.use(self.graph)

    def use(self, graph: Graph) -> None:
        """Answer from this graph from now on."""
        self.graph = self.peer.graph = graph
        self.indexer = Indexer(self.store, graph, dispute=self.disputes.append)
        self.knowledge = Knowledge(
            self.store,
            graph,
            MemoryPeers(self.network.peers, self.number, self.neighbour),
            self.ledger,
            self.number,
            fault=self.faults.append,
            followed=self.followed,
        )

    @property
    def log(self) -> LogId:
        """The node's own log."""
        return self.sealer.own.log

    @property
    def neighbour(self) -> Neighbour:
        """The node as the others know it: with an endpoint and a certificate that nobody looks at."""
        own = self.sealer.own.identity
        return Neighbour(
            number=self.number,
            log=self.log,
            endpoint=f"node{self.number}:1",
            leaf=Leaf(bytes([self.number]), b"", ""),
            roles=frozenset(Role),
            operator_number=self.number,
            operator=own.operator,
            account=account_of(self.number),
            node_key=own.key.public,
        )

    async def upload(self, *items: Item) -> list[Outcome]:
        """Seal; everything must be taken."""
        outcomes = await self.uploads.submit(items)
        assert [o.error for o in outcomes] == [None] * len(items)
        return outcomes

    async def say(
        self,
        *payloads: bytes,
        party: str = FARM,
        audience: Audience = Audience.NETWORK,
        kind: Kind = Kind.EVENT,
    ) -> list[Outcome]:
        """Delegated uploads of `party`."""
        return await self.upload(*(Delegated(party, payload, kind, audience) for payload in payloads))

    async def index(self) -> None:
        """Bring the graph up to date."""
        while await self.indexer.once():
            pass

    async def finish(self) -> None:
        """Anchor all that is sealed, until it is final; then index."""
        for _ in range(8):
            self.network.clock.time += 10
            await self.anchorer.step()
            self.network.chain.mine()
        self._forget_proofs()
        await self.index()

    def _forget_proofs(self) -> None:
        """The chain in memory has no headers that prove anything; receipts go without, as for those who ask a
        chain.
        """
        anchors = self.store._of(self.log).anchors
        for size, task in anchors.items():
            if task.anchor is not None:
                anchors[size] = replace(task, anchor=replace(task.anchor, proof=None))


@dataclass
class Network:
    """The chain, the clock and the nodes by number."""

    clock: Clock = field(default_factory=Clock)
    nodes: dict[int, Node] = field(default_factory=dict)
    peers: dict[int, MemoryPeer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chain = MemoryChain(self.clock.now, NETWORK)

    async def join(
        self, graph: Graph | None = None, *, operator: int | None = None, listed: bool = True
    ) -> Node:
        """A new node; `listed`: it stands in the contract."""
        number = len(self.nodes) + 1
        name = f"https://id.gs1.org/417/952100000{operator or number:04}"
        key = Ed25519Key.from_seed(bytes([number]) * 32)
        store = MemoryLog()
        identity = Identity(name, key, NETWORK)
        own = await open_log(store, identity, self.clock.now, SALTS)
        account = account_of(number)
        if listed:
            roles = frozenset(Role)
            self.chain.members.append(
                Member(number, number, name, account, key.public.raw, own.log, roles, True, b"")
            )
        sealer = Sealer(store, own, self.clock.now)
        states = States(store, sealer.bell.ring)
        ledger = MemoryLedger(self.chain, account)
        delegation = Delegation(identity, self.clock.now, SALTS)
        uploads = Uploads(
            store, sealer, states, Checks(), delegation, sleep=self.clock.sleep, disk=Disk(lambda: 1 << 40)
        )
        link = Link(store, ledger, states, own.log)
        anchorer = Anchorer(link, POLICY, now=self.clock.now, sleep=self.clock.sleep)
        graph = graph or MemoryGraph()
        self.peers[number] = MemoryPeer(number, store, graph)
        sealing = asyncio.ensure_future(sealer.run())
        node = Node(
            number, self, store, graph, sealer, uploads, anchorer, ledger, sealing, self.peers[number]
        )
        self.nodes[number] = node
        return node


@asynccontextmanager
async def network() -> AsyncIterator[Network]:
    """A chain with no nodes yet; those that join are ended with it."""
    running = Network()
    try:
        yield running
    finally:
        tasks = [node.sealing for node in running.nodes.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def replicate(source: Node, target: Node) -> None:
    """Keep the source's log at the target too, batch by batch, with its anchors."""
    kept = source.store._of(source.log)
    first = await target.store.size(source.log)
    for size in sorted(size for size in kept.checkpoints if size > first):
        new = [NewEntry(e.fingerprint, e.raw, e.kind) for e in kept.entries[first:size]]
        tiles = target.store._of(source.log).tiles
        changed = tiles_after(first, [leaf_hash(e.fingerprint) for e in new], tiles.__getitem__)
        await target.store.append(Batch(source.log, first, new, changed, kept.checkpoints[size]))
        first = size
    target.store._of(source.log).anchors.update(kept.anchors)


async def force(node: Node, *records: bytes) -> None:
    """Seal bytes that no check has seen, as another operator's faulty node might."""
    own = node.sealer.own
    entries = [NewEntry(fingerprint(raw), raw, parse(raw).header.kind) for raw in records]
    batch, node.sealer._own = own.extend(entries, own.roster, int(node.network.clock.now() * 1000))
    await node.store.append(batch)


async def pointed(node: Node, said: Superseded, at: int = 0) -> None:
    """The node takes over a block of that time (seconds) in which this was said, and nothing else."""
    since = await node.followed.newest()
    number = since.number + 1 if since else 0
    block = Place(number, bytes([number]) * 32, since.hash if since else bytes(32), at)
    page = Page(since, block, [block], [Change(number, block.hash, at, 0, said)], number, number)
    await node.followed.take(page)
