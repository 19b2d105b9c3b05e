"""A courier: brings the own log to one holder and its acknowledgements back, one exchange after the other.

    question     how far is the copy? (no entries)      -> where it ends, or the acknowledgement
    shipment     the entries from there to a checkpoint  -> the acknowledgement
    base, parts  before the first entries of a copy that begins at a later segment

What an anchor waits for comes first, then the oldest segment that is not whole there. An acknowledgement is
durable here before anything is told of it. Whatever a holder answers costs at most itself: what cannot be is
told as a fault, and it is asked again with growing waits.

What a crash means: nothing but one more question. Where the copy ends, the holder says; what it acknowledged
and was not stored here, it signs again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import CODES, Rejected, TraceholdError, Unavailable
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.journey.cargo import Cargo, segment_end
from tracehold.journey.follow import Bell, Trouble, growing
from tracehold.journey.goal import Goal
from tracehold.journey.holders import Holders
from tracehold.journey.own_log import Now
from tracehold.journey.ports import Acknowledgement, Copy, Kept, Ledger, Member, Peer, Peers, Pledge
from tracehold.journey.settle import Fault
from tracehold.journey.states import Sleep

ATTEMPTS = 3
"""Answers in a row without an acknowledgement and without a refusal: one to learn where the copy ends, and
some for a copy that moved meanwhile.
"""


@dataclass(frozen=True, slots=True)
class Round:
    """What all couriers of a node share. `creator` is this node's number; `goal` what an anchor waits for
    now,
    if anything; `moved` is called when an acknowledgement brought something further.
    """

    cargo: Cargo
    holders: Holders
    ledger: Ledger
    peers: Peers
    bell: Bell
    goal: Callable[[], Goal | None]
    sleep: Sleep
    now: Now
    fault: Fault
    moved: Callable[[], None]


class Courier:
    """Of one holder. One task runs `run`."""

    def __init__(self, shared: Round, holder: Member, creator: int, trouble: Trouble) -> None:
        self.holder = holder
        """The member as it was when this courier began."""
        self.up = False
        """Whether the last exchange ended well."""
        self.heard: float | None = None
        """When the holder last took something, by `now`."""
        self._shared = shared
        self._creator = creator
        self._trouble = trouble
        self._ends: dict[int, int] = {}  # by segment: where the copy ends, as the holder said
        self._attempts = 0
        self._last: tuple[Pledge, Acknowledgement] | None = None
        self._told: str | None = None

    async def run(self) -> NoReturn:
        """Bring what there is, for ever; wait for the bell where nothing is left. Raises what is Broken
        here.
        """
        waits = growing()
        while True:
            # Taken before the look: what happens after the look rings this very bell.
            ring = self._shared.bell.next()
            acknowledged = self.heard
            try:
                busy = await self.step()
            except (Unavailable, Rejected) as error:
                self._failed(error)
                await self._shared.sleep(next(waits))
            else:
                if not busy:
                    await ring.wait()
            if self.heard != acknowledged:
                waits = growing()

    async def step(self) -> bool:
        """One exchange with the holder; False where nothing is left to bring.

        Raises `Unavailable` while it (or the chain, or the disk) does not answer, `Rejected` for what it
        answers and cannot be, or refuses.
        """
        goal = self._shared.goal()
        if goal is not None and self._keeps(goal.segment) and not goal.has(self.holder):
            if self._last is not None and self._last[0] == goal.pledge:
                goal.add(self.holder, self._last[1])
                return True
            await self._bring(goal.segment, goal.head, goal)
            return True
        horizon = await self._shared.cargo.horizon()
        for segment in self._shared.holders.segments:
            kept, wanted = self._shared.holders.copy(segment, self.holder.number), segment_end(segment)
            if kept is not None and kept.size < min(wanted, horizon) and segment * SEGMENT_ENTRIES < horizon:
                await self._bring(segment, await self._shared.cargo.at(min(wanted, horizon)), goal)
                return True
        return False

    def _keeps(self, segment: int) -> bool:
        return self._shared.holders.copy(segment, self.holder.number) is not None

    async def _bring(self, segment: int, target: Checkpoint, goal: Goal | None) -> None:
        """One exchange on the way to having `target` acknowledged."""
        peer = await self._shared.peers.node(self.holder.number)
        if peer is None:
            raise Unavailable("PEER_DOWN", f"node {self.holder.number} has no address")
        cargo, end = self._shared.cargo, self._ends.get(segment, target.size)
        start = segment * SEGMENT_ENTRIES
        head = target if end >= target.size else await cargo.next(max(end, start), target.size)
        aimed = goal is not None and head == goal.head
        pledge = goal.pledge if goal and aimed else await cargo.pledge(self._creator, head)
        try:
            kept = await self._exchange(peer, end, start, head, pledge.prev_size)
            await self._judge(kept, segment, pledge)
        except BaseException:
            # Nothing is known of the copy then: an interrupted shipment may have arrived.
            self._ends.pop(segment, None)
            raise

    async def _exchange(self, peer: Peer, end: int, start: int, head: Checkpoint, prev_size: int) -> Kept:
        cargo = self._shared.cargo
        if end >= head.size:
            return await peer.replicate(cargo.question(head, prev_size))
        if end >= start:
            return await peer.replicate(await cargo.shipment(end, head, prev_size))
        parts = [base async for base in cargo.bases(start)]
        for base in parts[:-1]:
            kept = await peer.replicate(cargo.part(base, head, prev_size))
            if kept.refused:
                return kept
            self.heard = self._shared.now()
        return await peer.replicate(await cargo.shipment(start, head, prev_size, parts[-1]))

    async def _judge(self, kept: Kept, segment: int, pledge: Pledge) -> None:
        """Take the acknowledgement, or what the answer says of the copy."""
        if kept.refused:
            raise self._refused(kept.refused)
        if kept.acknowledgement:
            await self._take(kept.acknowledgement, segment, pledge)
            return
        if kept.size >= pledge.size:
            raise self._false(f"keeps {kept.size} entries, and does not acknowledge {pledge.size}")
        self._attempts += 1
        if self._attempts > ATTEMPTS:
            raise self._false(f"took what was sent, and does not acknowledge {pledge.size}")
        self._ends[segment] = max(kept.size, 0)

    async def _take(self, signature: bytes, segment: int, pledge: Pledge) -> None:
        holder, shared = self.holder, self._shared
        try:
            await shared.ledger.check_acknowledgement(pledge, signature, holder.account)
        except Rejected as error:
            raise self._false("answers with an acknowledgement that it did not sign") from error
        copy = Copy(segment, holder.number, holder.operator_number, pledge.size)
        # Durable first: whoever is told of it may ask again after a crash.
        news = await shared.holders.acknowledged(copy)
        self._ends[segment] = pledge.size
        self._attempts, self._told = 0, None
        self.up, self.heard = True, shared.now()
        self._trouble(None)
        acknowledgement = Acknowledgement(holder.number, holder.operator_number, signature)
        self._last = pledge, acknowledgement
        goal = shared.goal()
        if goal is not None and goal.pledge == pledge:
            goal.add(holder, acknowledgement)
        if news:
            shared.moved()

    def _failed(self, error: TraceholdError) -> None:
        self.up, self._attempts = False, 0
        self._trouble(error)
        if isinstance(error, Rejected) and str(error) != self._told:
            self._told = str(error)
            self._shared.fault(error)

    def _refused(self, code: str) -> Rejected:
        # Only codes that this release knows are repeated: the rest is whatever somebody likes to send.
        said = code if code in CODES else "an unknown code"
        return self._false(f"keeps no more of the own log: {said}")

    def _false(self, what: str) -> Rejected:
        return Rejected("PROOF_INVALID", f"holder {self.holder.number} {what}")
