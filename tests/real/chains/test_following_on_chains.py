"""Following the contract's events on each kind of chain that can run here, through its own finality and its
own reorganisations.
"""

from pathlib import Path

import pytest

from tests.journey.chainwatch_scene import Watched
from tests.real.chains.programs import rpc
from tests.real.chains.site import Creator, Site
from tests.real.chains.test_ledger_on_chains import anchored
from tracehold.adapters.ethereum.ledger import EthereumLedger
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.core.ids import Fingerprint
from tracehold.journey.members import Members
from tracehold.journey.ports.followed import Anchored, Followed

pytestmark = pytest.mark.real

NAMES = [Fingerprint(bytes([at]) * 32) for at in range(4)]


async def facts(kept: Followed) -> dict[str, object]:
    """What is kept."""
    return {
        "members": list(Members().apply(await kept.members()).all()),
        "heads": [each.what for each in await kept.heads()],
        "pointers": await kept.pointers(NAMES),
        "retired": list(await kept.retired()),
    }


async def agrees(ledger: EthereumLedger, kept: Followed, *creators: Creator) -> None:
    """What is kept is what the contract itself says."""
    assert list(Members().apply(await kept.members()).all()) == list(await ledger.members())
    heads = {each.what.node: each.what for each in await kept.heads() if isinstance(each.what, Anchored)}
    for each in creators:
        head = await ledger.head(each.number)
        assert (heads[each.number].size, heads[each.number].root) == (head.size, head.root)
        assert heads[each.number].ackers == (1,)


async def test_what_the_contract_says_is_followed(site: Site, tmp_path: Path) -> None:
    """Members and anchors from the first block on; after a restart what is new, and nothing twice."""
    first = await site.creator("followed")
    await anchored(site, first, 0, 3)
    async with SqliteLog.open(tmp_path) as store:
        watched = Watched(site.ledger(), store.followed)
        await watched.catch_up()
        await agrees(site.ledger(), store.followed, first)
        second = await site.creator("followed later")
        for creator, before, size in ((first, 3, 5), (second, 0, 1)):
            await anchored(site, creator, before, size)
        await site.blocks(3)
    async with SqliteLog.open(tmp_path) as store:
        heard = Watched(site.ledger(), store.followed)
        await heard.catch_up()
        await agrees(site.ledger(), store.followed, first, second)
        told = [each.size for each in heard.heard if isinstance(each, Anchored) and each.node == first.number]
        assert told == [5]
        fresh = Watched(site.ledger())
        await fresh.catch_up()
        assert await facts(fresh.kept) == await facts(store.followed)
    assert (watched.faults, heard.faults) == ([], [])


async def test_what_a_reorganisation_replaced_is_undone(site: Site, tmp_path: Path) -> None:
    """A node that was enrolled, and its anchor, in blocks that the chain drops: what is kept is then what a
    fresh scan finds, and what the contract says.
    """
    if site.chain.name != "anvil":
        pytest.skip("only anvil drops its last blocks when it is told to")
    async with SqliteLog.open(tmp_path) as store:
        watched = Watched(site.ledger(), store.followed)
        start = await site.client.height()
        await anchored(site, await site.creator("dropped"), 0, 3)
        await watched.catch_up()
        before = await facts(store.followed)
        rpc(site.chain.url, "anvil_reorg", await site.client.height() - start, [])
        await site.blocks(2)
        await watched.catch_up()
        await agrees(site.ledger(), store.followed)
        fresh = Watched(site.ledger())
        await fresh.catch_up()
        after = await facts(store.followed)
        assert after == await facts(fresh.kept)
        assert after != before
        assert (watched.watch.standing.undone, watched.faults) == (1, [])
