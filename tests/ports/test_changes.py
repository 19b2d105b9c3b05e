"""The feed of the contract's events, on the chain in memory and on the contract on a devchain: pages of one
branch of the chain, by block hashes.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.ports.ledgers import BOTH, DEPTH, NETWORK, PARTY, ROOT, InMemory, OnDevchain, anchor, log_of
from tracehold.adapters.ethereum.contract import FIRST_PAGE
from tracehold.adapters.ethereum.events import EVENTS
from tracehold.adapters.ethereum.feed import EthereumFeed
from tracehold.adapters.ethereum.ledger import EthereumLedger
from tracehold.adapters.memory.chain import MemoryChain
from tracehold.adapters.memory.ledger import PAGE, MemoryLedger
from tracehold.core.errors import Unavailable
from tracehold.core.ids import LogId
from tracehold.journey.members import Members
from tracehold.journey.ports.followed import (
    APART,
    Anchored,
    Change,
    Feed,
    NodeEnrolled,
    NodeRevoked,
    OperatorEnrolled,
    Page,
    Place,
    What,
)


class Rejoined(OnDevchain):
    """A devchain whose blocks a test may mine, mark and replace."""

    @property
    def feed(self) -> EthereumFeed:
        """That of the test's node."""
        assert isinstance(self.ledger, EthereumLedger)
        return self.ledger.feed


@pytest.fixture
async def chain(tmp_path: Path) -> AsyncIterator[Rejoined]:
    """The contract with one node."""
    made = Rejoined(tmp_path)
    await made.start()
    yield made
    made.close()


async def pages(feed: Feed, since: Place | None = None) -> list[Page]:
    """All pages from a block on."""
    found: list[Page] = []
    while True:
        page = await feed.changes(since)
        assert page is not None
        if not page.places:
            return found
        found.append(page)
        since = page.upto


def changes(found: list[Page]) -> list[Change]:
    """Their events."""
    return [change for page in found for change in page.changes]


def whats(found: list[Page]) -> list[What]:
    """What was said."""
    return [change.what for change in changes(found)]


async def test_pages_of_a_chain_in_memory() -> None:
    """Bounded; every block a place; nothing new is an empty page at the same block."""
    chain = MemoryChain(lambda: 1_800_000_000, NETWORK)
    ledger = MemoryLedger(chain, b"\x0b" * 20, confirmations=DEPTH)
    enrolled = NodeEnrolled(1, 1, b"\x0b" * 20, b"\x0e" * 32, log_of(1), BOTH, b"a node record")
    chain.act(OperatorEnrolled(1, PARTY), enrolled)
    chain.mine(PAGE)
    chain.act(NodeRevoked(1))
    chain.mine()
    found = await pages(ledger)
    assert [len(page.places) for page in found] == [PAGE, 2]
    assert whats(found) == [OperatorEnrolled(1, PARTY), enrolled, NodeRevoked(1)]
    assert (found[-1].height, found[-1].final) == (PAGE + 1, PAGE + 1 - DEPTH)
    assert [member.active for member in await ledger.members()] == [False]
    assert await ledger.changes(replace(found[-1].upto, hash=b"x" * 32)) is None
    assert await ledger.place(99) is None


async def test_events_of_the_contract(chain: Rejoined) -> None:
    """Members and anchors, each in the block that holds it; the members that follow are the ledger's."""
    await chain.enrol(2)
    found = await pages(chain.feed)
    said = whats(found)
    assert [type(each).__name__ for each in said] == ["OperatorEnrolled", "NodeEnrolled"] * 2
    assert said[0] == OperatorEnrolled(1, PARTY)
    assert Members().apply(changes(found)).all() == list(await chain.ledger.members())
    for change in changes(found):
        block = await chain.client.block(change.number)
        assert block is not None
        assert (block.hash, block.time) == (change.hash, change.time)
    height = await chain.ledger.height()
    assert found[-1].upto == await chain.feed.place(height)
    assert await chain.feed.place(height + 1) is None


async def test_an_anchor_names_who_acknowledged_it(chain: Rejoined) -> None:
    """Nobody, at quorum 0; its transaction, sizes and root."""
    since = (await pages(chain.feed))[-1].upto
    await anchor(chain, 0, 5)
    (told,) = whats(await pages(chain.feed, since))
    found = await chain.ledger.find_anchor(1, 5)
    assert found is not None
    assert told == Anchored(1, 0, 5, ROOT, (), found.tx_hash)


