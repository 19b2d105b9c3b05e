"""`journey.ports.followed.Feed` over a JSON-RPC chain; what each method promises stands there."""

from collections.abc import Awaitable, Callable, Sequence

from tracehold.adapters.ethereum.anchored import AnchoredReader
from tracehold.adapters.ethereum.changes import ChangeReader
from tracehold.adapters.ethereum.contract import AnchorsContract
from tracehold.adapters.ethereum.finality import Finality
from tracehold.adapters.ethereum.members import MemberReader
from tracehold.journey.ports.followed import Change, Page, Place


class EthereumFeed:
    """The contract's events, and what the ledger's readers remember of them."""

    def __init__(
        self,
        contract: AnchorsContract,
        first_block: int,
        finality: Callable[[], Awaitable[Finality]],
        members: MemberReader,
        anchored: AnchoredReader,
    ) -> None:
        """`finality` asks the chain for its policy, after making sure that it is the right one."""
        self._client = contract.client
        self._reader = ChangeReader(contract, first_block)
        self._finality = finality
        self._members = members
        self._anchored = anchored

    async def changes(self, since: Place | None) -> Page | None:
        """By ranges up to the newest final block, by block hashes above it."""
        final = await (await self._finality()).height(self._client)
        return await self._reader.page(since, final)

    async def place(self, number: int) -> Place | None:
        """One question."""
        await self._finality()
        return await self._reader.place(number)

    def known(self, upto: Place, changes: Sequence[Change]) -> None:
        """These are all changes of members up to that block, so that they need not be read again."""
        self._members.begin(upto, changes)

    def forget(self) -> None:
        """Read all anew: a block that was final is on the chain no more, or an enrolment."""
        self._members.forget()
        self._anchored.forget()
