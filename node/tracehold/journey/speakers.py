"""Who speaks in the logs kept here: one roster per log, kept in step with its control records."""

import asyncio
from collections.abc import Mapping, Sequence

from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.core.record import parse
from tracehold.core.roster import Roster
from tracehold.journey.check import SLICE
from tracehold.journey.judge import take_effect
from tracehold.journey.ports import Entry, RecordLog


class Speakers:
    """Rosters by log, made from the log's own control records and continued as it grows."""

    def __init__(self, log: RecordLog) -> None:
        self._log = log
        self._rosters: dict[LogId, tuple[Roster, int]] = {}
        self._turns: dict[LogId, asyncio.Lock] = {}

    async def rosters(self) -> Mapping[LogId, Roster]:
        """Those of all logs kept here that have a sound header."""
        found = {log: await self.roster(log) for log in await self._log.logs()}
        return {log: roster for log, roster in found.items() if roster is not None}

    async def roster(self, log: LogId) -> Roster | None:
        """The roster of a log as of its present end; None for a log
        without a sound header, in which nobody speaks.
        """
        async with self._turns.setdefault(log, asyncio.Lock()):
            roster, upto = self._rosters.get(log, (None, 0))
            controls = await settled(self._log, log, upto)
            roster = roster or begin(controls)
            if roster is None:
                return None
            for number, entry in enumerate(controls, 1):
                apply(roster, entry)
                if number % SLICE == 0:
                    await asyncio.sleep(0)
            upto = controls[-1].index + 1 if controls else upto
            self._rosters[log] = roster, upto
            return roster


async def settled(store: RecordLog, log: LogId, start: int = 0) -> Sequence[Entry]:
    """The control records of a log from `start` on, of which none is missing: whoever read them need not look
    below the last one again.

    A base may lack some, and get them later from somebody else: none is missing of what it holds once there
    are entries behind it, since they begin with a snapshot of it (protocol section 2).
    """
    end = max((stop for start, stop in await store.spans(log) if start < stop), default=0)
    return [entry for entry in await store.controls(log, start) if entry.index < end]


def begin(controls: Sequence[Entry]) -> Roster | None:
    """The roster that starts with a log's header; None where the first control record is none."""
    if not controls or controls[0].index != 0:
        return None
    try:
        return Roster.from_header(parse(controls[0].raw))
    except Rejected:
        return None


def apply(roster: Roster, entry: Entry) -> None:
    """Let a control record take effect. One that is not of its signer,
    or that its signer may not say, has none, in whatever log it stands.
    """
    try:
        take_effect(roster, entry.index, parse(entry.raw))
    except Rejected:
        # Holders keep odd records of other operators and show them as disputed (protocol section 3).
        pass
