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
from tracehold.journey.own_log import new_entry
from tracehold.journey.ports import NewEntry


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


class Plan:
    """The next entries of the log, and a place or a refusal for each
    candidate. Places hold once the entries are durable.
    """

    def __init__(
        self,
        roster: Roster,
        size: int,
        known: Mapping[Fingerprint, int],
        received: Mapping[bytes, Fingerprint],
    ) -> None:
        """`known` has the index of every candidate, and of every record in `received`, that the log has
        already. What was received into another log is no repeat here, and its key stays with that log.
        """
        self.entries: list[NewEntry] = []
        self._size = size
        self._trial = Trial(roster, size)
        self._places = dict(known)
        self._received = {key: first for key, first in received.items() if first in known}
        self._elsewhere = received.keys() - self._received.keys()

    @property
    def roster(self) -> Roster:
        """Who speaks after the last entry."""
        return self._trial.roster

    def admit(self, candidates: Sequence[Candidate], *, together: bool) -> list[Place | TraceholdError]:
        """Places for one upload's candidates; with `together`, refusals for all of them if one is refused."""
        length, trial = len(self.entries), self._trial
        if together:
            # A trial of its own copies the roster before it changes it, so the one set aside stays as it is.
            self._trial = Trial(trial.roster, trial.index)
        placed = [self._place(candidate) for candidate in candidates]
        if together and any(isinstance(place, TraceholdError) for place in placed):
            self._forget(length, trial)
            return [*refuse_together(placed)]
        return placed

    def _place(self, candidate: Candidate) -> Place | TraceholdError:
        first = candidate.record.fingerprint
        if candidate.received is not None:
            first = self._received.get(candidate.received, first)
        if first in self._places:
            return Place(first, self._places[first], first != candidate.record.fingerprint)
        try:
            index = self._trial.index
            self._trial.admit(candidate.record, signed=True)
        except Rejected as refusal:
            if candidate.received is not None and refusal.code == "KEY_REVOKED":
                # This node signed it, with a key that was replaced before it was sealed.
                return Unavailable("BUSY", "the node key was replaced a moment ago: send it again")
            return refusal
        key = None if candidate.received in self._elsewhere else candidate.received
        self.entries.append(new_entry(candidate.record, key))
        self._places[first] = index
        if candidate.received is not None:
            self._received[candidate.received] = first
        return Place(first, index)

    def _forget(self, length: int, trial: Trial) -> None:
        for entry in self.entries[length:]:
            del self._places[entry.fingerprint]
            self._received.pop(entry.received or b"", None)
        del self.entries[length:]
        self._trial = trial


def refuse_together(verdicts: Sequence[object]) -> list[TraceholdError]:
    """All refused, each for its own reason or because of another's."""
    message = "another record of this upload was refused, and none was to be sealed without the others"
    others = Rejected("BATCH_REFUSED", message)
    return [verdict if isinstance(verdict, TraceholdError) else others for verdict in verdicts]
