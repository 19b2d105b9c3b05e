"""A creator's log as a value that can be forked, and holders that it is shipped to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.journey.scene import FARM, FARM_KEY, NETWORK, NODE_KEY, OPERATOR, PLENTY, SALTS, Clock, control
from tracehold.adapters.memory.chain import MemoryChain
from tracehold.adapters.memory.copies import MemoryCopies
from tracehold.adapters.memory.ledger import MemoryLedger
from tracehold.adapters.memory.log import MemoryLog
from tracehold.core.checkpoint import Checkpoint
from tracehold.core.control import Enrol
from tracehold.core.errors import Rejected, TraceholdError
from tracehold.core.ids import LogId
from tracehold.core.keys import Ed25519Key, SigningKey
from tracehold.core.leaf import Leaf
from tracehold.core.merkle import EMPTY_ROOT
from tracehold.core.record import fingerprint, parse
from tracehold.journey.holding import Holding
from tracehold.journey.judge import Judge
from tracehold.journey.keeper import take
from tracehold.journey.neighbours import Neighbour
from tracehold.journey.own_log import Identity, OwnLog, open_log
from tracehold.journey.ports import Batch, Kept, Member, NewEntry, Pledge, Role, Sent, Shipment
from tracehold.journey.room import Room
from tracehold.journey.tree import root_at
from tracehold.journey.upload import Disk
from tracehold.journey.witness import Witnessing

CREATOR = 1
"""Number of the creator in the contract; holders follow."""


@dataclass
class Branch:
    """A log and everything that was sealed into it; `fork` makes another with the same past."""

    own: OwnLog
    clock: Clock
    store: MemoryLog
    entries: list[NewEntry] = field(default_factory=list)
    checkpoints: dict[int, Checkpoint] = field(default_factory=dict)
    batches: list[Batch] = field(default_factory=list)

    @classmethod
    async def begun(cls, clock: Clock, key: SigningKey = NODE_KEY, operator: str = OPERATOR) -> "Branch":
        """A log with its header, its node key, and the farm's key: three entries."""
        store = MemoryLog()
        own = await open_log(store, Identity(operator, key, NETWORK), clock.now, SALTS)
        made = cls(own, clock, store)
        for entry in await store.read(own.log, 0, 2):
            made.entries.append(NewEntry(entry.fingerprint, entry.raw, entry.kind))
        assert own.checkpoint is not None
        made.checkpoints[2] = own.checkpoint
        made.seal(control(Enrol(FARM, FARM_KEY.public), key=key, party=operator).raw)
        return made

    @property
    def log(self) -> LogId:
        """The log's id."""
        return self.own.log

    @property
    def size(self) -> int:
        """Entries."""
        return self.own.size

    def seal(self, *raws: bytes) -> int:
        """Seal any bytes, with one checkpoint over all; the size after it."""
        roster, new = self.own.roster.copy(), [_entry(raw) for raw in raws]
        for at, entry in enumerate(new, self.size):
            if entry.kind:
                try:
                    roster.apply(at, parse(entry.raw))
                except Rejected:
                    pass
        self.clock.time += 1
        batch, self.own = self.own.extend(new, roster, int(self.clock.now() * 1000))
        self.entries += new
        self.batches.append(batch)
        assert self.own.checkpoint is not None
        self.checkpoints[self.size] = self.own.checkpoint
        return self.size

    def fork(self) -> "Branch":
        """Another branch that begins with this one."""
        return replace(
            self, entries=list(self.entries), checkpoints=dict(self.checkpoints), batches=list(self.batches)
        )

    async def disk(self) -> MemoryLog:
        """The store of the creator, with all that was sealed until now."""
        for batch in self.batches:
            await self.store.append(batch)
        self.batches.clear()
        return self.store

    def shipment(self, start: int, size: int | None = None, prev_size: int = 0) -> Shipment:
        """What ships entries [start, size); none where start is not below size."""
        size = self.size if size is None else size
        sent = tuple(Sent(entry.raw, entry.fingerprint) for entry in self.entries[start:size])
        return Shipment(self.log, start, sent, self.checkpoints[size], prev_size)

    def neighbour(self, **changes: object) -> Neighbour:
        """The creator as holders know it."""
        identity = self.own.identity
        known = Neighbour(
            number=CREATOR,
            log=self.log,
            endpoint="creator:1",
            leaf=Leaf(b"creator", b"", ""),
            roles=frozenset(Role),
            operator_number=CREATOR,
            operator=identity.operator,
            account=bytes([CREATOR]) * 20,
            node_key=identity.key.public,
        )
        return replace(known, **changes)  # type: ignore[arg-type]


