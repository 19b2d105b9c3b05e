"""A machine with keys on its disk, on which a node runs, dies and starts again while it rotates them."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from tests.journey.network import POLICY
from tests.journey.scene import NETWORK, SALTS, Clock
from tracehold.adapters.memory.chain import MemoryChain
from tracehold.adapters.memory.ledger import MemoryLedger
from tracehold.adapters.memory.log import MemoryLog
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.keys import Ed25519Key
from tracehold.journey.anchor import Anchorer
from tracehold.journey.check import Checks
from tracehold.journey.delegate import Delegated, Delegation
from tracehold.journey.onchain import Link
from tracehold.journey.own_log import Identity, OwnLog, open_log
from tracehold.journey.ports import AnchorState, Batch, Member, Role
from tracehold.journey.rotate import Rotation, Successor
from tracehold.journey.seal import Sealer
from tracehold.journey.states import States
from tracehold.journey.upload import Disk, Outcome, Uploads

OPERATOR = "https://id.gs1.org/417/9521000000012"
FINAL_AFTER = 2


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Faults:
    """Where the process is killed: before or after the work of these points, each once."""

    at: set[tuple[str, str]] = field(default_factory=set)

    def meet(self, when: str, point: str) -> None:
        """Die, if it is here."""
        if (when, point) in self.at:
            self.at.remove((when, point))
            raise Killed


@dataclass(frozen=True)
class Keys:
    """One generation of files."""

    node: Ed25519Key
    account: bytes


class Store(MemoryLog):
    """A log whose appends may be the last."""

    faults = Faults()

    async def append(self, batch: Batch) -> None:
        """As the log does it."""
        rotates = any("rotate" in entry.kind for entry in batch.entries)
        if rotates:
            self.faults.meet("before", "log")
        await super().append(batch)
        if rotates:
            self.faults.meet("after", "log")


@dataclass
class Machine:
    """The disk, the chain, and the process that runs now."""

    faults: Faults = field(default_factory=Faults)
    clock: Clock = field(default_factory=Clock)
    used: list[bytes] = field(default_factory=list)
    """Accounts that the node was switched to, in order."""

    def __post_init__(self) -> None:
        self.chain = MemoryChain(self.clock.now, NETWORK)
        self.store = Store()
        self.store.faults = self.faults
        self.present = Keys(Ed25519Key.from_seed(b"old!" * 8), b"\x01" * 20)
        self.next: Keys | None = None
        self._changed = 0
        self._before: Member | None = None

    async def start(self) -> None:
        """A new process over the same disk."""
        following = self.next.node if self.next else None
        identity = Identity(OPERATOR, self.present.node, NETWORK, following)
        own = await open_log(self.store, identity, self.clock.now, SALTS)
        if not self.chain.members:
            key, roles = identity.key.public.raw, frozenset(Role)
            member = Member(1, 1, OPERATOR, self.present.account, key, own.log, roles, True, b"old")
            self.chain.members.append(member)
        self._run(own)

    def _run(self, own: OwnLog) -> None:
        self.sealer = Sealer(self.store, own, self.clock.now)
        self.ledger = MemoryLedger(self.chain, self.present.account, confirmations=FINAL_AFTER)
        states = States(self.store)
        roster = lambda: self.sealer.own.roster  # noqa: E731
        link = Link(self.store, self.ledger, states, own.log, roster=roster)
        self.anchorer = Anchorer(link, POLICY, now=self.clock.now, sleep=self.clock.sleep)
        delegation = Delegation(own.identity, self.clock.now, SALTS)
        self.uploads = Uploads(
            self.store,
            self.sealer,
            states,
            Checks(),
            delegation,
            sleep=self.clock.sleep,
            disk=Disk(lambda: 1 << 40),
        )
        self._sealing = asyncio.ensure_future(self.sealer.run())
        self.rotation = self._rotation() if self.next else None

    def _rotation(self) -> Rotation:
        assert self.next is not None
        return Rotation(
            Successor(self.next.node, self.next.account, b"new"),
            self.sealer,
            self.anchorer,
            self.store,
            self,
            self,
            lambda: None,
            self.clock.now,
            SALTS,
        )

    async def prepare(self, keys: Keys) -> None:
        """What is to come is on the disk, and the running process sees it."""
        self.next = keys
        self.rotation = self._rotation()

    async def die(self) -> None:
        """As SIGKILL does it."""
        self._sealing.cancel()
        await asyncio.gather(self._sealing, return_exceptions=True)

    async def seal(self, *items: Delegated) -> list[Outcome]:
        """Upload."""
        return await self.uploads.submit(items)

    async def pass_by(self) -> None:
        """Some time: an anchor may be begun, a block is made, the rotation goes one step further."""
        self.clock.time += 10
        try:
            await self.anchorer.step()
        except Rejected as refusal:
            assert refusal.code == "NOT_A_MEMBER"  # noqa: PT017, only the rotation can tell which account it is
        if self.rotation is not None and await self.rotation.step():
            self.rotation = None
        self.chain.mine()

    async def settle(self, say: Callable[[], Iterable[Delegated]] = tuple) -> int:
        """Until the rotation is done, with uploads in between; how often the process died meanwhile."""
        died = 0
        for _ in range(40):
            try:
                await self._live(say)
            except (Killed, Unavailable):
                died += 1
                await self.die()
                await self.start()
            if self.next is None and self.rotation is None:
                return died
        raise AssertionError("the rotation does not come to its end")

    async def _live(self, say: Callable[[], Iterable[Delegated]]) -> None:
        for item in say():
            await self.seal(item)
        passing = asyncio.ensure_future(self.pass_by())
        await asyncio.wait({passing, self._sealing}, return_when=asyncio.FIRST_COMPLETED)
        if self._sealing.done():
            passing.cancel()
            await asyncio.gather(passing, return_exceptions=True)
        await (self._sealing if self._sealing.done() else passing)

    # -- the contract

    async def myself(self, *, final: bool) -> Member | None:
        """The node of this log."""
        recent = len(self.chain.blocks) - 1 - self._changed < FINAL_AFTER
        return self._before if final and self._before and recent else self.chain.members[0]

    async def replace(self, present: Member, successor: Successor) -> None:
        """One transaction."""
        assert not await self.store.anchors(present.log, set(AnchorState) - {AnchorState.FINAL})
        assert present.account in {self.present.account, self.next.account if self.next else b""}
        self.faults.meet("before", "contract")
        self.chain.mine()
        self._changed = len(self.chain.blocks) - 1
        key = successor.node_key.public.raw
        ended = ((self._changed, present.node_key),) if key != present.node_key else ()
        self._before = present
        self.chain.members[0] = replace(
            present,
            account=successor.account,
            node_key=key,
            record=successor.record,
            replaced=present.replaced + ended,
        )
        self.faults.meet("after", "contract")

    def undo(self) -> None:
        """The block of the replacement is replaced, and the transaction is lost."""
        assert self._before is not None
        self.chain.members[0], self._before = self._before, None
        self.chain.reorganise(len(self.chain.blocks) - self._changed, lose=True)

    # -- the switch

    async def use(self) -> None:
        """The ledger's account."""
        self.faults.meet("before", "use")
        assert self.next is not None
        if self.ledger._account != self.next.account:
            self.used.append(self.next.account)
        self.ledger._account = self.next.account
        self.faults.meet("after", "use")

    async def keep(self) -> None:
        """Move the files, one after the other."""
        self.faults.meet("before", "keep")
        assert self.next is not None
        self.present = replace(self.present, account=self.next.account)
        self.faults.meet("within", "keep")
        self.present = replace(self.present, node=self.next.node)
        self.faults.meet("after", "keep")
        self.next = None
