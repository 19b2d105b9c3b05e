"""A graph and the findings behind it."""

from pathlib import Path

from tracehold.adapters.memory.graph import MemoryGraph
from tracehold.adapters.sqlite_quality import SqliteFindings
from tracehold.core.ids import LogId
from tracehold.core.lineage import Fact
from tracehold.journey.knowledge import Run, at_once
from tracehold.journey.ports import Indexed, MasterDataVersion
from tracehold.journey.quality import Kept, Quality

LOG = LogId(b"\x01" * 32)


class Bench:
    """A graph, its findings, and what writes and judges."""

    def __init__(
        self,
        path: Path | None = None,
        graph: MemoryGraph | None = None,
        kept: Kept | None = None,
        run: Run = at_once,
    ) -> None:
        self.graph = graph or MemoryGraph()
        self.store = SqliteFindings(path)
        self.changed = 0
        self.quality = Quality(self.graph, self.store, self._heard, run, kept)
        self.at = 0

    def _heard(self) -> None:
        self.changed += 1

    async def add(self, *facts: Fact, said: tuple[MasterDataVersion, ...] = ()) -> None:
        """One step of the index."""
        step = Indexed(
            LOG, self.at, self.at + len(facts) + len(said),
            [(self.at + i, fact) for i, fact in enumerate(facts)],
            [(self.at + len(facts) + i, version) for i, version in enumerate(said)],
        )  # fmt: skip
        await self.quality.watched.add(step)
        self.at = step.stop

    async def settle(self) -> None:
        """Judge all that waits."""
        while await self.quality.once():
            pass

    async def found(self, *facts: Fact) -> set[tuple[int, str, int | None]]:
        """What is stored of these events, as `all_found` says it."""
        number = {fact.fingerprint: at for at, fact in enumerate(facts)}
        stored = await self.store.of(number, 100)
        return {
            (number[f.event], str(f.code), number[f.other] if f.other else None)
            for findings in stored.values()
            for f in findings
        }
