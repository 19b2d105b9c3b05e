"""What a node sees of a consortium's chain: that it stands still, and how deep a block is final."""

from dataclasses import dataclass, field

import pytest

from tests.real.chains.consortium import Consortium
from tests.real.chains.programs import address
from tests.real.chains.site import Site, secret_of, until
from tracehold.adapters.ethereum.ledger import EthereumLedger
from tracehold.core.errors import TraceholdError
from tracehold.journey.chainguard import ChainGuard, Limits

pytestmark = pytest.mark.real

STALL_S = 60.0


@dataclass
class Guarded:
    """The guard of a node's chain, with a clock in the test's hand."""

    ledger: EthereumLedger
    now: float = 0.0
    told: list[TraceholdError] = field(default_factory=list)
    guard: ChainGuard = field(init=False)

    def __post_init__(self) -> None:
        limits = Limits(stall_s=STALL_S, low_anchors=1)
        self.guard = ChainGuard(self.ledger.outlook, limits, lambda: self.now, self.told.append)

    async def alarms(self) -> list[str]:
        """Those that stand after a look."""
        await self.guard.step()
        return [alarm.code for alarm in self.guard.health.alarms]

    async def policy(self) -> str:
        """When a block is final, as a look finds it."""
        await self.guard.step()
        assert self.guard.health.finality is not None
        assert str(await self.ledger.finality()) == self.guard.health.finality.policy
        return self.guard.health.finality.policy


@pytest.fixture
def sealers(site: Site) -> Consortium:
    """The chain that has sealers."""
    if not isinstance(site.chain, Consortium):
        pytest.skip("a chain of one sealer, or none")
    return site.chain


async def test_a_chain_with_too_few_sealers_is_an_alarm(site: Site, sealers: Consortium) -> None:
    """Two of three seal no more: once no block came for a minute, and for as long as none does."""
    it = Guarded((await site.creator("guarded")).ledger)
    assert await it.alarms() == []
    async with sealers.stalled():
        assert await it.alarms() == []
        it.now += STALL_S
        for _ in range(2):
            assert await it.alarms() == ["CHAIN_STALLED"]

    async def over() -> bool:
        return await it.alarms() == []

    await until(over)
    assert [fault.code for fault in it.told] == ["CHAIN_STALLED"]


async def test_a_vote_changes_how_deep_is_final(site: Site, sealers: Consortium) -> None:
    """With a fourth sealer a block is final one block later, and no more once that one is voted out."""
    it, newcomer = Guarded(site.ledger()), address(secret_of("newcomer"))
    assert await it.policy() == "depth:2"
    try:
        await voted(sealers, it, newcomer, True, "depth:3")
    finally:
        await voted(sealers, it, newcomer, False, "depth:2")
        for node in sealers.network.nodes:
            node.ask("clique_discard", newcomer)
    assert it.told == []


async def voted(chain: Consortium, it: Guarded, account: str, seals: bool, policy: str) -> None:
    """Return when all three voted so, and the node knows."""
    for node in chain.network.nodes:
        node.ask("clique_propose", account, seals)

    async def known() -> bool:
        return await it.policy() == policy

    await until(known)
