"""What a seal does with the records that wait, before anything is written: repeats
dropped, places given, positions checked.

Order within a batch is the order of arrival. A control record applies to every later entry,
of its own upload and of others: so a key revoked a moment ago signs nothing after the
revocation, whenever its records were checked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracehold.core.errors import Rejected, TraceholdError, Unavailable
from tracehold.core.ids import Fingerprint
from tracehold.core.record import Record
from tracehold.core.roster import Roster
from tracehold.journey.check import Trial
from tracehold.journey.own_log import OwnLog, new_entry
from tracehold.journey.ports import NewEntry
from tracehold.journey.snapshots import Snapshots


@dataclass(frozen=True, slots=True)
class Candidate:
    """A checked record that wants to be sealed; `received` as in `ports.NewEntry`."""

    record: Record
    received: bytes | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands. `duplicate`: it is an earlier record with the same delegated event."""

    fingerprint: Fingerprint
    index: int
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class _Mark:
    """A plan as it was."""

    length: int
    trial: Trial
    snapshots: Snapshots


class Plan:
    """The next entries of the log, snapshots among them where they are due, and a place or a refusal for each
    candidate. Places hold once the entries are durable.
    """

    def __init__(
        self,
        own: OwnLog,
        now_ms: int,
        known: Mapping[Fingerprint, int],
        received: Mapping[bytes, Fingerprint],
    ) -> None:
        """`known` has the index of every candidate, and of every record in `received`, that the log has
        already. What was received into another log is no repeat here, and its key stays with that log.
        """
        self.entries: list[NewEntry] = []
        self._own = own
        self._now_ms = now_ms
        self._trial = Trial(own.roster, own.size)
        self._snapshots = own.snapshots.copy()
        self._places = dict(known)
        self._received = {key: first for key, first in received.items() if first in known}
        self._elsewhere = received.keys() - self._received.keys()

    @property
    def roster(self) -> Roster:
        """Who speaks after the last entry."""
        return self._trial.roster

    def admit(self, candidates: Sequence[Candidate], *, together: bool) -> list[Place | TraceholdError]:
        """Places for one upload's candidates; with `together`, refusals for all of them if one is refused."""
        before = self._mark() if together else None
        placed = [self._place(candidate) for candidate in candidates]
        if before is not None and any(isinstance(place, TraceholdError) for place in placed):
            self._return_to(before)
            return [*refuse_together(placed)]
        return placed

    def _place(self, candidate: Candidate) -> Place | TraceholdError:
        first = candidate.record.fingerprint
        if candidate.received is not None:
            first = self._received.get(candidate.received, first)
        if first in self._places:
            return Place(first, self._places[first], first != candidate.record.fingerprint)
        before = self._mark() if self._snapshots.due(self._trial.index, self._now_ms) else None
        try:
            if before is not None:
                self._snapshot()
            index = self._trial.index
            self._trial.admit(candidate.record, signed=True)
        except Rejected as refusal:
            if before is not None:
                self._return_to(before)
            if candidate.received is not None and refusal.code == "KEY_REVOKED":
                # This node signed it, with a key that was replaced before it was sealed.
                return Unavailable("BUSY", "the node key was replaced a moment ago: send it again")
            return refusal
        key = None if candidate.received in self._elsewhere else candidate.received
        self._put(index, new_entry(candidate.record, key))
        self._places[first] = index
        if candidate.received is not None:
            self._received[candidate.received] = first
        return Place(first, index)

    def _snapshot(self) -> None:
        index = self._trial.index
        record = self._snapshots.make(self._own.identity, self._own.log, index, self._now_ms)
        self._trial.admit(record, signed=True)
        self._put(index, new_entry(record))

    def _put(self, index: int, entry: NewEntry) -> None:
        self._snapshots.follow(index, entry)
        self.entries.append(entry)

    def _mark(self) -> _Mark:
        """Set aside what is: a trial of its own copies the roster before it changes it."""
        before = _Mark(len(self.entries), self._trial, self._snapshots)
        self._trial = Trial(before.trial.roster, before.trial.index)
        self._snapshots = before.snapshots.copy()
        return before

    def _return_to(self, before: _Mark) -> None:
        for entry in self.entries[before.length :]:
            self._places.pop(entry.fingerprint, None)
            self._received.pop(entry.received or b"", None)
        del self.entries[before.length :]
        self._trial, self._snapshots = before.trial, before.snapshots


def refuse_together(verdicts: Sequence[object]) -> list[TraceholdError]:
    """All refused, each for its own reason or because of another's."""
    message = "another record of this upload was refused, and none was to be sealed without the others"
    others = Rejected("BATCH_REFUSED", message)
    return [verdict if isinstance(verdict, TraceholdError) else others for verdict in verdicts]
