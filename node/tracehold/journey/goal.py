"""A goal: one state of the own log that an anchor needs acknowledged, and who did so far."""

from collections.abc import Callable

from tracehold.core.checkpoint import Checkpoint
from tracehold.journey.follow import Bell
from tracehold.journey.holders import Holders, Roll, segment_of
from tracehold.journey.ports import Acknowledgement, Member, Pledge


class Goal:
    """Asked for by the anchorer, reached by the couriers. Kept in memory only: holders sign again."""

    def __init__(self, pledge: Pledge, head: Checkpoint, since: float) -> None:
        self.pledge = pledge
        self.head = head
        self.since = since
        """When it was first asked for."""
        self.segment = segment_of(head.size)
        self._acks: dict[int, tuple[bytes, Acknowledgement]] = {}
        self._bell = Bell()

    def has(self, holder: Member) -> bool:
        """Whether the holder acknowledged it with its present account."""
        account, _ = self._acks.get(holder.number, (b"", None))
        return account == holder.account

    def add(self, holder: Member, acknowledgement: Acknowledgement) -> None:
        """The holder acknowledged it; the signature is verified."""
        self._acks[holder.number] = holder.account, acknowledgement
        self._bell.ring()

    def acknowledged(self, roll: Roll) -> list[Acknowledgement]:
        """What counts by the members of this look: one of each operator, by accounts that still hold."""
        found: dict[int, Acknowledgement] = {}
        for holder in roll.holders.values():
            if self.has(holder):
                found.setdefault(holder.operator_number, self._acks[holder.number][1])
        return list(found.values())

    def lacks(self, holders: Holders) -> bool:
        """Whether fewer acknowledged than the contract asks for."""
        return holders.roll is None or len(self.acknowledged(holders.roll)) < holders.quorum

    def changed(self) -> None:
        """Look again: the members are others."""
        self._bell.ring()

    async def until(self, enough: Callable[[], bool]) -> None:
        """Return when it is enough; for ever if it never is."""
        while True:
            ring = self._bell.next()
            if enough():
                return
            await ring.wait()
