"""A creator over SQLite, anchored on a devchain in the test's own process by the adapter that a node has:
blocks in hand, faults in every port, and processes that end at any write.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from coincurve import PrivateKey

from tests.devchain.node import BOB
from tests.devchain.node import Clock as BlockClock
from tests.journey.chain_scene import POLICY, anchorer
from tests.journey.scene import (
    FARM,
    FARM_KEY,
    NETWORK,
    NODE_KEY,
    OPERATOR,
    SALTS,
    START,
    Clock,
    Creator,
    control,
    event,
    start,
)
from tests.ports.ledgers import BOTH, OnDevchain
from tests.recovery.faults import Faulty
from tracehold.adapters.ethereum import acks
from tracehold.adapters.ethereum.admin import Admin, NewNode
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.core.control import Enrol
from tracehold.core.errors import Broken, Rejected, TraceholdError, Unavailable
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.record import event_header, sign
from tracehold.journey.anchor import Anchorer
from tracehold.journey.ending import Ending
from tracehold.journey.fsck import check_against_chain, check_log
from tracehold.journey.pointing import Pointer, Pointing
from tracehold.journey.ports import AnchorState, AnchorTask, Member
from tracehold.journey.states import State
from tracehold.journey.upload import Item
from tracehold.node.pointerfiles import PointerFiles

ACCOUNT = acks.address_of(PrivateKey(bytes(BOB.key)).public_key)
CHAIN, DISK = "chain", "disk"


class Pointers:
    """The pointers' files, written as the node does."""

    def __init__(self, folder: Path) -> None:
        self.files = PointerFiles(folder)

    async def save(self, pointer: Pointer) -> None:
        """Durable on return."""
        self.files.save(pointer)


def _blocks(folder: Path) -> OnDevchain:
    return OnDevchain(folder / CHAIN, BlockClock(int(START)))


async def founded(folder: Path) -> bytes:
    """Make the chain, the contract and the log in it, with three entries and nothing anchored; the contract's
    address.
    """
    SALTS.drawn = 0
    chain = _blocks(folder)
    async with SqliteLog.open(folder / DISK) as disk:
        made = await start(disk, Clock())
        (outcome,) = await made.upload(control(Enrol(FARM, FARM_KEY.public)))
        assert outcome.error is None
        await made.crash()
        contract = await chain.admin.deploy(NETWORK, 0)
        operator = await chain.admin.enrol_operator(contract, OPERATOR)
        node = NewNode(operator, ACCOUNT, NODE_KEY.public.raw, made.sealer.own.log, BOTH, b"a record")
        assert await chain.admin.enrol_node(contract, node) == 1
    chain.close()
    return contract