async def test_blocks_above_the_final_one_are_all_places(chain: Rejoined) -> None:
    """Read one by one, each by its hash; those below by ranges."""
    start = (await pages(chain.feed))[-1].upto
    chain.mine(5)
    far, near = await pages(chain.feed, start)
    final = start.number + 5 - DEPTH
    assert (far.upto.number, far.final) == (final, final)
    assert [place.number for place in near.places] == [final + 1, final + 2]
    assert [place.parent for place in near.places] == [far.upto.hash, near.places[0].hash]
    queries = [params[0] for method, params in chain.wire.asked if method == "eth_getLogs"]
    assert ["blockHash" in query for query in queries[-3:]] == [False, True, True]


async def test_a_reorganisation_ends_a_page(chain: Rejoined) -> None:
    """From a block that was replaced nothing follows; from the last common one the other branch does."""
    chain.mark()
    common = (await pages(chain.feed))[-1].upto
    await anchor(chain, 0, 5)
    gone = (await pages(chain.feed, common))[-1].upto
    chain.reorganise()
    assert await chain.feed.changes(gone) is None
    found = await pages(chain.feed, common)
    assert whats(found) == []
    assert found[-1].upto.number > gone.number


async def test_a_chain_that_lags_tells_nothing_after_a_block(chain: Rejoined) -> None:
    """It does not know the block: None, and `place` tells that it does not reach it."""
    last = (await pages(chain.feed))[-1].upto
    ahead = Place(last.number + 3, b"a" * 32, b"p" * 32, last.time + 3)
    assert await chain.feed.changes(ahead) is None
    assert await chain.feed.place(ahead.number) is None


async def test_a_limited_range_halves_and_grows_again(chain: Rejoined) -> None:
    """The chain's node takes no more than 64 blocks: halves until it does, and every event is there once."""
    whole = await pages(chain.feed)
    chain.mine(400)
    ranges: list[int] = []

    def limited(query: dict[str, Any]) -> Any:
        if "blockHash" in query:
            return None
        length = int(query["toBlock"], 16) - int(query["fromBlock"], 16) + 1
        ranges.append(length)
        return {"error": {"code": -32005, "message": "too many"}} if length > 64 else None

    chain.wire.answers["eth_getLogs"] = limited
    assert whats(await pages(chain.open().feed)) == whats(whole)
    taken = [length for length in ranges if length <= 64]
    assert max(taken) <= 64
    assert len(ranges) - len(taken) < 20
    assert len(taken) < 20


async def test_long_pages_end_where_places_are_kept(chain: Rejoined) -> None:
    """A whole chain below the final block in one query, and then in steps of `APART`."""
    chain.mine(APART + 200)
    queries = len(chain.wire.asked)
    found = await pages(chain.open(finality="instant").feed)
    assert len(found) == 1
    assert len(chain.wire.asked) - queries < 20
    assert FIRST_PAGE > APART + 200


async def test_a_chain_that_knows_no_final_block_is_read_by_ranges_too(chain: Rejoined) -> None:
    """Far below its newest block; so whoever was away long comes back soon. Finality is not made up."""
    chain.mine(APART + 40)
    chain.wire.asked.clear()
    page = await chain.open().feed._reader.page(None, final=-1)
    assert page is not None
    height = await chain.ledger.height()
    assert (page.upto.number, page.final, page.height) == (height - APART, -1, height)
    (query,) = [params[0] for method, params in chain.wire.asked if method == "eth_getLogs"]
    assert "blockHash" not in query


LIES = {
    "a block that is not on the chain": {"blockHash": "0x" + "66" * 32},
    "another height": {"blockNumber": "0x1"},
    "another contract": {"address": "0x" + "66" * 20},
    "no event of ours": {"topics": ["0x" + "66" * 32]},
    "no data": {"data": "0x"},
}


