"""What an operator should know of the chain: its addresses, its newest block, finality, and the account's
funds.
"""

from dataclasses import dataclass


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
