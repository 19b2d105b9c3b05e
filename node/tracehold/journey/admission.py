"""What may enter an answer: records that were hashed, may be read, and were proved, in this very request.

Everything is decided before a record's content reaches a rule or a reader, so that a record that is refused
cannot show through what an answer says or leaves out.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from tracehold.core.access import Reader, may_read
from tracehold.core.epcis import Mode, parse_event
from tracehold.core.errors import Rejected
from tracehold.core.gs1 import canonical
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.lineage import GapReason
from tracehold.core.record import Audience, Kind, Record, check_signature, fingerprint, parse
from tracehold.core.roster import Roster, Speaker
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.ports import Entry
from tracehold.journey.proofs import Proofs, Standing
from tracehold.journey.states import State

SLICE = 100
"""Records that are read and judged at once: some ten
milliseconds of work, between which others get a turn.
"""

UNREADABLE = "there are records that you may not read"
ERASED = "a record was redacted: its bytes are gone, its place in the log is proved"


@dataclass(frozen=True, slots=True)
class Admitted:
    """A record that may be shown, at its place, proved under the root that its state names."""

    record: Record
    log: LogId
    index: int
    speaker: Speaker
    state: State
    signature_checked: bool

    @property
    def verified(self) -> bool:
        """Whether that root is anchored. A record that is only sealed is proved under a checkpoint."""
        return self.state in (State.ANCHORED, State.FINAL)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a record stays out, in words that tell nothing of its content."""

    reason: GapReason
    detail: str


class Admission:
    """One request's gate. Asking twice for a record checks it once."""

    def __init__(self, knowledge: Knowledge, reader: Reader, *, full: bool = False) -> None:
        """`full` checks signatures again, which were checked when the records came in."""
        self._knowledge = knowledge
        self._reader = reader
        self._full = full
        self._proofs = Proofs(knowledge.log)
        self.admitted: dict[Fingerprint, Admitted] = {}
        self.refused: dict[Fingerprint, Refused] = {}

    async def admit(self, fingerprints: Collection[Fingerprint]) -> None:
        """Put each of these records, as they are kept here, into `admitted` or `refused`."""
        known = self.admitted.keys() | self.refused.keys()
        fresh = [name for name in dict.fromkeys(fingerprints) if name not in known]
        for start in range(0, len(fresh), SLICE):
            await self._enter(await self._fetch(fresh[start : start + SLICE]))

    async def place(self, entry: Entry) -> bool:
        """Read a record that was admitted at another of its places, checked as strictly. False where it does
        not hold there: then it stays where it was.
        """
        name = entry.fingerprint
        before = self.admitted.pop(name)
        if not entry.erased and fingerprint(entry.raw) == name:
            await self._enter([entry])
        if name in self.admitted:
            return True
        self.refused.pop(name, None)
        self.admitted[name] = before
        return False

    async def anchored(self, log: LogId) -> int:
        """How many entries of a log kept here are covered by mined anchors."""
        return await self._proofs.anchored(log)

    def readable(self, record: Record) -> bool:
        """Whether the asker may read the record."""
        return readable(self._reader, record)

    def erased(self, fingerprint: Fingerprint) -> bool:
        """Whether the record is known here to be redacted."""
        refused = self.refused.get(fingerprint)
        return refused is not None and refused.reason is GapReason.ERASED

    def let_in(self, admitted: Admitted) -> None:
        """Take a record from elsewhere that was checked as strictly; it makes good for one that is damaged
        here, and not for one that was redacted.
        """
        if self.erased(admitted.record.fingerprint):
            return
        self.refused.pop(admitted.record.fingerprint, None)
        self.admitted[admitted.record.fingerprint] = admitted

    async def _fetch(self, fingerprints: Collection[Fingerprint]) -> Sequence[Entry]:
        found = await self._knowledge.log.entries(fingerprints)
        for name in fingerprints:
            if name not in found:
                self._refuse(name, GapReason.NOT_COVERED, "a record is known here and not kept here")
            elif found[name].erased:
                self._refuse(name, GapReason.ERASED, ERASED)
            elif fingerprint(found[name].raw) != name:
                self.distrust(name, "its bytes on disk are not those that were sealed")
        return [entry for name, entry in found.items() if name not in self.refused]

    async def _enter(self, entries: Sequence[Entry]) -> None:
        # After the entries, so that every control record that lets their signers speak is applied.
        rosters = {log: await self._knowledge.speakers.roster(log) for log in {e.log for e in entries}}
        by_root: dict[Standing, list[Admitted]] = {}
        for entry in entries:
            admitted = self._judged(entry, rosters[entry.log])
            standing = await self._proofs.standing(entry.log, entry.index) if admitted else None
            if admitted is not None and standing is not None:
                by_root.setdefault(standing, []).append(replace(admitted, state=standing.state))
            elif admitted is not None:
                self.distrust(entry.fingerprint, "no checkpoint covers it")
        for standing, together in by_root.items():
            await self._prove(standing, together)

    def _judged(self, entry: Entry, roster: Roster | None) -> Admitted | None:
        try:
            record = parse(entry.raw)
            if not self.readable(record):
                self._refuse(entry.fingerprint, GapReason.ACCESS_REFUSED, UNREADABLE)
                return None
            if roster is None:
                raise Rejected("BAD_CONTROL", "nobody speaks in a log without a sound header")
            speaker = roster.speaker(record, entry.index)
            if self._full:
                check_signature(record, roster.check(record, entry.index))
        except Rejected as refusal:
            self.distrust(entry.fingerprint, f"it does not verify at its place ({refusal.code})")
            return None
        return Admitted(record, entry.log, entry.index, speaker, State.SEALED, self._full)

    async def _prove(self, standing: Standing, together: Collection[Admitted]) -> None:
        entries = {held.index: held.record.fingerprint for held in together}
        failures = set(await self._proofs.failures(standing, entries))
        for held in together:
            if held.index in failures:
                self.distrust(held.record.fingerprint, "the log's tree does not prove it")
            else:
                self.admitted[held.record.fingerprint] = held

    def distrust(self, fingerprint: Fingerprint, why: str) -> None:
        """Keep a record out because it is not what it should be, and report the fault."""
        self.admitted.pop(fingerprint, None)
        message = f"record {fingerprint.hex()}: {why}"
        self._knowledge.fault(message)
        self._knowledge.damaged(fingerprint)
        self._refuse(fingerprint, GapReason.PROOF_FAILED, message)

    def _refuse(self, fingerprint: Fingerprint, reason: GapReason, detail: str) -> None:
        self.refused[fingerprint] = Refused(reason, detail)


def readable(reader: Reader, record: Record) -> bool:
    """Whether `reader` may read the record. Parties are compared in canonical form, whatever their spelling;
    those that an event names are read from its own bytes, and only where they decide.
    """
    header = record.header
    parties: frozenset[str] = frozenset()
    if header.audience == Audience.PARTIES and header.kind == Kind.EVENT:
        try:
            parties = parse_event(record.payload, Mode.TOLERANT).parties()
        except Rejected:
            # It names nobody who could be read: then only its issuer and authorities read it.
            pass
    asking = replace(reader, party=_canonical(reader.party)) if reader.party else reader
    return may_read(asking, header.audience, _canonical(header.iss), parties)


def _canonical(party: str) -> str:
    try:
        return canonical(party)
    except Rejected:
        return party
