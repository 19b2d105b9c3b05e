"""Guarding: a look at the chain and the account every few seconds, and the alarms that follow from it.

An alarm is an error of ours with its code and remedy. It stands for as long as its cause does, is told to the
operator once when it begins, and stops nothing: what waits goes on by itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NoReturn

from tracehold.core.errors import Broken, Rejected, TraceholdError, Unavailable
from tracehold.journey.follow import Trouble, patiently, untold
from tracehold.journey.ports.chain import ChainOutlook, Endpoint, FinalityStanding, Funds, Newest
from tracehold.journey.settle import Fault
from tracehold.journey.states import Sleep


@dataclass(frozen=True, slots=True)
class Limits:
    """`every` seconds from one look to the next; `stall_s` without a new block is a stall; fewer than
    `low_anchors` left is a warning.
    """

    every: float = 10.0
    stall_s: float = 60.0
    low_anchors: int = 1_000


@dataclass(frozen=True, slots=True)
class ChainHealth:
    """As of the last look that was answered; None where none was. `stands_s` is how long the newest block has
    been the newest, as far as this process saw it; `foreign` counts transactions of the account that this
    node did not send.
    """

    endpoints: Sequence[Endpoint] = ()
    newest: Newest | None = None
    stands_s: float = 0.0
    finality: FinalityStanding | None = None
    funds: Funds | None = None
    foreign: int = 0
    alarms: tuple[TraceholdError, ...] = field(default=())

    def alarmed(self, code: str) -> bool:
        """Whether this alarm stands."""
        return any(alarm.code == code for alarm in self.alarms)


def always() -> bool:
    """There are anchors to pay for."""
    return True


class ChainGuard:
    """One per node. One task runs `run`; anybody may read `health`."""

    def __init__(
        self,
        outlook: ChainOutlook,
        limits: Limits,
        ticks: Callable[[], float],
        fault: Fault = untold,
        pays: Callable[[], bool] = always,
    ) -> None:
        """`ticks` are seconds of a clock that never goes back; `fault` hears of each alarm that begins;
        `pays`: whether the account has anything to pay for, which a log that ended has not.
        """
        self._outlook = outlook
        self._limits = limits
        self._ticks = ticks
        self._fault = fault
        self._pays = pays
        self._since = ticks()
        self._blocks_alone = False
        self._waits_since: float | None = None
        self._health = ChainHealth()

    @property
    def health(self) -> ChainHealth:
        """With the addresses as they stand now."""
        return replace(self._health, endpoints=self._outlook.endpoints())

    async def run(self, sleep: Sleep, trouble: Trouble = untold) -> NoReturn:
        """Look for ever. Raises WRONG_CHAIN and what else is Broken."""
        while True:
            await patiently(self.step, sleep, trouble, last=self._limits.every)
            await sleep(self._limits.every)

    async def step(self) -> None:
        """One look. Raises CHAIN_DOWN, after which what was found before stands, and WRONG_CHAIN."""
        await self._outlook.survey()
        before = self._health
        newest = await self._outlook.newest()
        if before.newest is None or newest.hash != before.newest.hash:
            self._since = self._ticks()
        self._blocks_alone = self._blocks_alone or newest.empty
        finality = await self._outlook.finality()
        funds, foreign, waiting, capped = await self._account()
        self._wait(waiting)
        found = replace(
            before,
            newest=newest,
            stands_s=self._ticks() - self._since,
            finality=finality,
            funds=funds,
            foreign=foreign,
        )
        self._tell(replace(found, alarms=(*self._chain(found), *self._paying(found), *capped)))

    async def _account(self) -> tuple[Funds | None, int, bool, Sequence[TraceholdError]]:
        """Funds, transactions of others, whether one of ours waits, and FEE_CAP where it stands."""
        try:
            funds, foreign = await self._outlook.funds(), await self._outlook.foreign()
            waiting = await self._outlook.waiting()
        except Rejected:
            return None, 0, False, ()  # no account: this node only reads
        try:
            await self._outlook.check_fees()
        except Unavailable as error:
            if error.code != "FEE_CAP":
                raise
            if not self._pays():
                return funds, foreign, waiting, ()
            return funds, foreign, waiting, (error,)
        return funds, foreign, waiting, ()

    def _wait(self, waiting: bool) -> None:
        if not waiting:
            self._waits_since = None
        elif self._waits_since is None:
            self._waits_since = self._ticks()

    def _chain(self, found: ChainHealth) -> Sequence[TraceholdError]:
        # Chains that seal only what is sent stand still by right, unless something of ours waits that long.
        due = self._blocks_alone or (
            self._waits_since is not None and self._ticks() - self._waits_since >= self._limits.stall_s
        )
        if found.newest is None or not due or found.stands_s < self._limits.stall_s:
            return ()
        return (stalled(found.newest, self._limits.stall_s),)

    def _paying(self, found: ChainHealth) -> Sequence[TraceholdError]:
        alarms: list[TraceholdError] = []
        poor = poverty(found.funds, self._limits.low_anchors) if found.funds else None
        if poor is not None and self._pays():
            alarms.append(poor)
        if found.foreign:
            said = f"{found.foreign} transactions of the ledger account were not sent by this node"
            alarms.append(Broken("ACCOUNT_SHARED", said))
        return alarms

    def _tell(self, found: ChainHealth) -> None:
        before, self._health = self._health, found
        for alarm in found.alarms:
            if not before.alarmed(alarm.code):
                self._fault(alarm)


def stalled(newest: Newest, stall_s: float) -> Unavailable:
    """The alarm of a chain that stands still."""
    return Unavailable("CHAIN_STALLED", f"no block came after {newest.height} for {stall_s:g} s or more")


def poverty(funds: Funds, low: int) -> Unavailable | None:
    """NO_FUNDS, LOW_FUNDS, or None where the account is well. At `low` 0 only NO_FUNDS."""
    left = funds.anchors
    if left is None or left >= max(low, 1):
        return None
    if left == 0:
        return Unavailable("NO_FUNDS", f"the account has {funds.balance} wei, which pays for no anchor")
    return Unavailable("LOW_FUNDS", f"the account pays for {left} more anchors; {low} are the limit")
