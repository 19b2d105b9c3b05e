"""What a node says of an anchor: from what it followed where that stands, else from the chain."""

from dataclasses import replace
from typing import Any

from tests.journey.chainwatch_scene import Watched, enrolled, memory_ledger, new_chain
from tracehold.adapters.memory.chain import MemoryChain
from tracehold.adapters.memory.ledger import MemoryLedger
from tracehold.core.anchor import Anchor
from tracehold.core.ids import Root
from tracehold.journey.ledger_view import LedgerView
from tracehold.journey.ports.followed import Anchored, OperatorEnrolled

ROOT = Root(b"\x05" * 32)


class Searched(MemoryLedger):
    """Counts how often an anchor is looked for."""

    searches = 0

    async def find_anchor(self, node: int, size: int) -> Anchor | None:
        """As the ledger does."""
        self.searches += 1
        return await super().find_anchor(node, size)


async def anchored() -> tuple[MemoryChain, Searched, Watched, Anchor]:
    """A chain with one anchor that was followed, and is final."""
    chain = new_chain()
    chain.act(OperatorEnrolled(1, "urn:one"), enrolled(1))
    chain.mine()
    chain.act(Anchored(1, 0, 3, ROOT, (), b"t" * 32), Anchored(1, 3, 5, ROOT, (), b"u" * 32))
    chain.mine(4)
    watched = Watched(memory_ledger(chain))
    await watched.catch_up()
    return chain, Searched(chain, b"\xa1" * 20), watched, watched.heads[0]


async def view(ledger: Searched, watched: Watched | None, anchor: Anchor) -> Any:
    """What is said."""
    return await LedgerView(ledger, watched.kept if watched else None).of(anchor)


async def test_an_anchor_that_was_followed_is_not_looked_for() -> None:
    """The chain is asked whether it stands; what is said is the event, with its block."""
    chain, ledger, watched, anchor = await anchored()
    found = await view(ledger, watched, anchor)
    assert ledger.searches == 0
    assert found.event is not None
    assert (found.event.size, found.event.root, found.block_hash) == (5, ROOT, chain.blocks[2].hash)
    assert (found.node_log, found.node_key) == (enrolled(1).log, enrolled(1).node_key)


async def test_one_of_another_size_is_looked_for() -> None:
    """Between two anchors, and past the last: the chain says that there is none."""
    _, ledger, watched, anchor = await anchored()
    for size in (4, 6):
        assert (await view(ledger, watched, replace(anchor, size=size))).event is None
    assert ledger.searches == 2


async def test_one_whose_block_was_replaced_is_looked_for() -> None:
    """The follower has not seen it yet: what it has does not count."""
    chain, ledger, watched, anchor = await anchored()
    chain.reorganise(4, lose=True)
    assert (await view(ledger, watched, anchor)).event is None
    assert ledger.searches == 1


async def test_a_node_that_follows_nothing_asks_the_chain() -> None:
    """As before."""
    _, ledger, _, anchor = await anchored()
    await view(ledger, None, anchor)
    assert ledger.searches == 1
