"""The largest checkpoint of the own log, wherever it is: asked for before anything is sealed (protocol
section
5), so that a restored backup cannot fork its log.

    chain      what is anchored; where that is more than this disk has, entries are missing here
    holders    of the open segment: what they acknowledged, anchored or not

A checkpoint that is larger than the log and was signed by this node means that the disk lost entries: they
are
fetched and proved (`regain`). One of a size that the log has, with another root, means that it was forked; up
to the anchored size the chain alone decides that, since keys that were in force once may be anybody's by now.
A holder that does not answer holds up a normal start for a few seconds. After a restore, or where the chain
has more than this disk, every active holder must have answered, and the chain's size be reached: who kept the
end of the log may have been chosen after the backup was made.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tracehold.core.checkpoint import Checkpoint, check_checkpoint
from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.core.placement import Candidate, nearest
from tracehold.journey.holders import Holders, Roll, call_roll, segment_of
from tracehold.journey.own_log import OwnLog
from tracehold.journey.ports import Head, Ledger, Peers, RecordLog
from tracehold.journey.regain import Regaining, State
from tracehold.journey.settle import Fault
from tracehold.journey.states import Sleep, within
from tracehold.journey.tree import root_at

SILENT = "Start them, or have those revoked that are gone (docs/operations.md, Backup and restore)."
GONE = "Start a holder that has them; where none is left: tracehold retire --lost (docs/operations.md)."


def unmarked() -> None:
    """Marks nothing."""


@dataclass(frozen=True, slots=True)
class Asking:
    """The nodes that can be asked, and how long a normal start waits for them. `fault` is told of those that
    show what cannot be; `older` is called before the first entry comes back, to remember durably that the
    folder is an older copy of itself.
    """

    peers: Peers
    patience_s: float
    sleep: Sleep
    fault: Fault
    older: Callable[[], None] = unmarked


@dataclass(frozen=True, slots=True)
class _Looked:
    """What one look at the chain said: the members, and the anchored end of the own log."""

    roll: Roll
    head: Head


class OwnHead:
    """Asks for the own log's head. Belongs to the start of a node."""

    def __init__(self, store: RecordLog, ledger: Ledger, holders: Holders, asking: Asking) -> None:
        self._store = store
        self._ledger = ledger
        self._holders = holders
        self._asking = asking

    async def recover(self, own: OwnLog, *, restored: bool = False, retired: bool = False) -> OwnLog:
        """The own log once it has everything that is known of it elsewhere; durable on return. Nothing may be
        sealed meanwhile. `restored`: the folder is, or may be, an older copy of itself; `retired`: the
        contract may have ended the log.

        Raises `Broken("LOG_FORKED")`, `Unavailable("STARTING")` while holders must be waited for,
        `Rejected("NOT_A_MEMBER")`, CHAIN_DOWN, and what the store raises.
        """
        roll = await call_roll(self._ledger, own.log, retired=retired)
        looked = _Looked(roll, await self._ledger.head(roll.creator.number))
        patient = restored or looked.head.size > own.size
        required = set(roll.holders) if patient else self._required(own, looked)
        answers = await self._ask(own, required, patient)
        shown = self._signed(own, answers)
        await self._compare(own, shown, looked.head)
        if patient and (silent := sorted(required - answers.keys())):
            # Before anything comes back: by that the folder would not look like an older copy any more.
            names = ", ".join(f"node {number}" for number in silent)
            said = f"{names} must say first how far the own log was kept there"
            raise Unavailable("STARTING", said, remedy=SILENT)
        return await self._regained(own, shown, looked)

    def _required(self, own: OwnLog, looked: _Looked) -> set[int]:
        """Numbers of the nodes that keep the open segment, as far as this disk or the members tell: the log
        may have gone on into the next one since the disk was written.
        """
        roll = looked.roll
        able = [Candidate(each.number, each.operator_number, each.log) for each in roll.holders.values()]
        found: set[int] = set()
        for segment in {segment_of(own.size), segment_of(max(own.size, looked.head.size))}:
            chosen = {copy.node for copy in self._holders.of(segment)}
            near = nearest(own.log, segment, able, own=roll.creator.operator_number)
            found |= chosen | {each.node for each in near[: max(self._holders.wanted, roll.quorum)]}
        return found & roll.holders.keys()

    async def _ask(self, own: OwnLog, numbers: Iterable[int], patient: bool) -> dict[int, Checkpoint | None]:
        """The largest checkpoint that each has; who does not answer is left out."""
        asked = {number: asyncio.ensure_future(self._one(own, number)) for number in numbers}
        everybody = asyncio.gather(*asked.values(), return_exceptions=True)
        try:
            await within(everybody, None if patient else self._asking.patience_s, self._asking.sleep)
        finally:
            everybody.cancel()
        answers: dict[int, Checkpoint | None] = {}
        for number, answer in asked.items():
            if answer.done() and not answer.cancelled() and not isinstance(answer.exception(), Unavailable):
                answers[number] = answer.result()
        return answers

    async def _one(self, own: OwnLog, number: int) -> Checkpoint | None:
        peer = await self._asking.peers.node(number)
        if peer is None:
            raise Unavailable("PEER_DOWN", f"node {number} has no address")
        return await peer.checkpoint(own.log)

    def _signed(self, own: OwnLog, answers: Mapping[int, Checkpoint | None]) -> dict[int, Checkpoint]:
        """Those checkpoints that this node did sign. The others say nothing of the log, and something of who
        shows them.
        """
        found: dict[int, Checkpoint] = {}
        for number, checkpoint in answers.items():
            if checkpoint is None:
                continue
            if checkpoint.log == own.log and _is_ours(own, checkpoint):
                found[number] = checkpoint
            else:
                said = f"node {number} shows a checkpoint of the own log that this node did not sign"
                self._asking.fault(Rejected("PROOF_INVALID", said))
        return found

    async def _compare(self, own: OwnLog, shown: Mapping[int, Checkpoint], head: Head) -> None:
        """Raises LOG_FORKED where another state than ours is anchored, or was signed behind what is."""
        if 0 < head.size <= own.size and await root_at(self._store, own.log, head.size) != head.root:
            raise Broken("LOG_FORKED", f"the chain has another root at size {head.size} of the own log")
        for number, checkpoint in shown.items():
            size = checkpoint.size
            if size > own.size or await root_at(self._store, own.log, size) == checkpoint.root:
                continue
            said = f"node {number} has another state of size {size} that we signed"
            if size > head.size:
                raise Broken("LOG_FORKED", said)
            self._asking.fault(Rejected("PROOF_INVALID", f"{said}, or whoever has an old key of ours"))

    async def _regained(self, own: OwnLog, shown: Mapping[int, Checkpoint], looked: _Looked) -> OwnLog:
        """The log with what is missing, from whoever hands it over, the furthest first."""
        further = sorted(shown.items(), key=lambda each: -each[1].size)
        # Without others nobody can hand over anything: what the chain has more is for the anchorer to say.
        anchored = looked.head.size if looked.roll.holders else 0
        goal = max([own.size, anchored, *(checkpoint.size for _, checkpoint in further)])
        if goal > own.size:
            self._asking.older()
        for number, checkpoint in further:
            if own.size >= checkpoint.size:
                break
            own = await self._regained_from(number, own, await self._states(own, checkpoint, looked))
        if own.size < goal:
            said = f"of {goal} entries that this node signed, {own.size} are here"
            raise Unavailable("STARTING", said, remedy=GONE)
        return own

    async def _regained_from(self, number: int, own: OwnLog, states: Sequence[State]) -> OwnLog:
        """As much of it as this holder hands over."""
        peer = await self._asking.peers.node(number)
        if peer is None:
            return own
        regaining = Regaining(self._store, own, peer)
        try:
            await regaining.up_to(states)
        except Unavailable as error:
            if error.code not in {"PEER_DOWN", "TOO_MANY_CALLS"}:
                raise
            # The next one may hand it over.
        except Rejected as error:
            self._asking.fault(error)
        return regaining.own

    async def _states(self, own: OwnLog, checkpoint: Checkpoint, looked: _Looked) -> Sequence[State]:
        """What leads up to a checkpoint: the states that are anchored, and behind them itself."""
        size = looked.head.size
        states = [State(checkpoint.size, checkpoint.root)] if checkpoint.size > size else []
        while size > own.size:
            anchor = await self._ledger.find_anchor(looked.roll.creator.number, size)
            if anchor is None:
                raise Unavailable("CHAIN_DOWN", "the chain's head has no event yet")
            if anchor.size <= checkpoint.size:
                states.append(State(anchor.size, anchor.root))
            size = anchor.prev_size
        return states[::-1]


def _is_ours(own: OwnLog, checkpoint: Checkpoint) -> bool:
    keys = [own.roster.node_key_at(min(checkpoint.size, own.size))]
    if own.identity.following is not None and checkpoint.size > own.size:
        keys.append(own.identity.following.public)
    for key in keys:
        try:
            check_checkpoint(checkpoint, key)
        except Rejected:
            continue
        return True
    return False
