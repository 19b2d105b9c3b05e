"""Earlier: the contracts that the one in force took over from."""

from typing import Protocol

from tracehold.journey.ports.ledger import Ledger


class Earlier(Protocol):
    """Their anchors stay what they are, and can be looked for on the same chain."""

    async def ledger(self, contract: bytes) -> Ledger | None:
        """One of them, to be read only; None where the contract in force did not take over from it, at any
        distance. Raises as `Ledger`.
        """
        ...
