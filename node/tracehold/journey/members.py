"""Who is a member, and what was anchored, from the contract's events: they tell everything, in order."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from tracehold.core.anchor import Anchor
from tracehold.core.ids import LogId
from tracehold.journey.ports import Member, Network
from tracehold.journey.ports.followed import (
    Anchored,
    Change,
    NodeEnrolled,
    NodeReplaced,
    NodeRevoked,
    OperatorEnrolled,
    RolesChanged,
)


class Members:
    """Members after some events. Revoking an operator emits an event for each of its nodes."""

    def __init__(self, before: "Members | None" = None) -> None:
        """Nobody, or those of `before`, which does not change with these."""
        # An operator may be there before its first node: then `before` has no length, and is something.
        self._parties: dict[int, str] = {} if before is None else dict(before._parties)
        self._nodes: dict[int, Member] = {} if before is None else dict(before._nodes)

    def all(self) -> Sequence[Member]:
        """All nodes ever enrolled, by number."""
        return [self._nodes[number] for number in sorted(self._nodes)]

    def __len__(self) -> int:
        """How many were ever enrolled."""
        return len(self._nodes)

    def apply(self, changes: Iterable[Change]) -> "Members":
        """Take in the next events, and these members. Others than those of members change nothing. Raises
        KeyError where one speaks of what was never enrolled.
        """
        for change in changes:
            self._apply(change)
        return self

    def _apply(self, change: Change) -> None:
        match change.what:
            case OperatorEnrolled(operator, party):
                self._parties[operator] = party
            case NodeEnrolled() as new:
                self._nodes[new.node] = self._member(new)
            case NodeReplaced() as new:
                self._replace(new, change.number)
            case RolesChanged(node, roles):
                self._change(node, roles=roles)
            case NodeRevoked(node):
                self._change(node, roles=frozenset(), active=False)
            case _:
                pass

    def _member(self, new: NodeEnrolled) -> Member:
        return Member(
            number=new.node,
            operator_number=new.operator,
            operator=self._parties[new.operator],
            account=new.account,
            node_key=new.node_key,
            log=new.log,
            roles=new.roles,
            active=True,
            record=new.record,
        )

    def _replace(self, new: NodeReplaced, block: int) -> None:
        old = self._nodes[new.node]
        ended = ((block, old.node_key),) if old.node_key != new.node_key else ()
        kept = old.replaced + ended
        self._change(new.node, account=new.account, node_key=new.node_key, record=new.record, replaced=kept)

    def _change(self, node: int, **changes: Any) -> None:
        self._nodes[node] = replace(self._nodes[node], **changes)


def anchor_of(network: Network, log: LogId, change: Change, what: Anchored) -> Anchor:
    """An `Anchored` event as an anchor of the log that its node has."""
    return Anchor(
        chain_id=network.chain_id,
        contract=network.contract,
        node=what.node,
        log=log,
        prev_size=what.prev_size,
        size=what.size,
        root=what.root,
        block_number=change.number,
        block_hash=change.hash,
        block_time=change.time,
        tx_hash=what.tx_hash,
        log_index=change.index,
    )
