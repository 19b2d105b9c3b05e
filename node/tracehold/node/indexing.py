"""The index of a node that is down, made again."""

from collections.abc import Callable

from tracehold.config import Config
from tracehold.journey.rebuild import Rebuilt, rebuild
from tracehold.node.own import open_store
from tracehold.node.quality import open_quality


async def rebuild_folder(config: Config, tell: Callable[[int, int], None]) -> Rebuilt:
    """Make the index of this folder again. Raises STORE_BUSY while its node runs, and as `open_graph` and
    `journey.rebuild`.
    """
    async with open_store(config) as store, open_quality(config, store) as doubts:
        return await rebuild(store, doubts.quality.watched, tell)
