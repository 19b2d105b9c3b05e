"""Proving entries under the roots that bind a log: the newest final anchor's, the
newest mined one's, a checkpoint's.

Any anchored root that covers an entry proves it, so the newest serves all entries of an answer at once; a
receipt names the covering anchor instead, because a receipt must not change. Of a log with holes the root
must
be one of the span that the entry stands in, or before which it is kept: tiles lead to no other. One `Proofs`
serves one request.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint, LogId, Root
from tracehold.core.merkle import CompactRange, cover, leaf_hash, node_hash
from tracehold.core.tiles import Coord
from tracehold.journey.ports import AnchorState, AnchorTask, RecordLog
from tracehold.journey.states import State
from tracehold.journey.tree import coords, node_of


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
    before: int
    spans: Sequence[tuple[int, int]]

    def beyond(self, index: int) -> int | None:
        """The first entry of the span of this entry, where other spans come behind it; of an entry in a hole,
        the first of the next span. None where there is only one, or the last.
        """
        start = next((start for start, stop in self.spans if index < stop), None)
        return None if start is None or start == self.spans[-1][0] else max(start, index)


class Proofs:
    """Which roots bind the entries of the logs kept here, and whether they do. Those on an earlier contract
    do still.
    """

    def __init__(self, log: RecordLog) -> None:
        self._log = log
        self._roots: dict[LogId, _Roots] = {}
        self._sealed: dict[LogId, Standing] = {}
        self._trees: dict[Standing, Tree] = {}

    async def standing(self, log: LogId, index: int) -> Standing | None:
        """What binds entry `index`: an anchor where one covers it,
        else a checkpoint; None past the end of the log.
        """
        roots = await self._of(log)
        if any(max(task.prev_size, roots.before) <= index < task.size for task in roots.undone):
            return await self._checkpoint(log, State.REORGED, index)
        within = roots.beyond(index)
        if within is not None:
            return await self._inside(log, within)
        for task in roots.anchors:
            if index < task.size:
                return _anchored(task)
        return await self._checkpoint(log, State.SEALED, index)

    async def _inside(self, log: LogId, within: int) -> Standing | None:
        """What binds an entry in an earlier span, or before one: by what stands over entry `within`."""
        task = await self._log.first_anchor(log, within)
        if task is not None:
            return _anchored(task)
        checkpoint = await self._log.checkpoint_covering(log, within)
        return Standing(log, State.SEALED, checkpoint.size, checkpoint.root) if checkpoint else None

    async def anchored(self, log: LogId) -> int:
        """How many entries of the log are covered by mined anchors."""
        roots = await self._of(log)
        return max((task.size for task in roots.anchors), default=0)

    async def failures(self, standing: Standing, entries: Mapping[int, Fingerprint]) -> Collection[int]:
        """Indices whose fingerprint is not proved to stand there under the root."""
        tree = self._trees.setdefault(standing, Tree(standing.size, standing.root))
        wanted = coords([*entries, standing.size - 1]) - tree.tiles.keys()
        tree.tiles.update(await self._log.tiles(standing.log, wanted))
        return [at for at, fingerprint in entries.items() if not tree.holds(at, leaf_hash(fingerprint))]

    async def _of(self, log: LogId) -> _Roots:
        if log not in self._roots:
            final = await self._log.anchors(log, {AnchorState.FINAL}, newest=1)
            before = await self._log.earlier_anchors(log, newest=1)
            mined = await self._log.anchors(log, {AnchorState.MINED}, newest=1)
            undone = await self._log.anchors(log, {AnchorState.REORGED})
            spans = await self._log.spans(log)
            self._roots[log] = _Roots(
                [*final, *before, *mined], list(undone), before[-1].size if before else 0, spans
            )
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


def _anchored(task: AnchorTask) -> Standing:
    state = State.FINAL if task.state is AnchorState.FINAL else State.ANCHORED
    return Standing(task.log, state, task.size, task.root)


class Tree:
    """A tree out of stored tiles, of which every node that is relied on was hashed up to the root.

    Entries near each other share most of their way up, so a node that was proved once ends the climb of the
    next one. What is proved is what an inclusion path of each entry would prove (RFC 9162 section 2.1.3.2).
    """

    def __init__(self, size: int, root: Root) -> None:
        self._size = size
        self._root = root
        self._proved: dict[tuple[int, int], bytes] = {}
        self.tiles: dict[Coord, bytes] = {}
        """Stored tiles, to be filled in before they are needed."""
        self._node = node_of(self.tiles, size)

    def holds(self, index: int, leaf: bytes) -> bool:
        """Whether this leaf hash is proved at this index. A tile that
        is lost, cut short or changed proves nothing.
        """
        try:
            return self._rooted() and self._climb(index, leaf)
        except (LookupError, ValueError, Rejected):
            return False

    def _rooted(self) -> bool:
        """Whether the full subtrees fold to the root; then they are proved."""
        if not self._proved:
            tops = {at: self._node(*at) for at in cover(0, self._size)}
            if CompactRange(0, self._size, list(tops.values())).root() != self._root:
                return False
            self._proved = tops
        return True

    def _climb(self, index: int, leaf: bytes) -> bool:
        passed: dict[tuple[int, int], bytes] = {}
        level, at, found = 0, index, leaf
        while (level, at) not in self._proved:
            sibling = self._node(level, at ^ 1)
            passed |= {(level, at): found, (level, at ^ 1): sibling}
            found = node_hash(sibling, found) if at & 1 else node_hash(found, sibling)
            level, at = level + 1, at >> 1
        if self._proved[level, at] != found:
            return False
        # Only now: what leads to a proved node is itself proved.
        self._proved |= passed
        return True
