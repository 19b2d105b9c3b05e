"""Going through everything that is kept, log after log, one tile of leaves after the other."""

from collections.abc import AsyncIterator, Sequence

from tracehold.core.ids import LogId
from tracehold.core.limits import TILE_WIDTH
from tracehold.journey.damaged import Place
from tracehold.journey.ports import AnchorState, RecordLog
from tracehold.journey.seen import outside
from tracehold.journey.sound_tiles import Tree


async def places(store: RecordLog, since: Place) -> AsyncIterator[Place]:
    """Every place from `since` on in which anything is kept: of each log what stands in spans, in order, and
    then what stands before them. Raises what the store raises.
    """
    for at, log in enumerate(await store.logs()):
        if at < since.log:
            continue
        for start, stop in await store.spans(log):
            for number in range(start // TILE_WIDTH, -(-stop // TILE_WIDTH)):
                if Place(at, number) >= since:
                    yield Place(at, number)
        async for number in _alone(store, log):
            yield Place(at, number)


async def _alone(store: RecordLog, log: LogId) -> AsyncIterator[int]:
    """Tiles of leaves with control records that stand in no span. Behind one that is lost no other is told,
    so those are looked for again once it may have been mended.
    """
    told: set[int] = set()
    while fresh := (await outside(store, log, await store.spans(log))).keys() - told:
        told |= fresh
        for number in sorted({index // TILE_WIDTH for index in fresh}):
            yield number


async def entries(store: RecordLog, before: Place | None = None) -> int:
    """How many entries are kept, those of bases too; with `before` only those in front of that place."""
    found = 0
    for at, log in enumerate(await store.logs()):
        end = 1 << 62
        if before is not None and at >= before.log:
            end = TILE_WIDTH * before.number if at == before.log else 0
        spans = await store.spans(log)
        found += sum(max(0, min(stop, end) - start) for start, stop in spans)
        found += sum(index < end for index in await outside(store, log, spans))
    return found


async def trees_at(store: RecordLog, log: LogId, number: int) -> Sequence[Tree]:
    """The trees that prove the entries of a tile of leaves: that of the newest checkpoint, or where other
    spans come behind, of the one at the end of their span; then the newest one that is anchored.
    """
    spans = [span for span in await store.spans(log) if span[1] > TILE_WIDTH * number]
    if not spans:
        return ()
    stop = spans[0][1] if len(spans) > 1 else None
    checkpoint = await store.checkpoint(log, stop)
    found = [Tree(log, checkpoint.size, checkpoint.root)] if checkpoint else []
    last = 1 if stop is None else None
    for task in reversed(await store.anchors(log, {AnchorState.MINED, AnchorState.FINAL}, last)):
        if TILE_WIDTH * number < task.size <= (stop or task.size):
            return [*found, Tree(log, task.size, task.root)]
    return found
