"""Which records are superseded: a pointer on the chain, and a replacement that honours it (protocol section
4; docs/spec/supersede.md).

The pointer is public and is what the creator of a log says. Whether it counts, the replacement alone decides:
its signed header must name the record, and one speaker must have said both. Else it is a claim: shown, and
not applied.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tracehold.core.access import Reader
from tracehold.core.errors import Rejected, TraceholdError
from tracehold.core.ids import Fingerprint
from tracehold.journey.admission import Admission, Admitted
from tracehold.journey.answers import RecordAnswer
from tracehold.journey.fetch import Copy, good_copy
from tracehold.journey.hearing import Hearing
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.ports.followed import Pointer

FETCHED = 16
"""Replacements that other nodes are asked for in one request at most."""

EVERYTHING = Reader(authenticated=True, roles=frozenset({"authority"}))
"""For what tells nothing of a record but that it stands."""


class Claim(StrEnum):
    """Why a pointer is not honoured."""

    UNKNOWN = "UNKNOWN"
    """The replacement is not at hand, or the asker may not read it."""
    DISPUTED = "DISPUTED"
    """The replacement does not verify, so nobody can be held to it."""
    NOT_NAMED = "NOT_NAMED"
    """The replacement's signed header does not name the record."""
    OTHER_SPEAKER = "OTHER_SPEAKER"
    """Another speaker said the replacement."""


@dataclass(frozen=True, slots=True)
class Supersession:
    """A pointer, and why it is only a claim; None where it is honoured. `known_ms`: since when both it and
    the replacement were known, milliseconds since 1970; None where that is not known.
    """

    pointer: Pointer
    claim: Claim | None = None
    known_ms: int | None = None

    @property
    def honoured(self) -> bool:
        """Whether it counts."""
        return self.claim is None

    def by(self, known_at: int | None) -> bool:
        """Whether it counts for what was known by a time; None: by all that is known."""
        if known_at is None:
            return self.honoured
        return self.honoured and self.known_ms is not None and self.known_ms <= known_at


class Superseding:
    """Judges pointers in one request: nothing counts that its reader may not read."""

    def __init__(
        self, knowledge: Knowledge, admission: Admission, hearing: Hearing, *, fetch: bool = True
    ) -> None:
        """`fetch`: other nodes are asked for replacements that are not kept here."""
        self._knowledge = knowledge
        self._admission = admission
        self._hearing = hearing
        self._left = FETCHED if fetch else 0
        self._copies: dict[Fingerprint, Copy] = {}
        self._judged: dict[Fingerprint, Supersession] = {}

    async def of(self, records: Collection[Admitted]) -> Mapping[Fingerprint, Supersession]:
        """What is known of those of the records to which pointers are on the chain; the rest is left out.
        Where there are several, the first that is honoured, else the first. Raises what the stores raise.
        """
        followed = self._knowledge.followed
        fresh = {each.record.fingerprint: each for each in records} if followed else {}
        fresh = {name: each for name, each in fresh.items() if name not in self._judged}
        pointers = await followed.pointers(list(fresh)) if followed and fresh else {}
        if pointers:
            wanted = [each.replacement for found in pointers.values() for each in found]
            await self._admission.admit(wanted)
            for name in dict.fromkeys(wanted):
                await self._seek(name)
            await self._hearing.listen()
        for name, found in pointers.items():
            judged = [await self._judge(each, fresh[name]) for each in found]
            self._judged[name] = next((each for each in judged if each.honoured), judged[0])
        named = {each.record.fingerprint for each in records}
        return {name: each for name, each in self._judged.items() if name in named}

    async def _seek(self, name: Fingerprint) -> None:
        """Ask others for a replacement that is not kept here; one that they do not have either is unknown."""
        known = name in self._admission.admitted or name in self._copies or self._admission.erased(name)
        if known or not self._left:
            return
        self._left -= 1
        try:
            failed = Rejected("NOT_FOUND", "no record with this fingerprint is kept here")
            copy = await good_copy(self._knowledge, EVERYTHING, name, failed)
        except TraceholdError:
            return
        if self._admission.readable(copy.admitted.record):
            self._hearing.hear(copy.admitted, copy.evidence)
            self._copies[name] = copy

    async def _judge(self, pointer: Pointer, record: Admitted) -> Supersession:
        name = pointer.replacement
        copy = self._copies.get(name)
        replacement = self._admission.admitted.get(name) or (copy.admitted if copy else None)
        if replacement is None:
            return Supersession(pointer, Claim.UNKNOWN)
        if replacement.record.header.supersedes != pointer.fingerprint:
            return Supersession(pointer, Claim.NOT_NAMED)
        # What came from elsewhere was verified with its signature; what is kept may have been found wrong.
        if name in self._admission.admitted and await self._is_disputed(replacement):
            return Supersession(pointer, Claim.DISPUTED)
        if self._hearing.voice(replacement) != self._hearing.voice(record):
            return Supersession(pointer, Claim.OTHER_SPEAKER)
        known = copy.known_ms if copy else await self._known_ms(replacement)
        return Supersession(pointer, None, None if known is None else max(known, pointer.time * 1000))

    async def _is_disputed(self, replacement: Admitted) -> bool:
        at = replacement.index
        return bool(await self._knowledge.log.disputes(replacement.log, at, at + 1))

    async def _known_ms(self, replacement: Admitted) -> int | None:
        log = self._knowledge.log
        task = await log.first_anchor(replacement.log, replacement.index)
        if task is not None and task.anchor is not None:
            return task.anchor.block_time * 1000
        sealed = await log.checkpoint_covering(replacement.log, replacement.index)
        return sealed.time_ms if sealed else None


async def superseded(knowledge: Knowledge, reader: Reader, answer: RecordAnswer) -> Supersession | None:
    """What a record is said to be superseded by, as far as the reader may know; None where by nothing, and
    where nobody can be held to the record.
    """
    if answer.speaker is None:
        return None
    record = Admitted(answer.record, answer.log, answer.index, answer.speaker, answer.state, False)
    superseding = Superseding(knowledge, Admission(knowledge, reader), Hearing(knowledge.speakers))
    return (await superseding.of([record])).get(record.record.fingerprint)


async def superseded_here(
    knowledge: Knowledge, records: Sequence[Fingerprint]
) -> Mapping[Fingerprint, Supersession]:
    """The same of records that are kept here, for anybody who knows their fingerprints. No other node is
    asked.
    """
    followed = knowledge.followed
    pointers = await followed.pointers(records) if followed else {}
    if not pointers:
        return {}
    admission = Admission(knowledge, EVERYTHING)
    await admission.admit(list(pointers))
    kept = [admission.admitted[name] for name in pointers if name in admission.admitted]
    superseding = Superseding(knowledge, admission, Hearing(knowledge.speakers), fetch=False)
    return await superseding.of(kept)
