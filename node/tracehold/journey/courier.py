"""A courier: brings the own log to one holder and its acknowledgements back, one exchange after the other.

    question     how far is the copy? (no entries)      -> where it ends, or the acknowledgement
    shipment     the entries from there to a checkpoint  -> the acknowledgement
    base, parts  before the first entries of a copy that begins at a later segment

What comes next stands in its agenda. An acknowledgement is durable here before anything is told of it.
Whatever a holder answers costs at most itself: what cannot be is told as a fault, and it is asked again with
growing waits, which end when a silent one is heard again.

What a crash means: nothing but one more question. Where the copy ends, the holder says; what it acknowledged
and was not stored here, it signs again.
"""

import asyncio
from typing import NoReturn

from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import CODES, Rejected, TraceholdError, Unavailable
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.journey.agenda import Agenda
from tracehold.journey.errand import Errand, Round
from tracehold.journey.follow import Bell, Trouble, growing
from tracehold.journey.line import Line
from tracehold.journey.ports import Acknowledgement, Copy, Kept, Member, Peer, Pledge, Shipment
from tracehold.journey.states import within


class Courier:
    """Of one holder. One task runs `run`."""

    def __init__(self, shared: Round, holder: Member, creator: int, trouble: Trouble) -> None:
        self.holder = holder
        """The member as it was when this courier began."""
        self.began = shared.now()
        """When that was, by `now`."""
        self.up = False
        """Whether the last exchange ended well."""
        self.heard: float | None = None
        """When the holder last acknowledged more of a segment than ever before, by `now`."""
        self._shared = shared
        self._creator = creator
        self._trouble = trouble
        self.agenda = Agenda(shared, holder)
        """What is brought, and in which order."""
        self._waits = growing()
        self._woken = Bell()
        self._last: tuple[Pledge, Acknowledgement] | None = None

    async def run(self) -> NoReturn:
        """Bring what there is, for ever; wait for the bell where nothing is left. Raises what is Broken
        here.
        """
        while True:
            # Taken before the look: what happens after the look rings this very bell.
            ring = self._shared.bell.next()
            if not await self.step():
                await self._rest(ring)

    async def step(self) -> bool:
        """One exchange with the holder; False where nothing is left to bring now. Returns after a wait where
        it (or the chain, or the disk) does not answer. Raises what is Broken here.
        """
        line: Line | None = None
        woken = self._woken.next()
        try:
            self._repeat()
            errand = await self.agenda.next()
            if errand is None:
                return False
            line = errand.line
            await self._paid(errand)
        except (Unavailable, Rejected) as error:
            self._failed(line, error)
            if line is None or isinstance(error, Unavailable):
                await self._until(woken, next(self._waits))
        return True

    def wake(self) -> None:
        """The holder answers again, after a silence: go on at once."""
        self._waits = growing()
        self.agenda.awake()
        self._woken.ring()

    async def _rest(self, ring: asyncio.Event) -> None:
        """Until the bell rings, or a line that was put off is due."""
        due = self.agenda.due()
        if due is None:
            await ring.wait()
        else:
            await self._until(ring, due - self._shared.now())

    async def _until(self, ring: asyncio.Event, seconds: float) -> None:
        waiting = asyncio.ensure_future(ring.wait())
        try:
            await within(waiting, seconds, self._shared.sleep)
        finally:
            waiting.cancel()

    # -- one exchange

    async def _paid(self, errand: Errand) -> None:
        before = errand.line.shipped
        try:
            await self._bring(errand)
        finally:
            if errand.reserved:
                self._shared.throttle.pay(errand.reserved, errand.line.shipped - before)

    async def _bring(self, errand: Errand) -> None:
        """One exchange on the way to having the target acknowledged."""
        peer = await self._shared.peers.node(self.holder.number)
        if peer is None:
            raise Unavailable("PEER_DOWN", f"node {self.holder.number} has no address")
        cargo, line, target, goal = self._shared.cargo, errand.line, errand.target, errand.goal
        start, end = line.segment * SEGMENT_ENTRIES, target.size if line.end is None else line.end
        head = target if end >= target.size else await cargo.next(max(end, start), target.size)
        aimed = goal is not None and head == goal.head
        pledge = goal.pledge if goal and aimed else await cargo.pledge(self._creator, head)
        try:
            kept = await self._exchange(peer, line, end, head, pledge.prev_size)
            self._shared.signs.heard(self.holder.number)
            await self._judge(kept, line, pledge)
        except BaseException:
            # Nothing is known of the copy then: an interrupted shipment may have arrived.
            line.end = None
            raise

    async def _exchange(self, peer: Peer, line: Line, end: int, head: Checkpoint, prev_size: int) -> Kept:
        cargo, start = self._shared.cargo, line.segment * SEGMENT_ENTRIES
        if end >= head.size:
            return await peer.replicate(cargo.question(head, prev_size))
        if end >= start:
            return await self._ship(peer, line, await cargo.shipment(end, head, prev_size))
        parts = [base async for base in cargo.bases(start)]
        for base in parts[:-1]:
            kept = await peer.replicate(cargo.part(base, head, prev_size))
            if kept.refused:
                return kept
        return await self._ship(peer, line, await cargo.shipment(start, head, prev_size, parts[-1]))

    async def _ship(self, peer: Peer, line: Line, shipment: Shipment) -> Kept:
        line.shipped += sum(len(each.raw) for each in shipment.entries)
        return await peer.replicate(shipment)

    def _repeat(self) -> None:
        """What was acknowledged last may be what an anchor waits for now."""
        goal, (pledge, acknowledgement) = self._shared.goal(), self._last or (None, None)
        if goal is None or acknowledgement is None or goal.pledge != pledge or goal.has(self.holder):
            return
        if self.agenda.kept(goal.segment) is not None:
            goal.add(self.holder, acknowledgement)

    async def _judge(self, kept: Kept, line: Line, pledge: Pledge) -> None:
        """Take the acknowledgement, or what the answer says of the copy."""
        if kept.refused:
            raise self._refused(kept.refused)
        if kept.acknowledgement:
            await self._take(kept.acknowledgement, line, pledge)
            return
        if kept.pulling:
            self.up = True
            line.pulling(max(kept.size, 0), self._shared.now())
            return
        if kept.size < (size := self.agenda.size(line.segment)):
            self._shared.holders.lost(line.segment, self.holder.number, max(kept.size, 0))
            raise self._false(f"keeps {kept.size} entries of segment {line.segment}, and acknowledged {size}")
        if kept.size >= pledge.size:
            self._silent(kept, line, pledge)
        elif line.spent():
            raise self._false(f"took what was sent, and does not acknowledge {pledge.size}")
        line.end = max(kept.size, 0)

    def _silent(self, kept: Kept, line: Line, pledge: Pledge) -> None:
        """A copy that goes as far as was asked, without an acknowledgement. It can only be that the holder
        signed for more than it has now, elsewhere in the log or before it was restored; then it is brought
        further where there is something to bring.
        """
        if kept.size >= self.agenda.far():
            raise self._false(f"keeps {kept.size} entries, and does not acknowledge {pledge.size}")
        if line.end is None or kept.size <= line.end:
            line.asked = True
            line.put_off(self._shared.now())

    async def _take(self, signature: bytes, line: Line, pledge: Pledge) -> None:
        holder, shared = self.holder, self._shared
        try:
            await shared.ledger.check_acknowledgement(pledge, signature, holder.account)
        except Rejected as error:
            raise self._false("answers with an acknowledgement that it did not sign") from error
        copy = Copy(line.segment, holder.number, holder.operator_number, pledge.size)
        # Durable first: whoever is told of it may ask again after a crash.
        news = await shared.holders.acknowledged(copy)
        self.up = True
        if line.reached(pledge.size, shared.now()):
            self.heard, self._waits = shared.now(), growing()
        line.asked |= pledge.size >= self.agenda.size(line.segment)
        self._trouble(None)
        acknowledgement = Acknowledgement(holder.number, holder.operator_number, signature)
        self._last = pledge, acknowledgement
        goal = shared.goal()
        if goal is not None and goal.pledge == pledge:
            goal.add(holder, acknowledgement)
        if news:
            shared.moved()

    def _failed(self, line: Line | None, error: TraceholdError) -> None:
        self.up = False
        self._trouble(error)
        if line is not None:
            signs, node = self._shared.signs, self.holder.number
            busy, silent = error.code == "TOO_MANY_CALLS", error.code == "PEER_DOWN"
            theirs = busy or isinstance(error, Rejected) or (silent and signs.answers(node))
            line.put_off(self._shared.now(), silent=silent, theirs=theirs)
            if busy:
                signs.heard(node)
            if isinstance(error, Rejected) and line.tell(str(error)):
                self._shared.fault(error)

    def _refused(self, code: str) -> Rejected:
        # Only codes that this release knows are repeated: the rest is whatever somebody likes to send.
        said = code if code in CODES else "an unknown code"
        return self._false(f"keeps no more of the own log: {said}")

    def _false(self, what: str) -> Rejected:
        return Rejected("PROOF_INVALID", f"holder {self.holder.number} {what}")
