"""Faults that an operator should see: the last ones, counted, logged once each, shown in the status."""

from collections import deque
from collections.abc import Callable

from structlog.typing import FilteringBoundLogger

from tracehold.core.audit import Outcome
from tracehold.core.errors import TraceholdError
from tracehold.journey.index import Disputed
from tracehold.journey.mending import Damage
from tracehold.journey.ports.audits import KeptTranscript
from tracehold.journey.repair import Moved
from tracehold.journey.upkeep import RepairStanding

KEPT = 100
"""Faults that the status shows."""


class Faults:
    """What went wrong since the start, newest last. One per node; called from its event loop."""

    def __init__(self, log: FilteringBoundLogger, count: Callable[[str], None]) -> None:
        """`count` is told the code of each fault (metrics)."""
        self._log = log
        self._count = count
        self._lines: deque[str] = deque(maxlen=KEPT)

    @property
    def lines(self) -> tuple[str, ...]:
        """The last faults, newest last."""
        return tuple(self._lines)

    def record(self, line: str) -> None:
        """A stored record that does not verify; the line names it and holds nothing of its content."""
        self._add("CORRUPT", line)

    def member(self, line: str) -> None:
        """A member whose node record cannot be used; the line names it."""
        self._add("BAD_CONTROL", line)

    def disputed(self, dispute: Disputed) -> None:
        """A sealed record that is kept and not used in answers."""
        self._add(dispute.code, f"record {dispute.fingerprint.hex()} is disputed: {dispute.code}")

    def error(self, error: BaseException) -> None:
        """An error that ended a call, or the node. The text of an unexpected one is in the log only."""
        code = error.code if isinstance(error, TraceholdError) else "INTERNAL"
        self._add(code, str(error) if isinstance(error, TraceholdError) else code)

    def trouble(self, part: str) -> Callable[[TraceholdError | None], None]:
        """For a follower: told what holds it up and (None) that it goes on; logs the changes only."""
        held: list[str] = []

        def told(error: TraceholdError | None) -> None:
            if error is not None and held != [error.code]:
                held[:] = [error.code]
                self._log.warning("held_up", part=part, code=error.code, message=error.message)
            elif error is None and held:
                held.clear()
                self._log.info("goes_on", part=part)

        return told

    def moved(self, place: Moved) -> None:
        """A place of the own log that goes from one node to another: no fault, and logged."""
        what = "repair_ended" if place.ended else "repair_begun"
        self._log.info(
            what, segment=place.segment, lost=place.gone, node=place.node, record_bytes=place.shipped
        )

    def mended(self, damage: Damage) -> None:
        """What the disk damaged: logged where it is mended, and no fault."""
        if damage.mended:
            self._log.warning("mended", log=damage.log.hex(), index=damage.index, line=str(damage))

    def pulled(self, what: str, repair: RepairStanding) -> None:
        """A pull that has begun, comes on, or has ended: no fault, and logged."""
        self._log.info(
            f"pull {what}",
            log=repair.log.hex(),
            segment=repair.segment,
            source=repair.from_node,
            entries=repair.done_entries,
            of=repair.entries,
            record_bytes=repair.done_bytes,
        )

    def audited(self, kept: KeptTranscript) -> None:
        """What came of an audit: a fault where the holder failed, else logged."""
        if kept.outcome is Outcome.FAIL:
            self._add(
                "PROOF_INVALID",
                f"node {kept.node} failed the audit of epoch {kept.epoch} (transcript {kept.number})",
            )
        self._log.info(
            "audited", node=kept.node, epoch=kept.epoch, outcome=str(kept.outcome), latency_ms=kept.latency_ms
        )

    def _add(self, code: str, line: str) -> None:
        if line in self._lines:
            return
        self._lines.append(line)
        self._count(code)
        self._log.error("fault", code=code, line=line)
