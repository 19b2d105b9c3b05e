"""A whole creator under faults: uploads, anchors, the index; it can crash, restart and be checked
from entry 0 on.
"""

import asyncio
from dataclasses import dataclass, field

from tests.journey.chain_scene import ACCOUNT, POLICY, anchorer, member
from tests.journey.scene import FARM, FARM_KEY, NETWORK, Clock, Creator, control, settle, start
from tests.recovery.faults import Faulty
from tracehold.adapters.memory.chain import MemoryChain
from tracehold.adapters.memory.graph import MemoryGraph
from tracehold.adapters.memory.ledger import MemoryLedger
from tracehold.adapters.memory.log import MemoryLog
from tracehold.core.control import Enrol
from tracehold.core.errors import Broken, TraceholdError, Unavailable
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.lineage import touched
from tracehold.journey.anchor import Anchorer
from tracehold.journey.fsck import check_against_chain, check_log
from tracehold.journey.index import Indexer
from tracehold.journey.ports import SignedTransaction
from tracehold.journey.states import State
from tracehold.journey.upload import Item, Outcome


@dataclass
class Plant:
    """What is durable (disk, chain, graph) outlives `restart`; the rest is made anew."""

    clock: Clock
    disk: MemoryLog
    store: Faulty
    chain: MemoryChain
    ledger: Faulty
    graph: Faulty
    creator: Creator
    anchorer: Anchorer
    following: "asyncio.Task[object]"
    answered: dict[Fingerprint, int] = field(default_factory=dict)
    """What was promised: fingerprints of sealed answers and their indices."""

    @classmethod
    async def build(cls) -> "Plant":
        """A creator that is enrolled, with its farm, and no faults yet."""
        clock, disk = Clock(), MemoryLog()
        store, graph = Faulty(disk), Faulty(MemoryGraph())
        made = await start(store, clock)
        chain = MemoryChain(clock.now, NETWORK)
        chain.members.append(member(made.sealer.own.log))

        def stored(sent: SignedTransaction) -> bool:
            tasks = disk._of(made.sealer.own.log).anchors.values()
            return any(task.transaction == sent for task in tasks)

        ledger = Faulty(MemoryLedger(chain, ACCOUNT, stored=stored))
        follower = anchorer(made, ledger)
        plant = cls(
            clock, disk, store, chain, ledger, graph, made, follower, asyncio.ensure_future(asyncio.sleep(0))
        )
        plant.following = plant._follow()
        await plant.upload(control(Enrol(FARM, FARM_KEY.public)))
        return plant

    @property
    def log(self) -> LogId:
        """The own log."""
        return self.creator.sealer.own.log

    def _follow(self) -> "asyncio.Task[object]":
        indexer = Indexer(self.store, self.graph)
        return asyncio.ensure_future(indexer.run(self.creator.sealer.bell, self.clock.sleep))

    async def upload(self, *items: Item) -> list[Outcome] | TraceholdError:
        """Outcomes, noting what they promise; or the error that all of it got."""
        try:
            outcomes = await self.creator.upload(*items)
        except TraceholdError as error:
            return error
        for outcome in outcomes:
            if outcome.fingerprint is not None and outcome.index is not None:
                assert self.answered.setdefault(outcome.fingerprint, outcome.index) == outcome.index
        return outcomes

    async def look(self) -> TraceholdError | None:
        """One look of the anchor follower; the error that it met, if any."""
        try:
            await self.anchorer.step()
        except (Unavailable, Broken) as error:
            return error
        finally:
            await self._ring()
        return None

    async def _ring(self) -> None:
        """Anchors may have moved: the index looks, as in a node, and has done what it can on return."""
        self.creator.sealer.bell.ring()
        await settle()

    async def crash(self) -> None:
        """SIGKILL: every task ends, memory is gone."""
        self.following.cancel()
        await asyncio.gather(self.following, return_exceptions=True)
        await self.creator.crash()

    async def restart(self) -> None:
        """A new process over the same disk, chain and graph."""
        await self.crash()
        self.creator = await start(self.store, self.clock)
        self.anchorer = anchorer(self.creator, self.ledger)
        self.following = self._follow()

    async def heal(self) -> None:
        """No more faults; a restart; time and blocks until everything that was sealed is final and
        indexed.
        """
        for port in (self.store, self.ledger, self.graph):
            port.heal()
        await self.restart()
        for _ in range(14):
            await self.clock.pass_by(POLICY.seconds)
            await self.anchorer.step()
            await self._ring()
            self.chain.mine()

    async def check(self) -> None:
        """Everything that was promised holds, from entry 0 to the chain's head."""
        found = await check_log(self.disk, self.log)
        assert found.final == found.entries
        await check_against_chain(self.disk, self.ledger.port, self.log, 1)
        places = await self.disk.find(self.answered)
        assert {fingerprint: place.index for fingerprint, place in places.items()} == self.answered
        states = await self.creator.states.of(self.answered)
        assert {known.state for known in states.values()} == {State.FINAL}
        sizes = [0, *(event.size for event in self.chain.events())]
        assert [event.prev_size for event in self.chain.events()] == sizes[:-1], (
            "anchored twice, or with a gap"
        )
        await self._check_index(found.entries)

    async def _check_index(self, entries: int) -> None:
        """The graph is one that is made again from the log."""
        again = MemoryGraph()
        indexer = Indexer(self.disk, again)
        while await indexer.once():
            pass
        assert await self.graph.port.coverage() == await again.coverage() == {self.log: ((0, entries),)}
        items = {item for fact in again._facts.values() for item in touched(fact)}
        assert items
        assert await self.graph.port.facts(items) == await again.facts(items)
