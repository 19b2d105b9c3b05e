"""Erase (follower): delete the bytes of records that redactions in the logs kept here name, of own logs and
foreign ones alike, with the originals that are kept for them, and let the index forget them.

Nothing but the logs themselves says what is to be erased. So after every start all redactions are gone
through once more; what is done costs two looks. One whose record is not kept here stays open, since that may
still come; and so does one that the index has not come to, which may be reading those bytes now, and one that
is damaged here, or whose record is, until that is mended.
"""

from contextlib import nullcontext
from typing import NoReturn

from tracehold.core.control import Redact, decode_control
from tracehold.core.errors import Broken, Rejected
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.record import Kind, Record, fingerprint, parse
from tracehold.core.redaction import check_redaction
from tracehold.core.spans import covers
from tracehold.journey.follow import Bell, Trouble, patiently, untold
from tracehold.journey.judge import take_effect
from tracehold.journey.originals import Originals
from tracehold.journey.own_log import OwnLog
from tracehold.journey.ports import Entry, Graph, RecordLog
from tracehold.journey.speakers import Speakers, settled
from tracehold.journey.states import Sleep

LOOK_S = 1.0
"""Seconds between two looks at how far the index has come, where it has to come further."""


class Eraser:
    """Erases what is redacted. One runs per store."""

    def __init__(
        self,
        log: RecordLog,
        graph: Graph,
        speakers: Speakers | None = None,
        originals: Originals | None = None,
    ) -> None:
        self._log = log
        self._graph = graph
        self._originals = originals
        self._speakers = speakers or Speakers(log)
        self._read: dict[LogId, int] = {}
        self._open: dict[LogId, list[Entry]] = {}
        self._behind = False

    async def run(self, bell: Bell, sleep: Sleep, trouble: Trouble = untold) -> NoReturn:
        """Follow for ever. `bell` is rung after every append."""
        while True:
            ring = bell.next()
            await patiently(self.once, sleep, trouble)
            await (sleep(LOOK_S) if self._behind else ring.wait())

    async def once(self) -> int:
        """Erase what is due; how many records that were. Harmless to repeat, and after a crash anywhere.

        Raises `Unavailable` (the graph or the store does not answer; repeat) and what is Broken in the store.
        """
        erased = 0
        self._behind = False
        for log in await self._log.logs():
            waiting = self._open.setdefault(log, [])
            for entry in await settled(self._log, log, self._read.get(log, 0)):
                self._read[log] = entry.index + 1
                if entry.kind == Kind.REDACT:
                    waiting.append(entry)
            spans = await self._log.spans(log) if waiting else ()
            for entry in list(waiting):
                try:
                    says = await self._valid(entry)
                except Broken as broken:
                    if broken.code != "CORRUPT":
                        raise
                    continue
                if says is not None and not covers(spans, says.index):
                    continue
                erased += says is not None and await self._erase(log, says)
                if says is None or await self._forgotten(log, says):
                    waiting.remove(entry)
        return erased

    async def _valid(self, entry: Entry) -> Redact | None:
        """What the redaction says, if it may be said as far as can be told here; one that may not has no
        effect, and is shown as disputed by those who keep it. Raises `Broken("CORRUPT")` where the redaction
        or its record is damaged here: that is known once it is mended.
        """
        entry = await self._intact(entry)
        roster = await self._speakers.roster(entry.log)
        try:
            redaction = parse(entry.raw)
            says = redacts(redaction)
            if roster is None:
                return None
            take_effect(roster.copy(), entry.index, redaction)
            for kept in await self._log.read(entry.log, says.index, says.index + 1):
                if not kept.erased:
                    _check_bytes(kept, says.fingerprint)
                    check_redaction(roster, redaction, says, parse(kept.raw))
        except Rejected:
            return None
        return says

    async def _intact(self, entry: Entry) -> Entry:
        """The redaction, read again where it was damaged."""
        if not entry.raw or fingerprint(entry.raw) == entry.fingerprint:
            return entry
        again = (await self._log.controls(entry.log, entry.index))[0]
        _check_bytes(again, entry.fingerprint)
        return again

    async def _erase(self, log: LogId, says: Redact) -> bool:
        (kept,) = await self._log.read(log, says.index, says.index + 1)
        if kept.erased:
            return False
        # The originals before the record: afterwards nobody could tell which they were. A document from which
        # other records were made goes as a whole, for it says what is to be forgotten.
        async with self._originals.forgetting(kept) if self._originals else nullcontext():
            await self._log.erase(log, says.index)
        return True

    async def _forgotten(self, log: LogId, says: Redact) -> bool:
        """Whether the index is past the place, and has forgotten what stood there."""
        if not covers((await self._graph.coverage()).get(log, ()), says.index):
            self._behind = True
            return False
        # A copy in another log may go on to be found: its facts are read from its bytes.
        await self._graph.erase(says.fingerprint)
        return True


def _check_bytes(entry: Entry, name: Fingerprint) -> None:
    if fingerprint(entry.raw) not in {entry.fingerprint, name}:
        raise Broken("CORRUPT", f"entry {entry.index} of log {entry.log.hex()} is damaged")


def redacts(record: Record) -> Redact:
    """What a redaction names. Raises BAD_CONTROL where it is none."""
    says = decode_control(record.header.kind, record.payload)
    if not isinstance(says, Redact):
        raise Rejected("BAD_CONTROL", "this is no redaction", path="header.kind")
    return says


async def check_redactable(store: RecordLog, own: OwnLog, redaction: Record) -> None:
    """Returns if the redaction may be sealed: the own log has the record that it names, not erased yet, and
    its signer may ask for it. Raises NOT_FOUND, REDACTED, BAD_CONTROL.
    """
    says = redacts(redaction)
    kept = await store.read(own.log, says.index, says.index + 1)
    if not kept:
        raise Rejected("NOT_FOUND", f"the log has no entry {says.index}", path="payload.2")
    if kept[0].erased:
        raise Rejected("REDACTED", f"entry {says.index} is redacted already")
    check_redaction(own.roster, redaction, says, parse(kept[0].raw))
