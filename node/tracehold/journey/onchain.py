"""What the chain says of the own log: whether this node is its creator, whether
its head is on this disk, which anchors it has.
"""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tracehold.core.checkpoint import Checkpoint
from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.core.ids import LogId
from tracehold.core.receipt import Anchor
from tracehold.core.roster import Roster
from tracehold.journey.ports import (
    Acknowledgement,
    AnchorState,
    AnchorTask,
    Head,
    Ledger,
    Member,
    RecordLog,
    Role,
    SignedTransaction,
)
from tracehold.journey.states import States, final_before
from tracehold.journey.tree import root_at

Acknowledge = Callable[[int, Checkpoint], Coroutine[Any, Any, Sequence[Acknowledgement]]]
"""Collects acknowledgements for (previous size, checkpoint), `Replicator.acknowledge`; raises
`Unavailable("TOO_FEW_COPIES")` while there are too few, after which it is asked again.
"""


async def nobody(_: int, __: Checkpoint) -> Sequence[Acknowledgement]:
    """No acknowledgements: a network of one operator with quorum 0."""
    return ()


def growing() -> bool:
    """The log is not retired."""
    return False


@dataclass(frozen=True, slots=True)
class Link:
    """The own log and the chain that it is anchored on. `roster` says who speaks in the log as it is;
    `retired`: whether the log is retired on disk.
    """

    store: RecordLog
    ledger: Ledger
    states: States
    log: LogId
    acknowledge: Acknowledge = nobody
    roster: Callable[[], Roster] | None = None
    retired: Callable[[], bool] = growing

    def signed_up_to(self, member: Member) -> int | None:
        """The largest size whose checkpoint is of the node key that the contract has; None where that is the
        one in force. An anchor's block tells whose checkpoint it is (protocol section 5).
        """
        return self.roster().signs_up_to(member.node_key) if self.roster else None

    async def save(self, task: AnchorTask) -> None:
        """Make a task durable, then wake those who wait for a state."""
        await self.store.save_anchor(task)
        self.states.moved(self.log)


async def signed_within(store: RecordLog, log: LogId, after: int, upto: int) -> bool:
    """Whether there is a checkpoint with after < size <= upto."""
    head = await store.checkpoint_within(log, after, upto, 1 << 62)
    return head is not None and head.size <= upto


def creates(member: Member) -> bool:
    """Whether the contract takes anchors of this node."""
    return member.active and Role.CREATOR in member.roles


async def enrolled(link: Link) -> Member:
    """This node as the contract knows it: a creator or, where the log is retired, also one that was.

    Raises `Rejected("NOT_A_MEMBER")` where it is no active creator (yet), `Broken("WRONG_CHAIN")` where the
    account is of another log.
    """
    member = await link.ledger.myself()
    if member is None or not (creates(member) or link.retired()):
        raise Rejected("NOT_A_MEMBER", "the contract knows no active creator with this account")
    if member.log != link.log:
        raise Broken("WRONG_CHAIN", "the contract knows this account with another log")
    return member


async def check_head(link: Link, head: Head) -> None:
    """Returns if the chain's head is a state that the log on disk went through; else
    `Broken("LOG_FORKED")`.
    """
    size = await link.store.size(link.log)
    if head.size > size:
        raise Broken("LOG_FORKED", f"the chain has {head.size} entries of the own log, this disk {size}")
    if head.size == 0:
        return
    if await root_at(link.store, link.log, head.size) != head.root:
        raise Broken("LOG_FORKED", f"the chain has another root at size {head.size} of the own log")


async def compared(link: Link) -> tuple[Member, Head]:
    """This node and the chain's head, which is on the own log. Raises as `enrolled` and `check_head`, and
    `Unavailable("STARTING")` where a log that ended lacks entries: it seals nothing, so it forks nothing, and
    what is left is answered for.
    """
    member = await enrolled(link)
    head = await link.ledger.head(member.number)
    size = await link.store.size(link.log)
    if head.size > size and not creates(member):
        said = f"the chain has {head.size} entries of the retired log, this disk {size}"
        raise Unavailable("STARTING", said)
    await check_head(link, head)
    return member, head


async def taken_over(link: Link) -> Member:
    """This node, once all that the chain has of the own log is stored as mined. Raises as `compared`, and
    `Rejected("NOT_A_MEMBER")` where more was sealed than the contract takes of a log that ended.
    """
    member, head = await compared(link)
    await adopt(link, member.number, head.size)
    there = max(head.size, await final_before(link.store, link.log))
    if not creates(member) and there < (size := await link.store.size(link.log)):
        said = f"the contract takes no more of the retired log: {there} of {size} entries are anchored"
        raise Rejected("NOT_A_MEMBER", said)
    return member


async def adopt(link: Link, node: int, size: int) -> None:
    """Take over the anchors up to the chain's head `size` that are not stored as mined.

    Signed ones that overlap them can never be mined any more (the contract's size
    went past theirs) and are dropped.
    """
    missing: list[Anchor] = []
    while size and not await _mined(link, size):
        anchor = await link.ledger.find_anchor(node, size)
        if anchor is None:
            raise Unavailable("CHAIN_DOWN", "the chain's head has no event yet")
        missing.append(anchor)
        size = anchor.prev_size
    # The oldest first: a crash in between leaves no gap below what is stored, where
    # nobody would look for it.
    for anchor in reversed(missing):
        await _make_room(link, anchor)
        await link.save(await _adopted(link, anchor))


async def _mined(link: Link, size: int) -> bool:
    task = await link.store.anchor_covering(link.log, size - 1)
    return task is not None and task.size == size


async def _make_room(link: Link, anchor: Anchor) -> None:
    for task in await link.store.anchors(link.log, {AnchorState.SIGNED, AnchorState.MINED}):
        same = (task.prev_size, task.size) == (anchor.prev_size, anchor.size)
        if not same and task.prev_size < anchor.size and anchor.prev_size < task.size:
            await link.store.drop_anchor(link.log, task.size)


async def _adopted(link: Link, anchor: Anchor) -> AnchorTask:
    unsettled = await link.store.anchors(link.log, {AnchorState.SIGNED, AnchorState.REORGED})
    known = next((task for task in unsettled if task.size == anchor.size), None)
    if known is None:
        sent = SignedTransaction(b"", anchor.tx_hash, 0, 0)
        known = AnchorTask(link.log, anchor.prev_size, anchor.size, anchor.root, sent, AnchorState.MINED)
    return mined(known, anchor)


def mined(task: AnchorTask, anchor: Anchor, gas_used: int | None = None) -> AnchorTask:
    """The task in its block. Raises `Broken("LOG_FORKED")` where
    the event says something else than was signed.
    """
    said = (anchor.log, anchor.prev_size, anchor.size, anchor.root)
    if said != (task.log, task.prev_size, task.size, task.root):
        raise Broken("LOG_FORKED", f"the chain's event of size {anchor.size} is not what this node signed")
    return replace(task, state=AnchorState.MINED, anchor=anchor, gas_used=gas_used or task.gas_used)
