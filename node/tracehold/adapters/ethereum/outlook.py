"""`journey.ports.chain.ChainOutlook` over a JSON-RPC chain; what each method promises stands there."""

from collections.abc import Awaitable, Callable, Sequence

from tracehold.adapters.ethereum.client import Client
from tracehold.adapters.ethereum.endpoints import Endpoints
from tracehold.adapters.ethereum.finality import Finality
from tracehold.adapters.ethereum.sender import Sender
from tracehold.journey.ports.chain import Endpoint, FinalityStanding, Funds, Newest

ANCHOR_GAS = 120_000
"""Of an anchor at most in the long run: a later one with three acknowledgements takes two thirds of it
(docs/gas.md), and a quarter of the estimate is laid on top.
"""


class EthereumOutlook:
    """The chain behind all addresses, and the account of the ledger."""

    def __init__(
        self,
        client: Client,
        endpoints: Endpoints,
        finality: Callable[[], Awaitable[Finality]],
        account: Callable[[], Awaitable[Sender]],
    ) -> None:
        """`finality` finds the policy out anew where it can change; `account` raises NOT_A_MEMBER where there
        is none.
        """
        self._client = client
        self._endpoints = endpoints
        self._finality = finality
        self._account = account

    async def survey(self) -> Sequence[Endpoint]:
        """By `Endpoints.survey`."""
        return await self._endpoints.survey()

    def endpoints(self) -> Sequence[Endpoint]:
        """As the last survey, or a request since, found them."""
        return self._endpoints.standing()

    async def newest(self) -> Newest:
        """One question."""
        block = await self._client.block("latest")
        if block is None:
            raise self._client.down("knows no newest block")
        with self._client.reading("eth_getBlockByNumber"):
            empty = block.number > 0 and not block.fields["transactions"]
        return Newest(block.number, block.hash, block.time, empty)

    async def finality(self) -> FinalityStanding:
        """The policy, found out anew where it can change."""
        found = await self._finality()
        return FinalityStanding(str(found), found.how, await found.height(self._client))

    async def funds(self) -> Funds:
        """At the fees that a new transaction would offer, were there no cap."""
        account = await self._account()
        return Funds(await account.balance(), ANCHOR_GAS * await account.price())

    async def waiting(self) -> bool:
        """Whether the pool has a transaction of the account that no block has."""
        account = (await self._account()).account
        return await self._client.next_nonce(account) > await self._client.nonce(account)

    async def check_fees(self) -> None:
        """By what the chain asks now."""
        await (await self._account()).check_fees()

    async def foreign(self) -> int:
        """By nonces and receipts."""
        return await (await self._account()).foreign()
