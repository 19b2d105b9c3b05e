"""The contracts that one took over from, seen through the same addresses."""

from collections.abc import Callable, Sequence

from tracehold.adapters.ethereum.contract import AnchorsContract
from tracehold.journey.ports import Ledger


class EarlierContracts:
    """`journey.ports.Earlier` over a JSON-RPC chain. Which they are never changes, and is asked once."""

    def __init__(self, contract: AnchorsContract, look: Callable[[bytes], Ledger]) -> None:
        """`look` makes a ledger of a contract at this address, without an account."""
        self._contract = contract
        self._look = look
        self._known: Sequence[bytes] | None = None
        self._ledgers: dict[bytes, Ledger] = {}

    async def ledger(self, contract: bytes) -> Ledger | None:
        """By the addresses that each contract names as its predecessor."""
        if self._known is None:
            self._known = await self._contract.predecessors()
        if contract not in self._known:
            return None
        return self._ledgers.setdefault(contract, self._look(contract))
