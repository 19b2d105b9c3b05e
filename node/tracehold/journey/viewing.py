"""Looking about: what a node must know to tell its duties, read from the chain and its own disk."""

from collections.abc import Collection, Mapping

from tracehold.core.ids import LogId
from tracehold.journey.duties import View, lacking
from tracehold.journey.health import Outlook
from tracehold.journey.own_log import Now
from tracehold.journey.underway import Underway
from tracehold.journey.witness import Witnessing

HOUR_S = 3_600.0
"""Seconds after which one node more takes what others should have taken."""


class Views:
    """One per node. It remembers since when copies are missing; a start forgets that."""

    def __init__(
        self, witnessing: Witnessing, underway: Underway, outlook: Outlook, target: int, now: Now
    ) -> None:
        """`target` copies are wanted of each segment; `now` is any clock in seconds that is never set
        back.
        """
        self._store = witnessing.store
        self._ledger = witnessing.ledger
        self._underway = underway
        self._outlook = outlook
        self._target = target
        self._now = now
        self._lacking: dict[tuple[LogId, int], float] = {}

    async def look(self) -> View | None:
        """What this node knows now; None while it is no member. Raises what ledger and store raise."""
        own, *others = await self._store.logs()
        members = await self._ledger.members()
        active = {each.log for each in members if each.active}
        # One that was enrolled anew has an old number too, whose log is not lost.
        members = [each for each in members if each.active or each.log not in active]
        me = next((each for each in members if each.log == own), None)
        if me is None:
            return None
        spans = {log: tuple(await self._store.spans(log)) for log in others}
        underway, wishes = self._underway, self._underway.wishes()
        view = View(
            me,
            members,
            {},
            spans,
            self._outlook,
            self._target,
            underway.far,
            wishes,
            underway.shipping(),
        )
        asked = [e for e in members if e.log != own and (e.log in {*spans, *wishes} or view.lost(e))]
        heads = {each.log: (await self._ledger.head(each.number)).size for each in asked}
        return view.over(heads, self._overdue(await lacking(view.over(heads, {}))))

    def _overdue(self, short: Collection[tuple[LogId, int]]) -> Mapping[tuple[LogId, int], int]:
        now = self._now()
        self._lacking = {key: self._lacking.get(key, now) for key in short}
        return {key: int((now - since) / HOUR_S) for key, since in self._lacking.items()}