@pytest.mark.parametrize("finality", ["instant", "depth:100"])
@pytest.mark.parametrize("lie", LIES)
async def test_a_lying_endpoint_is_believed_nothing(chain: Rejoined, lie: str, finality: str) -> None:
    """Logs of a block that is not on the chain, and the like: CHAIN_DOWN, by ranges and by hashes alike."""

    def answer(query: dict[str, Any]) -> Any:
        logs = chain.node.rpc("eth_getLogs", query)
        return {"result": [each | LIES[lie] for each in logs]}

    honest = chain.open(finality=finality).feed
    assert len(whats(await pages(honest))) == 2
    chain.wire.answers["eth_getLogs"] = answer
    with pytest.raises(Unavailable, match="CHAIN_DOWN"):
        await pages(chain.open(finality=finality).feed)


async def test_an_event_told_twice_is_a_lie(chain: Rejoined) -> None:
    """One log at one place."""
    chain.wire.answers["eth_getLogs"] = lambda query: {"result": chain.node.rpc("eth_getLogs", query) * 2}
    with pytest.raises(Unavailable, match="twice"):
        await pages(chain.open(finality="instant").feed)


async def test_a_chain_that_changes_while_a_range_is_read(chain: Rejoined) -> None:
    """The range's end is another block afterwards: CHAIN_DOWN, and nothing of it counts."""
    chain.mark()
    await anchor(chain, 0, 5)
    armed = [True]

    def turn(query: dict[str, Any]) -> Any:
        logs = chain.node.rpc("eth_getLogs", query)
        if armed.pop() if armed else False:
            chain.reorganise()
        return {"result": logs}

    chain.wire.answers["eth_getLogs"] = turn
    with pytest.raises(Unavailable, match="CHAIN_DOWN"):
        await chain.open(finality="instant").feed.changes(None)
    assert not any(
        isinstance(each, Anchored) for each in whats(await pages(chain.open(finality="instant").feed))
    )


async def test_members_that_are_known_are_not_read_again(chain: Rejoined) -> None:
    """From the block on that they were followed to; where that is not final or not there, from the first."""
    chain.mine(3)
    found = await pages(chain.feed)
    told, height = changes(found), await chain.ledger.height()
    for number, first in ((height - DEPTH, height - DEPTH + 1), (height, 0)):
        place = await chain.feed.place(number)
        assert place is not None
        again = chain.open()
        again.feed.known(place, told)
        chain.wire.asked.clear()
        assert list(await again.members()) == list(await chain.ledger.members())
        queries = [params[0] for method, params in chain.wire.asked if method == "eth_getLogs"]
        assert int(queries[0]["fromBlock"], 16) == first
    replaced = chain.open()
    replaced.feed.known(Place(1, b"x" * 32, b"y" * 32, 0), told)
    assert list(await replaced.members()) == list(await chain.ledger.members())


async def test_members_are_read_anew_when_told(chain: Rejoined) -> None:
    """After a reorganisation deeper than the final block, which nothing else tells this reader of."""
    chain.mark()
    await chain.enrol(2)
    chain.mine(DEPTH + 1)
    ledger = chain.open()
    assert len(await ledger.members(final=True)) == 2
    chain.reorganise()
    ledger.feed.forget()
    assert [member.log for member in await ledger.members()] == [LogId(log_of(1))]


async def test_every_event_of_the_artifact_that_is_followed_exists() -> None:
    """By name, with the fields that are read."""
    from tracehold.adapters.ethereum import abi

    assert set(EVENTS) <= abi.artifact().events.keys()


def test_an_operator_may_come_before_its_first_node() -> None:
    """In an earlier page: it is not forgotten when the members are continued."""
    operator = Change(1, b"b" * 32, 0, 0, OperatorEnrolled(1, PARTY))
    node = NodeEnrolled(1, 1, b"\x0b" * 20, b"\x0e" * 32, log_of(1), BOTH, b"r")
    members = Members(Members().apply([operator])).apply([Change(2, b"c" * 32, 0, 0, node)])
    assert [member.operator for member in members.all()] == [PARTY]


async def test_a_ledger_in_memory_says_the_same_members_as_its_changes() -> None:
    """Those of whom blocks tell; and one that is undone is gone."""
    backend = InMemory()
    backend.chain.act(OperatorEnrolled(2, "urn:two"))
    backend.chain.act(NodeEnrolled(2, 2, b"\x0c" * 20, b"\x0f" * 32, log_of(2), BOTH, b"r"))
    backend.chain.mine()
    assert [member.number for member in await backend.ledger.members()] == [1, 2]
    backend.chain.reorganise(1, lose=True)
    assert [member.number for member in await backend.ledger.members()] == [1]
    backend.close()
