"""What an operator should know of the chain: its addresses, its newest block, finality, and the account's
funds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of the chain, host and port. `detail` says why it is not up; `height` is what it said
    last.
    """

    place: str
    in_use: bool
    up: bool
    height: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest block. `empty`: it holds no transaction, so the chain makes blocks without any."""

    height: int
    hash: bytes
    time: int
    empty: bool


@dataclass(frozen=True, slots=True)
class FinalityStanding:
    """When a block is final here (`tag`, `depth:N`, `instant`), how that was found out, and the newest final
    block, -1 where none is.
    """

    policy: str
    how: str
    height: int


@dataclass(frozen=True, slots=True)
class Funds:
    """What the account has, and what an anchor may cost at most at the fees of now; both in wei."""

    balance: int
    per_anchor: int

    @property
    def anchors(self) -> int | None:
        """How many anchors it still pays for; None where they cost nothing."""
        return self.balance // self.per_anchor if self.per_anchor else None


class ChainOutlook(Protocol):
    """How the chain and the node's account stand. Every method may raise `Unavailable("CHAIN_DOWN")` and
    `Broken("WRONG_CHAIN")`; those that look at the account `Rejected("NOT_A_MEMBER")` where there is none.
    """

    async def survey(self) -> Sequence[Endpoint]:
        """Look at every address, and use the first one that is good from now on."""
        ...

    def endpoints(self) -> Sequence[Endpoint]:
        """As they were found at the last look; asks nobody."""
        ...

    async def newest(self) -> Newest:
        """The newest block."""
        ...

    async def finality(self) -> FinalityStanding:
        """The policy in force, found out anew where it can change."""
        ...

    async def funds(self) -> Funds:
        """Of the account."""
        ...

    async def waiting(self) -> bool:
        """Whether a transaction of the account is on its way and in no block."""
        ...

    async def check_fees(self) -> None:
        """Returns if the account may pay what the chain asks now; raises `Unavailable("FEE_CAP")`."""
        ...

    async def foreign(self) -> int:
        """How many transactions of the account that this process did not send came to light since it
        started.
        """
        ...
