"""A chain in memory with one anchoring contract: blocks, a pool, nonces, fees, reorganisations. For tests.

Nothing happens by itself: `mine` makes a block, `reorganise` replaces the last ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from tracehold.adapters.memory.contract import Call, Domain, Rules
from tracehold.core.ids import Fingerprint, LogId, NetworkId
from tracehold.core.receipt import Anchor
from tracehold.journey.members import Members
from tracehold.journey.ports import Member
from tracehold.journey.ports.followed import Anchored, Change, Place, Superseded, What


@dataclass(frozen=True, slots=True)
class Executed:
    """A call in a block; `event` and `pointed` are None where it reverted."""

    call: Call
    event: Anchor | None
    pointed: Superseded | None = None

    @property
    def told(self) -> What | None:
        """What the contract says of it."""
        return _anchored(self.call, self.event) if self.event else self.pointed


@dataclass(frozen=True, slots=True)
class Block:
    """A block; its hash is another on every branch. `acts` are other events of the contract, which come
    before those of the calls.
    """

    number: int
    hash: bytes
    time: int
    calls: tuple[Executed, ...]
    acts: tuple[What, ...] = ()

    def changes(self) -> list[Change]:
        """Its events, in order."""
        told = [*self.acts, *[each.told for each in self.calls if each.told]]
        return [Change(self.number, self.hash, self.time, at, what) for at, what in enumerate(told)]


def _anchored(call: Call, event: Anchor) -> Anchored:
    ackers = tuple([node for node, _ in call.acks])
    return Anchored(event.node, event.prev_size, event.size, event.root, ackers, event.tx_hash)


@dataclass
class MemoryChain:
    """The canonical blocks, the pool, and the nodes that the contract knows. Block 0 is empty.

    `members` are in a test's hand at any time, and no block tells of them; those of whom blocks tell come by
    `act`.
    """

    now: Callable[[], float]
    network_id: NetworkId
    chain_id: int = 1337
    contract: bytes = b"\xc0" * 20
    salt: bytes = b"\x05" * 32
    quorum: int = 0
    members: list[Member] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    pool: dict[bytes, Call] = field(default_factory=dict)
    prepared: set[bytes] = field(default_factory=set)
    branch: int = 0
    acts: list[What] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._append(())

    def act(self, *events: What) -> None:
        """Let the contract say this in the next block, unchecked."""
        self.acts += events

    @property
    def everyone(self) -> list[Member]:
        """All nodes that the contract knows."""
        acts = [change for block in self.blocks if block.acts for change in block.changes()]
        return [*self.members, *Members().apply(acts).all()] if acts else self.members

    def place(self, number: int) -> Place | None:
        """The canonical block of a height."""
        if not 0 <= number < len(self.blocks):
            return None
        block, parent = self.blocks[number], self.blocks[number - 1].hash if number else bytes(32)
        return Place(number, block.hash, parent, block.time)

    @property
    def rules(self) -> Rules:
        """The contract as it stands: its members and quorum may change at any time, in a test's hand."""
        domain = Domain(self.chain_id, self.contract, self.network_id, self.salt)
        return Rules(domain, self.everyone, self.quorum)

    def nonce(self, account: bytes) -> int:
        """The account's next nonce, by what is mined."""
        return sum(each.call.account == account for block in self.blocks for each in block.calls)

    def next_nonce(self, account: bytes) -> int:
        """The first nonce that is neither mined nor in the pool."""
        waiting = {call.nonce for call in self.pool.values() if call.account == account}
        nonce = self.nonce(account)
        while nonce in waiting:
            nonce += 1
        return nonce

    def events(self) -> list[Anchor]:
        """All canonical `Anchored` events in order."""
        return [each.event for block in self.blocks for each in block.calls if each.event is not None]

    def head(self, node: int) -> Anchor | None:
        """The node's newest event."""
        return next((event for event in reversed(self.events()) if event.node == node), None)

    def pointed(self, node: int, record: Fingerprint, upto: int | None = None) -> Fingerprint | None:
        """What a record points to, in blocks up to `upto`."""
        blocks = self.blocks if upto is None else self.blocks[: max(0, upto + 1)]
        said = [each.pointed for block in blocks for each in block.calls if each.pointed]
        return next((e.replacement for e in said if (e.node, e.fingerprint) == (node, record)), None)

    def mine(self, blocks: int = 1) -> None:
        """Make blocks out of what waits and can run."""
        for _ in range(blocks):
            acts, self.acts = self.acts, []
            self._append(self._runnable(), tuple(acts))

    def reorganise(self, depth: int, *, lose: bool = False) -> None:
        """Replace the last `depth` blocks by as many empty ones and one more;
        what they held waits again, or (`lose`) is gone.
        """
        gone = self.blocks[len(self.blocks) - depth :]
        dropped = [each.call for block in gone for each in block.calls]
        del self.blocks[len(self.blocks) - depth :]
        self.branch += 1
        for _ in range(depth + 1):
            self._append(())
        if not lose:
            self.pool.update((call.hash, call) for call in dropped)
            self.acts = [act for block in gone for act in block.acts] + self.acts

    def _runnable(self) -> Sequence[Call]:
        run: list[Call] = []
        nonces = {call.account: self.nonce(call.account) for call in self.pool.values()}
        for call in sorted(self.pool.values(), key=lambda call: (call.nonce, -call.fee)):
            if call.nonce == nonces[call.account]:
                run.append(call)
                nonces[call.account] += 1
        self.pool = {key: call for key, call in self.pool.items() if call.nonce >= nonces[call.account]}
        return run

    def _append(self, calls: Sequence[Call], acts: tuple[What, ...] = ()) -> None:
        number = len(self.blocks)
        digest = sha256(f"{self.branch}/{number}".encode()).digest()
        block = Block(number, digest, int(self.now()), (), acts)
        self.blocks.append(block)
        for call in calls:
            # One by one: a later call of the block sees what an earlier one did.
            done = self._point(call) if call.pointer else Executed(call, self._execute(block, call))
            block = replace(block, calls=(*block.calls, done))
            self.blocks[-1] = block

    def _point(self, call: Call) -> Executed:
        said = call.pointer
        member = next((member for member in self.everyone if member.account == call.account), None)
        if said is None or member is None:
            return Executed(call, None)
        before = self.pointed(member.number, said.fingerprint)
        refused = self.rules.refused_pointer(call, self.head(member.number), before)
        event = Superseded(member.number, said.fingerprint, said.replacement)
        return Executed(call, None, None if refused else event)

    def _execute(self, block: Block, call: Call) -> Anchor | None:
        member = next((member for member in self.everyone if member.account == call.account), None)
        if member is None or self.rules.refusal(call, self.head(member.number)):
            return None
        assert all((event.node, event.size) != (member.number, call.size) for event in self.events()), (
            "anchored twice"
        )
        return Anchor(
            self.chain_id,
            self.contract,
            member.number,
            LogId(member.log),
            call.prev_size,
            call.size,
            call.root,
            block.number,
            block.hash,
            block.time,
            call.hash,
            len(block.calls),
        )
