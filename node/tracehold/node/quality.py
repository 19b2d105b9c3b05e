"""The findings of the node: a file of their own, whatever keeps the index."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass

from tracehold.adapters.sqlite_quality import SqliteFindings
from tracehold.config import Config
from tracehold.core.ids import LogId
from tracehold.core.quality import Code
from tracehold.core.spans import Spans, without
from tracehold.journey.follow import unrung
from tracehold.journey.found import Findings
from tracehold.journey.parsed import Events, tolerant
from tracehold.journey.ports import Graph, RecordLog
from tracehold.journey.ports.quality import FindingStore
from tracehold.journey.quality import Quality
from tracehold.journey.refusing import Refusing
from tracehold.node.graph import open_graph
from tracehold.node.own import data_folder

QUALITY_FILE = "quality.sqlite"


@dataclass(frozen=True, slots=True)
class Doubts:
    """What finds, what shows, and what refuses."""

    graph: Graph
    store: FindingStore
    quality: Quality
    findings: Findings

    def refusing(self, config: Config, events: Events = tolerant) -> Refusing:
        """What refuses uploads, as configured."""
        codes = [Code(code) for code in config.quality.refuse]
        return Refusing(codes, self.graph, self.store, events, asyncio.to_thread)


@asynccontextmanager
async def open_quality(
    config: Config, log: RecordLog, changed: Callable[[], None] = unrung
) -> AsyncIterator[Doubts]:
    """Open the graph and the file of findings, and close them at the end. `changed` is called when findings
    have. Raises as `open_graph` and `SqliteFindings`.
    """

    async def kept() -> Mapping[LogId, Spans]:
        return {each: without(await log.spans(each), await log.unjudged(each)) for each in await log.logs()}

    async with open_graph(config) as graph:
        with closing(SqliteFindings(data_folder(config) / QUALITY_FILE)) as store:
            quality = Quality(graph, store, changed, asyncio.to_thread, kept)
            yield Doubts(graph, store, quality, Findings(log, store))
