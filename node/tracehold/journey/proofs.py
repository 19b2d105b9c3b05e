"""Proving entries under the roots that bind a log: the newest final anchor's, the newest mined one's, a
checkpoint's.

Any anchored root that covers an entry proves it, so the newest serves all entries of an answer at once; a
receipt names the covering anchor instead, because a receipt must not change. One `Proofs` serves one request.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint, LogId, Root
from tracehold.core.merkle import Node, inclusion_path, leaf_hash, verify_inclusion
from tracehold.journey.ports import AnchorState, AnchorTask, RecordLog
from tracehold.journey.states import State
from tracehold.journey.tree import nodes


@dataclass(frozen=True, slots=True)
class Standing:
    """A root that binds entries of a log, and how far it makes them come."""

    log: LogId
    state: State
    size: int
    root: Root


@dataclass(slots=True)
class _Roots:
    anchors: list[AnchorTask]
    undone: list[AnchorTask]


class Proofs:
    """Which roots bind the entries of the logs kept here, and whether they do."""

    def __init__(self, log: RecordLog) -> None:
        self._log = log
        self._roots: dict[LogId, _Roots] = {}
        self._sealed: dict[LogId, Standing] = {}

    async def standing(self, log: LogId, index: int) -> Standing | None:
        """What binds entry `index`: an anchor where one covers it, else a checkpoint; None past the end of
        the log.
        """
        roots = await self._of(log)
        if any(task.prev_size <= index < task.size for task in roots.undone):
            return await self._checkpoint(log, State.REORGED, index)
        for task in roots.anchors:
            if index < task.size:
                state = State.FINAL if task.state is AnchorState.FINAL else State.ANCHORED
                return Standing(log, state, task.size, task.root)
        return await self._checkpoint(log, State.SEALED, index)

    async def anchored(self, log: LogId) -> int:
        """How many entries of the log are covered by mined anchors."""
        roots = await self._of(log)
        return max((task.size for task in roots.anchors), default=0)

    async def failures(self, standing: Standing, entries: Mapping[int, Fingerprint]) -> Collection[int]:
        """Indices whose fingerprint is not proved to stand there under the root."""
        node = await nodes(self._log, standing.log, standing.size, entries)
        return [at for at, fingerprint in entries.items() if not _proved(node, at, fingerprint, standing)]

    async def _of(self, log: LogId) -> _Roots:
        if log not in self._roots:
            final = await self._log.anchors(log, {AnchorState.FINAL}, newest=1)
            mined = await self._log.anchors(log, {AnchorState.MINED}, newest=1)
            undone = await self._log.anchors(log, {AnchorState.REORGED})
            self._roots[log] = _Roots([*final, *mined], list(undone))
        return self._roots[log]

    async def _checkpoint(self, log: LogId, state: State, index: int) -> Standing | None:
        known = self._sealed.get(log)
        if known is None or known.size <= index:
            # The log may have grown since this request began.
            newest = await self._log.checkpoint(log)
            if newest is None or newest.size <= index:
                return None
            known = self._sealed[log] = Standing(log, State.SEALED, newest.size, newest.root)
        return Standing(log, state, known.size, known.root)


def _proved(node: Node, index: int, fingerprint: Fingerprint, standing: Standing) -> bool:
    try:
        path = inclusion_path(index, standing.size, node)
        verify_inclusion(leaf_hash(fingerprint), index, standing.size, path, standing.root)
    except (Rejected, KeyError, IndexError):
        # A tile that is missing, short or changed proves as little as one that leads elsewhere.
        return False
    return True
