"""Who speaks in the logs kept here: one roster per log, kept in step with its control records."""

from collections.abc import Mapping, Sequence

from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold.core.record import parse
from tracehold.core.roster import Roster
from tracehold.journey.ports import Entry, RecordLog


class Speakers:
    """Rosters by log, made from the log's own control records and continued as it grows."""

    def __init__(self, log: RecordLog) -> None:
        self._log = log
        self._rosters: dict[LogId, tuple[Roster, int]] = {}

    async def rosters(self) -> Mapping[LogId, Roster]:
        """Those of all logs kept here that have a sound header."""
        found = {log: await self.roster(log) for log in await self._log.logs()}
        return {log: roster for log, roster in found.items() if roster is not None}

    async def roster(self, log: LogId) -> Roster | None:
        """The roster of a log as of its present end; None for a log
        without a sound header, in which nobody speaks.
        """
        controls = await self._log.controls(log, self._rosters[log][1] if log in self._rosters else 0)
        # Nothing is awaited from here on, so that two questions at once do not apply one record twice.
        known = self._rosters.get(log)
        roster, upto = known or (begin(controls), 0)
        if roster is None:
            return None
        for entry in controls:
            if entry.index >= upto:
                apply(roster, entry)
                upto = entry.index + 1
        self._rosters[log] = (roster, upto)
        return roster


def begin(controls: Sequence[Entry]) -> Roster | None:
    """The roster that starts with a log's header; None where the first control record is none."""
    if not controls or controls[0].index != 0:
        return None
    try:
        return Roster.from_header(parse(controls[0].raw))
    except Rejected:
        return None


def apply(roster: Roster, entry: Entry) -> None:
    """Let a control record take effect. One that its signer
    may not say has none, in whatever log it stands.
    """
    try:
        roster.apply(entry.index, parse(entry.raw))
    except Rejected:
        # Holders keep odd records of other operators and show them as disputed (protocol section 3).
        pass
