"""A holder's follower of anchors, where there is much to catch up with, and where one log holds up others."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.journey.holding_scene import Branch, Scene, scene
from tests.journey.test_kept_anchors import follower, many, sizes
from tracehold.adapters.memory.ledger import MemoryLedger
from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.core.keys import Ed25519Key
from tracehold.core.receipt import Anchor
from tracehold.journey.kept_anchors import MAX_PAUSE


class Asked:
    """A ledger that counts how often it is asked for anchors, and lies dead for one creator."""

    def __init__(self, ledger: MemoryLedger, silent: int = 0) -> None:
        self._ledger = ledger
        self.silent = silent
        self.count = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    async def anchors(self, node: int, after: int, block: int = 0) -> Any:
        """Counted."""
        self.count += 1
        if node == self.silent:
            raise Unavailable("CHAIN_DOWN", "the server has no logs of that block any more")
        return await self._ledger.anchors(node, after, block)

    async def find_anchor(self, node: int, size: int) -> Anchor | None:
        """Counted."""
        self.count += 1
        return await self._ledger.find_anchor(node, size)


async def away(made: Scene) -> None:
    """Five anchors over a copy that has no anchor yet."""
    await many(made)
    for size in (3, 4, 5, 6, 7):
        await made.holder.take(made.branch, made.branch.shipment(0 if size == 3 else size - 1, size))


async def test_catching_up_asks_for_each_anchor_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run by run from the oldest on, not the whole chain once more for each of them."""
    made = await scene()
    await away(made)
    asked = Asked(made.holder.ledger)
    made.holder.ledger = asked  # type: ignore[assignment]
    monkeypatch.setattr("tracehold.adapters.memory.ledger.ANCHORS", 2)
    await follower(made.holder).step()
    assert await sizes(made.holder, made.branch.log) == [3, 4, 5, 6, 7]
    assert asked.count == 3


async def test_a_log_that_the_chain_is_silent_about_holds_up_no_other() -> None:
    """Attack: one creator's anchors cannot be read; those of all others are taken over, and it is asked for
    again, less and less often, until it is there.
    """
    made = await scene()
    other = await Branch.begun(made.clock, Ed25519Key.from_seed(b"\x09" * 32))
    made.chain.members[2] = replace(made.chain.members[2], log=other.log)
    await made.holder.take(made.branch, made.branch.shipment(0))
    await made.holder.take(other, other.shipment(0), other.neighbour(number=3))
    await made.anchor(made.branch, 3)
    sent = await MemoryLedger(made.chain, bytes([3]) * 20).prepare_anchor(0, 3, other.checkpoints[3].root, ())
    await MemoryLedger(made.chain, bytes([3]) * 20).send(sent)
    made.chain.mine()
    asked = Asked(made.holder.ledger, silent=1)
    made.holder.ledger = asked  # type: ignore[assignment]
    anchors = follower(made.holder)
    with pytest.raises(Unavailable):
        await anchors.step()
    assert await sizes(made.holder, other.log) == [3]
    failures = 0
    for _ in range(200):
        try:
            await anchors.step()
        except Unavailable:
            failures += 1
    assert 200 // (MAX_PAUSE + 1) <= failures < 14
    asked.silent = 0
    for _ in range(MAX_PAUSE + 1):
        await anchors.step()
    assert await sizes(made.holder, made.branch.log) == [3]


async def test_as_many_spans_as_before_are_not_the_same_ones() -> None:
    """Two spans joined and another one began while nobody looked: what is missing at the joint is found."""
    made = await scene()
    await away(made)
    spans = [(0, 3), (3, 7)]

    async def told(log: LogId) -> Sequence[tuple[int, int]]:
        return spans

    made.holder.store.spans = told  # type: ignore[method-assign]
    await follower(made.holder).step()
    await made.holder.store.drop_anchor(made.branch.log, 4)
    await follower(made.holder).step()
    assert await sizes(made.holder, made.branch.log) == [5, 6, 7]
    spans[:] = [(0, 6), (6, 7)]
    await follower(made.holder).step()
    assert await sizes(made.holder, made.branch.log) == [3, 4, 5, 6, 7]
