"""One transaction brought into a block while somebody waits: sent again at each look, and signed anew at a
higher fee where no block takes it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tracehold.adapters.ethereum.answers import Outcome, hexed
from tracehold.adapters.ethereum.client import Client
from tracehold.adapters.ethereum.nonces import LOOKS
from tracehold.adapters.ethereum.sender import Sender
from tracehold.core.errors import Rejected, TraceholdError, Unavailable
from tracehold.journey.ports import SignedTransaction

POLLS = 240
"""Looks for a receipt before giving up, at least."""
SPANS = 3
"""Times that a transaction waits as long as one of ours may before its fee is raised, then it is given up."""

Dearer = Callable[[SignedTransaction], Awaitable[SignedTransaction]]
"""The same transaction, signed anew at the same nonce and a higher fee."""


@dataclass(frozen=True, slots=True)
class Patience:
    """`sleep` waits `poll_s` seconds between two looks; after each `replace_after_s` the fee is raised."""

    sleep: Callable[[float], Awaitable[None]]
    poll_s: float
    replace_after_s: float

    @property
    def span(self) -> int:
        """Looks before the fee is raised."""
        return max(1, round(self.replace_after_s / self.poll_s))

    @property
    def looks(self) -> int:
        """Looks before giving up."""
        return max(POLLS, SPANS * self.span)


class Delivery:
    """Of one transaction of one account, in all the forms that it was signed in."""

    def __init__(
        self, client: Client, sender: Sender, first: SignedTransaction, dearer: Dearer | None
    ) -> None:
        self._client = client
        self._sender = sender
        self._sent = [first]
        self._dearer = dearer
        self._overtaken = 0

    async def deliver(self, patience: Patience) -> Outcome:
        """What it did in its block.

        Raises `Rejected("LEDGER_REFUSED")` where it reverted there, `Unavailable` KEY_BUSY where another
        transaction took its nonce, and CHAIN_DOWN, NO_FUNDS or FEE_CAP where it is in no block: it may still
        get into one.
        """
        held: TraceholdError | None = None
        for look in range(1, patience.looks + 1):
            # Sent again each time: a pool may have lost it, and a repeat is harmless.
            await self._sender.send(self._sent[-1])
            outcome = await self._outcome()
            if outcome is not None:
                return outcome
            if look % patience.span == 0 and look < patience.looks:
                held = await self._raise_fee()
            await patience.sleep(patience.poll_s)
        raise held or Unavailable("CHAIN_DOWN", f"the transaction {self._name} is in no block yet")

    async def _outcome(self) -> Outcome | None:
        # The count first: the other way round one that is mined in between would look like another's.
        taken = await self._client.nonce(self._sender.account) > self._sent[0].nonce
        for each in reversed(self._sent):
            outcome = await self._client.outcome(each.hash, anywhere=taken)
            if outcome is not None and not outcome.succeeded:
                raise Rejected("LEDGER_REFUSED", f"the transaction {hexed(each.hash)} reverted in its block")
            if outcome is not None:
                return outcome
        self._overtaken = self._overtaken + 1 if taken else 0
        if self._overtaken == LOOKS:
            said = f"another transaction of the account took the nonce of {self._name}, which did nothing"
            raise Unavailable("KEY_BUSY", said)
        return None

    async def _raise_fee(self) -> TraceholdError | None:
        """What keeps the fee as it is: then the same bytes go on being sent."""
        if self._dearer is None:
            return None
        try:
            self._sent.append(await self._dearer(self._sent[-1]))
        except Unavailable as error:
            if error.code != "FEE_CAP":
                raise
            return error
        return None

    @property
    def _name(self) -> str:
        return hexed(self._sent[-1].hash)
