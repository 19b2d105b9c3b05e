"""A creator and holders with logs of their own, one chain, and audits between them; time moves by hand."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from tests.journey.holding_scene import Branch, operator_of
from tests.journey.scene import NETWORK, SALTS, Clock
from tracehold.adapters.memory.audits import MemoryTranscripts
from tracehold.adapters.memory.chain import MemoryChain
from tracehold.adapters.memory.copies import MemoryCopies
from tracehold.adapters.memory.followed import MemoryFollowed
from tracehold.adapters.memory.ledger import MemoryLedger
from tracehold.adapters.memory.log import MemoryLog
from tracehold.core.audit import Answered, Asked, Outcome
from tracehold.core.errors import Unavailable
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.keys import Ed25519Key
from tracehold.core.tiles import Coord
from tracehold.journey.audit_day import Sources
from tracehold.journey.audit_seed import Seeds
from tracehold.journey.auditor import Auditor, Terms
from tracehold.journey.challenged import Challenged
from tracehold.journey.custodian import Custodian
from tracehold.journey.own_log import Identity, OwnLog, open_log
from tracehold.journey.ports import (
    AnchorState,
    AnchorTask,
    Batch,
    Copy,
    Found,
    Member,
    NewEntry,
    Role,
    SignedTransaction,
)
from tracehold.journey.ports.audits import KeptTranscript
from tracehold.journey.seal import Sealer

EPOCH_S = 86_400
ENTRIES = 60
CREATOR = 1


class Direct:
    """The line from one node to another. `answer_s` is how long each answer takes; tests put other things in
    the place of `challenge` and `custody`.
    """

    def __init__(self, scene: "AuditScene", to: "Node", caller: LogId) -> None:
        self._scene, self._to, self._caller = scene, to, caller

    @property
    def node(self) -> int:
        """Its number."""
        return self._to.number

    def _reach(self) -> None:
        if self._to.number in self._scene.down:
            self._scene.clock.time += 5
            raise Unavailable("PEER_DOWN", "it does not answer")
        self._scene.clock.time += self._to.answer_s

    async def custody(self, epoch_s: int, epoch: int) -> Found | None:
        """As it says."""
        self._reach()
        return await self._to.challenged.custody(epoch_s, epoch)

    async def challenge(self, asked: Asked) -> Answered:
        """As it answers."""
        self._reach()
        self._scene.asked.append((self._to.number, asked))
        return await self._to.challenged.challenge(self._caller, asked)

    async def transcripts(self, holder: LogId, epoch_from: int) -> Sequence[bytes]:
        """All of them."""
        return (await self._to.challenged.transcripts(holder, epoch_from, 0)).transcripts


class Lines:
    """Those of one node."""

    def __init__(self, scene: "AuditScene", caller: LogId) -> None:
        self._scene, self._caller = scene, caller

    async def of(self, number: int) -> Direct | None:
        """To every other node."""
        return Direct(self._scene, self._scene.nodes[number], self._caller)


@dataclass
class Node:
    """A node with its disk; `challenged` is what answers for it, honest or not."""

    scene: "AuditScene"
    number: int
    key: Ed25519Key
    store: MemoryLog
    own: OwnLog
    copies: MemoryCopies = field(default_factory=MemoryCopies)
    transcripts: MemoryTranscripts = field(default_factory=MemoryTranscripts)
    answer_s: float = 0.0
    damaged: list[Fingerprint] = field(default_factory=list)

    def __post_init__(self) -> None:
        """A process over the disk."""
        scene = self.scene
        self.log = self.own.log
        self.ledger = MemoryLedger(scene.chain, bytes([self.number]) * 20)
        self.sealer = Sealer(self.store, self.own, scene.clock.now)
        self.sealing = asyncio.ensure_future(self.sealer.run())
        self.challenged = Challenged(
            self.store,
            self.transcripts,
            lambda: self.sealer.own.identity,
            self.log,
            self.damaged.append,
        )
        self.custodian = Custodian(
            self.store,
            self.copies,
            self.sealer,
            self.transcripts,
            now=scene.clock.now,
            random_bytes=SALTS,
            epoch_s=EPOCH_S,
        )
        self.begin()

    def begin(self) -> None:
        """An auditor that knows nothing but what is stored."""
        scene = self.scene
        seeds = Seeds(self.ledger, scene.followed.final, EPOCH_S)
        self.auditor = Auditor(
            Sources(self.store, self.copies, self.transcripts, self.ledger, scene.followed, seeds),
            Lines(scene, self.log),
            self.log,
            lambda: self.sealer.own.identity,
            terms=Terms(),
            now=scene.clock.now,
        )

    @property
    def member(self) -> Member:
        """As the contract has it."""
        account, key = bytes([self.number]) * 20, self.key.public.raw
        name = operator_of(self.number)
        return Member(self.number, self.number, name, account, key, self.log, frozenset(Role), True, b"")

    async def anchor(self) -> None:
        """The own log as it is, in the next block, known here as final."""
        checkpoint = self.sealer.own.checkpoint
        assert checkpoint is not None
        head = await self.ledger.head(self.number)
        if head.size == checkpoint.size:
            return
        sent = await self.ledger.prepare_anchor(head.size, checkpoint.size, checkpoint.root, ())
        await self.ledger.send(sent)
        self.scene.chain.mine(3)
        found = await self.ledger.find_anchor(self.number, checkpoint.size)
        assert found is not None
        found = replace(found, proof=await self.ledger.proof(found))
        step = (self.log, head.size, checkpoint.size, checkpoint.root)
        transaction = SignedTransaction(sent.raw, sent.hash, sent.nonce, sent.max_fee_per_gas)
        await self.store.save_anchor(AnchorTask(*step, transaction, AnchorState.FINAL, found))

    async def newest(self, holder: "Node") -> KeptTranscript:
        """What it kept last of a holder."""
        (*_, kept) = await self.transcripts.of(holder=holder.log)
        return kept

    async def outcome(self, holder: "Node") -> Outcome:
        """Of that."""
        return (await self.newest(holder)).outcome


@dataclass
class AuditScene:
    """All nodes by number. 1 is the creator; what is `down` does not answer."""

    clock: Clock = field(default_factory=Clock)
    followed: MemoryFollowed = field(default_factory=MemoryFollowed)
    nodes: dict[int, Node] = field(default_factory=dict)
    down: set[int] = field(default_factory=set)
    asked: list[tuple[int, Asked]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """An empty chain."""
        self.chain = MemoryChain(self.clock.now, NETWORK)

    async def create(self) -> None:
        """The creator's log."""
        key = Ed25519Key.from_seed(bytes([CREATOR]) * 32)
        branch = await Branch.begun(self.clock, key, operator_of(CREATOR))
        for start in range(3, ENTRIES, 10):
            branch.seal(*(b"entry %d" % index for index in range(start, min(ENTRIES, start + 10))))
        await branch.disk()
        self.nodes[CREATOR] = Node(self, CREATOR, key, branch.store, branch.own)

    async def join(self, number: int) -> Node:
        """A node with a log of its own."""
        key, store = Ed25519Key.from_seed(bytes([number]) * 32), MemoryLog()
        own = await open_log(store, Identity(operator_of(number), key, NETWORK), self.clock.now, SALTS)
        self.nodes[number] = made = Node(self, number, key, store, own)
        return made

    async def hold(self, *numbers: int) -> None:
        """These keep the creator's log, whole, and acknowledged it."""
        creator = self.nodes[CREATOR]
        for number in numbers:
            node = self.nodes[number]
            await copy_log(creator, node)
            await creator.copies.acknowledged(Copy(0, number, number, ENTRIES))

    async def follow(self) -> None:
        """Take over what the chain says."""
        ledger = self.nodes[CREATOR].ledger
        while (page := await ledger.changes(await self.followed.newest())) and page.places:
            await self.followed.take(page)

    async def eve(self) -> int:
        """In the last quarter of an epoch, every node seals and anchors what it has to; the next epoch."""
        epoch = int(self.clock.time) // EPOCH_S + 1
        self.clock.time = (epoch - 0.2) * EPOCH_S
        for node in self.nodes.values():
            await node.custodian.step()
            await node.anchor()
        self.chain.mine(3)
        return epoch

    async def dawn(self, epoch: int) -> None:
        """The epoch's first blocks, final; and so late that everybody is due."""
        self.clock.time = epoch * EPOCH_S + 10
        self.chain.mine(4)
        await self.follow()
        self.clock.time = (epoch + 0.51) * EPOCH_S

    async def day(self) -> int:
        """Both; the epoch that is now."""
        epoch = await self.eve()
        await self.dawn(epoch)
        return epoch


async def copy_log(source: Node, to: Node) -> None:
    """As after replication, in one batch."""
    store, log = source.store, source.log
    entries = [NewEntry(each.fingerprint, each.raw, each.kind) for each in await store.read(log, 0, ENTRIES)]
    tiles = await store.tiles(log, {Coord(0, 0)})
    checkpoint = await store.checkpoint(log, ENTRIES)
    assert checkpoint is not None
    await to.store.append(Batch(log, 0, entries, list(tiles.items()), checkpoint))


@asynccontextmanager
async def audit_scene(*holders: int) -> AsyncIterator[AuditScene]:
    """A creator, whose log these nodes hold; all are members."""
    scene = AuditScene()
    await scene.create()
    try:
        for number in holders:
            await scene.join(number)
        await scene.hold(*holders)
        scene.chain.members += [node.member for node in scene.nodes.values()]
        for node in scene.nodes.values():
            await node.anchor()
        yield scene
    finally:
        for node in scene.nodes.values():
            node.sealing.cancel()
        await asyncio.gather(*(node.sealing for node in scene.nodes.values()), return_exceptions=True)