def _entry(raw: bytes) -> NewEntry:
    try:
        return NewEntry(fingerprint(raw), raw, parse(raw).header.kind)
    except Rejected:
        return NewEntry(fingerprint(raw), raw, "")


def operator_of(number: int) -> str:
    """The operator of a holder."""
    return f"https://holder{number}.example"


@dataclass
class Holder:
    """A node that keeps logs of others; `restart` is what a new process does with the same disk."""

    clock: Clock
    chain: MemoryChain
    number: int = 2
    store: MemoryLog = field(default_factory=MemoryLog)
    copies: MemoryCopies = field(default_factory=MemoryCopies)
    judge: Judge = field(default_factory=Judge)
    free: Callable[[], int] = lambda: PLENTY
    quota: int = 0
    faults: list[TraceholdError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.account = bytes([self.number]) * 20
        self.ledger = MemoryLedger(self.chain, self.account)

    @classmethod
    async def started(cls, clock: Clock, chain: MemoryChain, number: int, **more: Any) -> "Holder":
        """A node with a log of its own, and nothing of others."""
        made = cls(clock, chain, number, **more)
        identity = Identity(operator_of(number), Ed25519Key.from_seed(bytes([number]) * 32), NETWORK)
        await open_log(made.store, identity, clock.now, SALTS)
        made.restart()
        return made

    async def logs(self) -> Sequence[LogId]:
        """Logs of others that are kept."""
        return (await self.store.logs())[1:]

    def restart(self, store: Any = None, copies: Any = None, ledger: Any = None) -> None:
        """Nothing but what is stored. Ports with faults may stand before the disk and the chain."""
        ports = (store or self.store, copies or self.copies, ledger or self.ledger)
        witnessing = Witnessing(*ports, self.clock.now, self.faults.append)
        self.holding = Holding(witnessing, Room(Disk(self.free), self.quota), judge=self.judge)

    async def take(self, branch: Branch, shipment: Shipment, caller: Neighbour | None = None) -> Kept:
        """What is answered to a shipment, by the creator of the branch unless another is named."""
        return await take(self.holding, caller or branch.neighbour(), shipment)

    async def check(self, branch: Branch, kept: Kept, size: int, prev_size: int = 0) -> None:
        """The answer acknowledges this state of the branch, and nothing else."""
        roots = {0: EMPTY_ROOT} | {at: made.root for at, made in branch.checkpoints.items()}
        pledge = Pledge(CREATOR, branch.log, prev_size, roots[prev_size], size, roots[size])
        await self.ledger.check_acknowledgement(pledge, kept.acknowledgement, self.account)

    async def codes(self, log: LogId) -> dict[int, str]:
        """What is disputed, by index."""
        return {dispute.index: dispute.code for dispute in await self.store.disputes(log, 0, 1 << 40)}

    async def root(self, log: LogId) -> bytes:
        """The root of what is kept."""
        return await root_at(self.store, log, await self.store.size(log))


@dataclass
class Scene:
    """A creator's branch and two holders."""

    clock: Clock
    chain: MemoryChain
    branch: Branch
    holder: Holder
    other: Holder

    async def anchor(self, branch: Branch, size: int) -> None:
        """Put a state of the branch on the chain, in the next block."""
        await anchor(self.chain, branch, size)


async def anchor(chain: MemoryChain, branch: Branch, size: int) -> None:
    """Put a state of the creator's branch on a chain, in the next block."""
    ledger = MemoryLedger(chain, bytes([CREATOR]) * 20)
    head = await ledger.head(CREATOR)
    sent = await ledger.prepare_anchor(head.size, size, branch.checkpoints[size].root, ())
    await ledger.send(sent)
    chain.mine()


async def scene() -> Scene:
    """The creator's log has three entries, and nobody keeps it yet."""
    clock = Clock()
    chain = MemoryChain(clock.now, NETWORK)
    branch = await Branch.begun(clock)
    holder = await Holder.started(clock, chain, 2)
    other = await Holder.started(clock, chain, 3)
    who = [(CREATOR, branch.log), *[(each.number, (await each.store.logs())[0]) for each in (holder, other)]]
    for number, log in who:
        operator = OPERATOR if number == CREATOR else operator_of(number)
        account, key = bytes([number]) * 20, NODE_KEY.public.raw
        chain.members.append(Member(number, number, operator, account, key, log, frozenset(Role), True, b""))
    return Scene(clock, chain, branch, holder, other)
