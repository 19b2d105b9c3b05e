"""Whose statement is whose, as one request comes to know it: by the logs kept here, and by the control
records that other nodes hand over.
"""

from tracehold.core.evidence import Evidence
from tracehold.core.ids import LogId
from tracehold.core.receipt import parse_receipt
from tracehold.core.record import CONTROL_KINDS
from tracehold.core.roster import Roster
from tracehold.core.voices import Rosters, overheard, voice
from tracehold.journey.admission import Admitted
from tracehold.journey.speakers import Speakers


class Hearing:
    """Knows voices. Belongs to one request."""

    def __init__(self, speakers: Speakers) -> None:
        self._speakers = speakers
        self._kept: Rosters | None = None
        self._told: dict[LogId, dict[bytes, int]] = {}
        self._news: set[LogId] = set()
        self._heard: dict[LogId, Roster] = {}

    def hear(self, admitted: Admitted, evidence: Evidence) -> None:
        """Take in what a record that was verified tells of its log: the control records in its evidence, and
        itself where it is one.
        """
        told = self._told.setdefault(admitted.log, {})
        known = len(told)
        for raw, receipt in evidence.controls:
            if raw not in told:
                told[raw] = parse_receipt(receipt).index
        if admitted.record.header.kind in CONTROL_KINDS:
            told[admitted.record.raw] = admitted.index
        if len(told) > known:
            self._news.add(admitted.log)

    async def listen(self) -> None:
        """Bring together what was heard, and what is kept here (once), which is all there is of its logs."""
        if self._kept is None:
            self._kept = await self._speakers.rosters()
        self._heard.update((log, overheard(self._told[log])) for log in self._news - self._kept.keys())
        self._news.clear()

    def voice(self, admitted: Admitted) -> str:
        """Whose statement this is, by what was known when `listen` was last called."""
        rosters = {**self._heard, **(self._kept or {})}
        return voice(rosters, admitted.speaker, admitted.log, admitted.index)
