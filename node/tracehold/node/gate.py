"""The gate before the log: nothing is sealed before the chain and the holders said that this folder
is not an older copy of itself.

A restored backup that went on sealing would fork its log (protocol section 5). So after every start the
chain's head is compared with the log first, and the holders of the open segment are asked what they keep of
it
(`recovery`); from then on a chain that is down delays anchors and nothing else.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from tracehold.core.errors import Rejected, TraceholdError, Unavailable
from tracehold.journey.follow import Trouble, patiently
from tracehold.journey.states import Sleep, State
from tracehold.journey.upload import Before, Item, Outcome, Uploads, at_once

LAST_WAIT_S = 5.0
"""Seconds between two comparisons at most."""


def staying() -> None:
    """The node does not leave."""


class Gate:
    """Takes uploads like `Uploads`, once `open` has compared the log with the chain."""

    def __init__(
        self, uploads: Uploads, check: Callable[[], None] = staying, ever: Callable[[], None] = staying
    ) -> None:
        """`check` is asked before each upload, and raises what it is refused for; `ever` while the gate is
        closed, too.
        """
        self._uploads = uploads
        self._check = check
        self._ever = ever
        self._opened = asyncio.Event()
        self._looked = asyncio.Event()
        self._held: TraceholdError = Unavailable("STARTING", "the log is being compared with the chain")
        self._lacks = False

    @property
    def is_open(self) -> bool:
        """Whether uploads are taken."""
        return self._opened.is_set()

    @property
    def lacks_entries(self) -> bool:
        """Whether the comparison waits for holders: the log is, or may be, an older copy of itself. Whether
        they come back does not show: a holder that is gone for good is silent like one that starts.
        """
        return self._lacks and not self.is_open

    async def open(self, check: Callable[[], Awaitable[None]], sleep: Sleep, trouble: Trouble) -> None:
        """Ask until the check passes, with growing waits. Raises what is Broken."""

        def told(error: TraceholdError | None) -> None:
            if error is not None:
                self._held, self._lacks = _starting(error), error.code == "STARTING"
                self._looked.set()
            trouble(error)

        await patiently(check, sleep, told, passing=(Unavailable, Rejected), last=LAST_WAIT_S)
        self._opened.set()
        self._looked.set()

    async def opened(self) -> None:
        """Wait until uploads are taken."""
        await self._opened.wait()

    async def looked(self) -> None:
        """Wait until the first comparison has ended, well or not."""
        await self._looked.wait()

    def ready(self) -> None:
        """Returns if uploads are taken; raises what holds them up otherwise (health)."""
        if not self.is_open:
            raise self._held

    async def submit(
        self,
        items: Sequence[Item],
        *,
        wait_for: State = State.SEALED,
        all_or_nothing: bool = False,
        patience: float | None = None,
        receipts: bool = True,
        before: Before = at_once,
    ) -> list[Outcome]:
        """As `Uploads.submit`. Before the gate is open, raises STARTING or NOT_A_MEMBER and seals nothing;
        then, what `check` raises; and at any time what `ever` raises.
        """
        self._ever()
        self.ready()
        self._check()
        return await self._uploads.submit(
            items,
            wait_for=wait_for,
            all_or_nothing=all_or_nothing,
            patience=patience,
            receipts=receipts,
            before=before,
        )


def _starting(error: TraceholdError) -> TraceholdError:
    """What an uploader is told: a chain that is down holds a node up only until the first comparison."""
    if error.code != "CHAIN_DOWN":
        return error
    return Unavailable(
        "STARTING", f"the log was not compared with the chain since the start: {error.message}"
    )
