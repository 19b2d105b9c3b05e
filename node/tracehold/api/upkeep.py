"""The gauges of upkeep: copies and repairs, the other members, the reading over of what is kept, and
leaving.
"""

from prometheus_client import CollectorRegistry, Gauge

from tracehold.journey.upkeep import DrainStanding, ScrubStanding
from tracehold.wire.standing import Standing


class UpkeepGauges:
    """Set by `stands`. What is there no more is forgotten."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._copies = Gauge(
            "tracehold_copies", "Copies of the segment of the own log that has the fewest", registry=registry
        )
        self._target = Gauge("tracehold_copies_target", "Copies that are wanted", registry=registry)
        self._holder_up = Gauge(
            "tracehold_holder_up", "Whether a holder of the own log answers", ("node",), registry=registry
        )
        self._behind = Gauge(
            "tracehold_holder_behind",
            "Sealed entries that a holder of the own log did not acknowledge yet",
            ("node",),
            registry=registry,
        )
        self._repairs = Gauge("tracehold_repairs", "Copies that are being made good now", registry=registry)
        self._left = Gauge(
            "tracehold_repair_left_entries", "Entries that these copies lack still", registry=registry
        )
        self._health = Gauge(
            "tracehold_member_health",
            "Another member: 2 up, 1 suspect, 0 lost",
            ("node",),
            registry=registry,
        )
        self._silent = Gauge(
            "tracehold_member_silent_seconds",
            "Seconds since another member was heard",
            ("node",),
            registry=registry,
        )
        self._scrub = {
            name: Gauge(f"tracehold_scrub_{name}", text, registry=registry) for name, text in _SCRUB.items()
        }
        self._drain = Gauge(
            "tracehold_drain_left_segments",
            "Segments that too few others keep before this node may leave; 0 where it stays",
            registry=registry,
        )

    def stands(self, standing: Standing) -> None:
        """Set the gauges to how the node stands now."""
        self._copies.set(standing.copies.kept)
        self._target.set(standing.copies.target)
        self._stand_holders(standing)
        self._repairs.set(len(standing.repairs))
        self._left.set(sum(max(each.entries - each.done_entries, 0) for each in standing.repairs))
        self._health.clear()
        self._silent.clear()
        for member in standing.members:
            self._health.labels(member.node).set(_HEALTH.get(member.health, 0))
            self._silent.labels(member.node).set(member.silent_s)
        scrub = standing.scrub or ScrubStanding()
        for name, gauge in self._scrub.items():
            gauge.set(getattr(scrub, name))
        self._drain.set((standing.draining or DrainStanding(0, 0, 0)).left_segments)

    def _stand_holders(self, standing: Standing) -> None:
        # By node, over all segments. Who holds no more is forgotten.
        self._holder_up.clear()
        self._behind.clear()
        for node in {each.node for segment in standing.segments for each in segment.holders}:
            told = [each for at in standing.segments for each in at.holders if each.node == node]
            self._holder_up.labels(node).set(all(each.up for each in told))
            self._behind.labels(node).set(sum(each.behind for each in told))


_HEALTH = {"up": 2, "suspect": 1, "lost": 0}
_SCRUB = {
    "done_entries": "Entries that the pass of now has read",
    "entries": "Entries that the pass of now comes to",
    "bad": "Entries found damaged since the start, and not mended yet",
    "mended": "Entries mended since the start",
    "last_whole_pass_at": "When the last whole pass ended, in seconds since the epoch; 0 where none did",
}