@dataclass
class ChainPlant:
    """What is durable (the folder, the chain) outlives `restart`; the rest is made anew."""

    folder: Path
    chain: OnDevchain
    clock: Clock = field(default_factory=Clock)
    answered: dict[Fingerprint, int] = field(default_factory=dict)
    """What was promised: fingerprints of sealed answers and their indices."""
    pointed: Fingerprint | None = None
    """The record that is to be superseded."""
    retired: bool = False
    ended: bool = False

    disk: SqliteLog = field(init=False)
    store: Faulty = field(init=False)
    ledger: Faulty = field(init=False)
    pointers: Faulty = field(init=False)
    admin: Faulty = field(init=False)
    creator: Creator = field(init=False)
    anchorer: Anchorer = field(init=False)
    pointing: Pointing = field(init=False)

    @classmethod
    async def built(cls, template: tuple[Path, bytes], folder: Path) -> "ChainPlant":
        """A process over copies of what `founded` made, and no faults yet."""
        made, contract = template
        shutil.copytree(made, folder, dirs_exist_ok=True)
        SALTS.drawn = 1_000
        chain = _blocks(folder)
        chain.contract = contract
        plant = cls(folder, chain)
        await plant._start()
        return plant

    async def _start(self) -> None:
        self.disk = SqliteLog.open(self.folder / DISK)
        self.store = Faulty(self.disk)
        self.ledger = Faulty(self.chain.open())
        self.pointers = Faulty(Pointers(self.folder))
        self.admin = Faulty(Admin(self.chain.client, bytes(BOB.key), self._mined))
        self.creator = await start(self.store, self.clock)
        self.anchorer = anchorer(self.creator, self.ledger)
        link, turn = self.anchorer.link, self.anchorer.turn
        submit, save = self.creator.uploads.submit, self.pointers.save
        self.pointing = Pointing(link, turn, submit, save, POLICY.bump_after)

    async def _mined(self, _: float) -> None:
        self.mine()

    @property
    def log(self) -> LogId:
        """The own log."""
        return self.creator.sealer.own.log

    @property
    def ports(self) -> dict[str, Faulty]:
        """Where faults can be."""
        return {
            "store": self.store,
            "ledger": self.ledger,
            "pointers": self.pointers,
            "admin": self.admin,
        }

    @property
    def armed(self) -> bool:
        """Whether a fault still waits for its call."""
        return any(port.faults for port in self.ports.values())

    # -- what happens to it

    async def upload(self, *items: Item) -> None:
        """Seal, and remember what was promised."""
        for outcome in await self.creator.upload(*items):
            assert outcome.fingerprint is not None, outcome.error
            assert outcome.index is not None
            self.answered[outcome.fingerprint] = outcome.index

    def ask(self, record: Fingerprint) -> None:
        """The operator asks for a record to be superseded by another statement of the farm."""
        header = event_header(FARM_KEY.public, FARM, NETWORK, int(START), SALTS(16))
        statement = sign(replace(header, supersedes=record), event(50), FARM_KEY)
        self.pointers.port.files.ask(Pointer(record, START, statement))
        self.pointed = record

    def pointer(self) -> Pointer | None:
        """As it stands in its file."""
        return self.pointers.port.files.read(self.pointed) if self.pointed else None

    def mine(self) -> None:
        """One block, at the time that it is."""
        self.chain.clock.now = max(self.chain.clock.now, int(self.clock.time))
        self.chain.mine()

    async def look(self) -> TraceholdError | None:
        """One look of each task that sends; the first error that one met, if any."""
        told: list[TraceholdError] = []
        for step in (self.anchorer.step, self._point, self._end):
            try:
                await step()
            except (Unavailable, Rejected) as error:
                told.append(error)
            except Broken as error:
                return error
        return told[0] if told else None

    async def _point(self) -> None:
        for pointer in self.pointers.port.files.open():
            await self.pointing.step(pointer)

    async def _end(self) -> None:
        async def retire(size: int) -> None:
            await self.admin.retire(self.chain.contract, size)

        if self.retired and not self.ended and not self.pointers.port.files.open():
            outlook = self.ledger.port.outlook
            link, turn = self.anchorer.link, self.anchorer.turn
            ending = Ending(link, turn, lambda: True, lambda: True, lambda: False, retire, outlook.waiting)
            self.ended = await ending.step()

    async def crash(self) -> None:
        """SIGKILL: every task ends, memory is gone."""
        await self.creator.crash()
        self.disk.close()

    async def restart(self) -> None:
        """A new process over the same folder and chain."""
        await self.crash()
        self.ended = False
        await self._start()

    async def finish(self) -> None:
        """Time, looks and blocks until everything is final; whatever it meets, nothing is Broken."""
        for _ in range(20):
            await self.clock.pass_by(POLICY.seconds)
            error = await self.look()
            assert not isinstance(error, Broken), error
            # A creator that has ended is none any more, as the anchorer tells.
            if (error is None or self.ended) and await self._settled():
                return
            self.mine()
        raise AssertionError("not settled within 20 looks")

    async def _settled(self) -> bool:
        tasks = await self.tasks()
        final = {task.state for task in tasks} == {AnchorState.FINAL}
        whole = final and tasks[-1].size == await self.disk.size(self.log)
        return whole and not self.pointers.port.files.open() and self.ended is self.retired

    # -- what is there

    async def tasks(self) -> list[AnchorTask]:
        """Stored anchors of all states."""
        return list(await self.disk.anchors(self.log, set(AnchorState)))

    async def nonces(self) -> int:
        """How many transactions of the account are in blocks; nothing of it waits."""
        mined = await self.chain.client.nonce(ACCOUNT)
        assert await self.chain.client.next_nonce(ACCOUNT) == mined, "something still waits"
        return mined

    async def member(self) -> Member:
        """This node, as the contract knows it."""
        (found,) = await self.chain.open().members()
        return found

    async def check(self, sizes: Sequence[int]) -> None:
        """All that was promised holds, and the chain has one anchor for each of these sizes, as the disk."""
        found = await check_log(self.disk, self.log)
        assert found.final == found.entries == sizes[-1]
        ledger = self.chain.open()
        await check_against_chain(self.disk, ledger, self.log, 1)
        tasks, events = await self.tasks(), await ledger.anchors(1, 0)
        assert [(one.prev_size, one.size) for one in events] == list(zip([0, *sizes], sizes, strict=False))
        assert {task.state for task in tasks} == {AnchorState.FINAL}
        assert [task.anchor and replace(task.anchor, proof=None) for task in tasks] == list(events)
        places = await self.disk.find(self.answered)
        assert {fingerprint: place.index for fingerprint, place in places.items()} == self.answered
        states = await self.creator.states.of(self.answered)
        assert {known.state for known in states.values()} == {State.FINAL}
