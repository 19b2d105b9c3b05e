"""Whose transactions an account sends: this process remembers what it signed, and looks at what was mined."""

from dataclasses import dataclass, field

from tracehold.adapters.ethereum.client import Client
from tracehold.journey.ports import SignedTransaction

LOOKS = 3
"""Looks at which none of ours is in a block before another's is told: receipts come later than blocks."""
KEPT = 256
"""Nonces that are remembered behind the judged ones: blocks may be replaced, and hold others then."""


@dataclass(slots=True)
class _Account:
    judged: int | None = None
    first: int = 0
    looks: int = 0
    foreign: int = 0
    ours: dict[int, set[bytes]] = field(default_factory=dict)
    told: set[int] = field(default_factory=set)

    def forget(self) -> None:
        """Those that no reorganisation reaches."""
        old = (self.judged or 0) - KEPT
        self.ours = {nonce: sent for nonce, sent in self.ours.items() if nonce >= old}
        self.told = {nonce for nonce in self.told if nonce >= old}


class OwnNonces:
    """One per process, told by every `Sender` of it. What was mined or waited before the first look at an
    account is not judged: nobody knows any more who sent it.
    """

    def __init__(self) -> None:
        self._accounts: dict[bytes, _Account] = {}

    def signed(self, account: bytes, transaction: SignedTransaction) -> None:
        """This process signed, or sends what an earlier one signed."""
        at = self._of(account)
        if at.judged is None or transaction.nonce >= at.judged - KEPT:
            at.ours.setdefault(transaction.nonce, set()).add(transaction.hash)

    async def foreign(self, client: Client, account: bytes) -> int:
        """How many transactions of the account that another process signed were mined since the first look.
        Where the chain went back, what comes in the place of judged ones is judged, and each nonce counted
        once. Raises CHAIN_DOWN, after which the next look goes on.
        """
        at = self._of(account)
        if at.judged is None:
            waiting = await client.next_nonce(account)
            at.first = at.judged = min(waiting, *at.ours) if at.ours else waiting
        mined = await client.nonce(account)
        if mined < at.judged:
            at.judged, at.looks = max(at.first, at.judged - KEPT, mined), 0
        while at.judged < mined:
            if not await self._is_ours(client, at):
                at.looks += 1
                if at.looks < LOOKS:
                    break
                at.foreign += at.judged not in at.told
                at.told.add(at.judged)
            at.looks = 0
            at.judged += 1
        at.forget()
        return at.foreign

    async def _is_ours(self, client: Client, at: _Account) -> bool:
        for sent in at.ours.get(at.judged or 0, ()):
            if await client.outcome(sent, anywhere=True) is not None:
                return True
        return False

    def _of(self, account: bytes) -> _Account:
        return self._accounts.setdefault(account, _Account())
