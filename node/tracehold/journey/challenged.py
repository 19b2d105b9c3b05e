"""Challenged: what a holder answers when it is asked for what it keeps (docs/spec/audit.md).

It answers from its own disk alone, as that is: a place that is damaged is missing, and told to the scrubber,
which mends it later. To fetch it from somebody else first would be to say that it was here.
"""

from collections.abc import Callable
from dataclasses import replace

from tracehold.core.audit import (
    MAX_PLACES,
    Answered,
    Asked,
    AskedEntry,
    Between,
    ChunkAnswer,
    EntryAnswer,
    sign_answer,
    told,
)
from tracehold.core.errors import Broken, Rejected
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.merkle import inclusion_path
from tracehold.core.record import fingerprint
from tracehold.core.spans import reach
from tracehold.journey.custodian import own_custody
from tracehold.journey.identity import Identity
from tracehold.journey.ports import Found, RecordLog
from tracehold.journey.ports.audits import Transcripts
from tracehold.journey.ports.possession import TranscriptPage
from tracehold.journey.receipts import Receipts
from tracehold.journey.tree import nodes, whole_tiles

ANSWER_BYTES = 3 << 20
"""Of an answer, about: messages have 4 MiB, and a record 1."""

Damaged = Callable[[Fingerprint], None]
"""Told of a record that is not as it was on this disk, or its path is not."""


def unheard(_: Fingerprint) -> None:
    """Nobody mends it."""


async def found_custody(store: RecordLog, epoch_s: int, epoch: int) -> Found | None:
    """As `Challenged.custody`."""
    named = await own_custody(store, epoch_s, epoch)
    place = (await store.find([named])).get(named) if named else None
    if named is None or place is None:
        return None
    try:
        evidence = await Receipts(store).proof(named, {}, bare=True)
    except Rejected:
        return None
    return Found(place.log, place.index, evidence)


class Challenged:
    """Answers of this node. Any number of calls at once."""

    def __init__(
        self,
        store: RecordLog,
        transcripts: Transcripts,
        identity: Callable[[], Identity],
        own: LogId,
        damaged: Damaged = unheard,
    ) -> None:
        self._store = store
        self._transcripts = transcripts
        self._identity = identity
        self._own = own
        self._damaged = damaged

    async def custody(self, epoch_s: int, epoch: int) -> Found | None:
        """This node's custody record of the epoch, with what proves it; None where it sealed none, or took it
        back. Raises `Unavailable` and what is Broken.
        """
        return await found_custody(self._store, epoch_s, epoch)

    async def challenge(self, auditor: LogId, asked: Asked) -> Answered:
        """What is here at the first of the places, signed: as many as an answer has room for, one at least.
        Raises BAD_REQUEST where there are none or over 128, `Unavailable` and what is Broken.
        """
        if not 0 < len(asked.entries) + len(asked.chunks) <= MAX_PLACES:
            raise Rejected("BAD_REQUEST", f"a question has 1 to {MAX_PLACES} places")
        entries: list[EntryAnswer] = []
        size = 0
        for place in asked.entries:
            answer = await self._answer(place)
            size += len(answer.raw) + 32 * len(answer.path) + 64
            if entries and size > ANSWER_BYTES:
                break
            entries.append(answer)
        whole = len(entries) == len(asked.entries)
        # Which attachments are owed is not settled between nodes yet.
        chunks = tuple(ChunkAnswer(missing=True) for _ in asked.chunks) if whole else ()
        identity = self._identity()
        between = Between(identity.network, auditor, self._own)
        answers = [*map(told, entries), *map(told, chunks)]
        return Answered(tuple(entries), chunks, sign_answer(between, asked, answers, identity.key))

    async def transcripts(self, holder: LogId, epoch_from: int, after: int) -> TranscriptPage:
        """This node's own transcripts of a holder from an epoch on, behind number `after`, and the number to
        ask on with. Raises `Unavailable` and what is Broken.
        """
        found: list[bytes] = []
        size = 0
        while page := await self._transcripts.of(holder=holder, after=after):
            for kept in page:
                if kept.epoch >= epoch_from:
                    size += len(kept.raw)
                    if found and size > ANSWER_BYTES:
                        return TranscriptPage(tuple(found), after)
                    found.append(kept.raw)
                after = kept.number
        return TranscriptPage(tuple(found))

    async def _answer(self, place: AskedEntry) -> EntryAnswer:
        """From the disk, and true to it."""
        missing = EntryAnswer(missing=True)
        if place.log not in await self._store.logs():
            return missing
        end = reach(await self._store.spans(place.log), place.index)
        if end is None or not place.index < place.size <= end:
            return missing
        for entry in await self._store.read(place.log, place.index, place.index + 1):
            if entry.raw and fingerprint(entry.raw) != entry.fingerprint:
                self._damaged(entry.fingerprint)
                break
            try:
                node = await nodes(self._store, place.log, place.size, [place.index])
                with whole_tiles():
                    path = tuple(inclusion_path(place.index, place.size, node))
            except Broken as lost:
                if lost.code != "CORRUPT":
                    raise
                self._damaged(entry.fingerprint)
                break
            answer = EntryAnswer(entry.raw, path=path)
            return replace(answer, erased=entry.fingerprint) if entry.erased else answer
        return missing
