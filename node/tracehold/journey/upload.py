"""Upload: from what a client sends to an answer per record, in the order of sending.

    take (read, look up, check, sign for those who delegated) -> seal -> wait for the state -> receipts

A record that is refused refuses itself only, unless the caller wants all or nothing. Calling again with the
same bytes is harmless at any time and gives the same answer; so does sending a delegated event again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from tracehold.core.epcis import Finding
from tracehold.core.errors import Rejected, TraceholdError, Unavailable
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.limits import MAX_BATCH_RECORDS, MAX_MESSAGE_BYTES
from tracehold.journey.batch import refuse_together
from tracehold.journey.check import Checks
from tracehold.journey.delegate import Delegated, Delegation
from tracehold.journey.holders import CopyCount
from tracehold.journey.intake import Intake, Item, Ready, Statement, Taken
from tracehold.journey.own_log import OwnLog
from tracehold.journey.ports import RecordLog
from tracehold.journey.receipts import Receipts
from tracehold.journey.seal import Answer, Sealer
from tracehold.journey.states import Sleep, State, StateOf, States, within

__all__ = ["DISK_RESERVE_BYTES", "Delegated", "Disk", "Item", "Outcome", "Statement", "Uploads"]

DISK_RESERVE_BYTES = 1 << 30
"""Free bytes under which uploads are refused: room for running batches,
the write-ahead file and an operator's rescue.
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item. `error` says why it was refused, or (DEADLINE) why
    it is not yet as far as was asked.

    Where `index` is set the record is sealed, whatever `error` says. `duplicate`: a delegated event that came
    before; fingerprint and index are the first one's.
    """

    log: LogId
    fingerprint: Fingerprint | None = None
    index: int | None = None
    state: State | None = None
    duplicate: bool = False
    receipt: bytes | None = None
    error: TraceholdError | None = None
    copies: CopyCount | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk of the log: `free` asks how many bytes are free, `reserve` of them are kept free."""

    free: Callable[[], int]
    reserve: int = DISK_RESERVE_BYTES

    def check(self, more: int = 0) -> None:
        """Returns if there is room for uploads, and for `more` bytes beside; raises `Unavailable("DISK_LOW")`
        otherwise.
        """
        if (free := self.free()) - more < self.reserve:
            raise Unavailable("DISK_LOW", f"{free} bytes of disk are free, {self.reserve} are kept free")


Policy = Callable[[Sequence[Taken], OwnLog], Awaitable[list[Taken]]]
"""What this node takes of what it might."""


Before = Callable[[Sequence[Taken]], Awaitable[None]]
"""Told what was found out about each item when all is ready to be sealed and nothing is."""


async def at_once(_: Sequence[Taken]) -> None:
    """Seal at once."""


async def everything(taken: Sequence[Taken], _: OwnLog) -> list[Taken]:
    """Everything that passed the rules."""
    return list(taken)


class Uploads:
    """Takes uploads. `submit` may be called by many at once."""

    def __init__(
        self,
        store: RecordLog,
        sealer: Sealer,
        states: States,
        checks: Checks,
        delegation: Delegation,
        *,
        sleep: Sleep,
        disk: Disk,
    ) -> None:
        self._sealer = sealer
        self._states = states
        self._intake = Intake(store, checks, delegation)
        self._receipts = Receipts(store, checks.stage)
        self._sleep = sleep
        self._disk = disk
        self.policy: Policy = everything
        """May turn what passed every rule into refusals."""

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
        """One outcome per item, in order. Nothing is answered as sealed before it is durable.

        `patience` bounds, in seconds, the wait for states past SEALED; what is not there by then is answered
        as it stands, with the error DEADLINE. `before` is awaited when everything was asked that may refuse
        the upload, and not where all are refused together. Raises, with nothing sealed: what `before` raises,
        `Rejected` (TOO_MANY_RECORDS, REQUEST_TOO_LARGE), `Unavailable` (DISK_LOW, BUSY, STOPPING); and what
        the store or the sealer raises.
        """
        self._check_size(items)
        self._disk.check()
        own = self._sealer.own
        taken = await self.policy(await self._intake.take(items, own), own)
        if all_or_nothing and any(isinstance(each, TraceholdError) for each in taken):
            return [Outcome(self._log, error=error) for error in refuse_together(taken)]
        await before(taken)
        outcomes = await self._seal(taken, together=all_or_nothing)
        if wait_for is not State.SEALED:
            outcomes = await self._wait(outcomes, wait_for, patience)
        return await self._complete(outcomes, receipts)

    @property
    def _log(self) -> LogId:
        return self._sealer.own.log

    def _check_size(self, items: Sequence[Item]) -> None:
        if len(items) > MAX_BATCH_RECORDS:
            raise Rejected("TOO_MANY_RECORDS", f"{len(items)} records; at most {MAX_BATCH_RECORDS}")
        size = sum(len(item.raw if isinstance(item, Statement) else item.payload) for item in items)
        if size > MAX_MESSAGE_BYTES:
            raise Rejected("REQUEST_TOO_LARGE", f"{size} bytes of records; at most {MAX_MESSAGE_BYTES}")

    async def _seal(self, taken: Sequence[Taken], *, together: bool) -> list[Outcome]:
        candidates = [each.candidate for each in taken if isinstance(each, Ready)]
        answers = iter(await self._sealer.seal(candidates, together=together) if candidates else ())
        return [self._outcome(each, next(answers) if isinstance(each, Ready) else each) for each in taken]

    def _outcome(self, taken: Taken, answer: Answer) -> Outcome:
        findings = taken.findings if isinstance(taken, Ready) else ()
        if isinstance(answer, TraceholdError):
            return Outcome(self._log, error=answer, findings=findings)
        place = (answer.fingerprint, answer.index)
        return Outcome(self._log, *place, State.SEALED, answer.duplicate, findings=findings)

    async def _wait(self, outcomes: list[Outcome], wanted: State, patience: float | None) -> list[Outcome]:
        # Anchors follow each other, so the last record of an upload is the last to come as far as is wanted.
        last = max((outcome.index for outcome in outcomes if outcome.index is not None), default=None)
        if last is None:
            return outcomes
        reached = asyncio.ensure_future(self._states.reached(self._log, last, wanted))
        try:
            in_time = await within(reached, patience, self._sleep)
        finally:
            reached.cancel()
        late = (
            None if in_time else Unavailable("DEADLINE", f"not {wanted} in time; what is sealed stays sealed")
        )
        return [outcome if outcome.index is None else replace(outcome, error=late) for outcome in outcomes]

    async def _complete(self, outcomes: list[Outcome], receipts: bool) -> list[Outcome]:
        sealed = [outcome.fingerprint for outcome in outcomes if outcome.fingerprint is not None]
        states = await self._states.of(sealed) if sealed else {}
        made = await self._receipts.receipts(sealed) if sealed and receipts else {}
        return [_completed(outcome, states, made) for outcome in outcomes]


def _completed(
    outcome: Outcome, states: Mapping[Fingerprint, StateOf], receipts: Mapping[Fingerprint, bytes]
) -> Outcome:
    if outcome.fingerprint is None or outcome.fingerprint not in states:
        return outcome
    known = states[outcome.fingerprint]
    error = outcome.error if known.state is not State.FINAL else None
    receipt = receipts.get(outcome.fingerprint)
    return replace(outcome, state=known.state, receipt=receipt, error=error, copies=known.copies)
