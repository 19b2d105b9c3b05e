"""What the directory counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from tracehold.journey.counted import Counted
from tracehold.wire.standing import Standing

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 8.0)
_GAUGES = {
    "contacts": "Members that the directory's table holds",
    "records": "Provider records of other members that are kept here",
    "offered": "Keys under which this node announces records",
    "due": "Keys whose announcement is due now",
}
_COUNTERS = {
    Counted.ANNOUNCED: "Keys announced",
    Counted.REFUSED: "Own provider records for which a member had no room",
    Counted.EXPIRED: "Provider records of other members that were forgotten at their end",
    Counted.DEAD: "Contacts given up since they did not answer",
}


class DirectoryMetrics:
    """The `Counters` of a node, and its gauges."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._gauges = {
            name: Gauge(f"tracehold_directory_{name}", text, registry=registry)
            for name, text in _GAUGES.items()
        }
        self._counters = {
            what: Counter(f"tracehold_directory_{what}", text, registry=registry)
            for what, text in _COUNTERS.items()
        }
        self._lookups = Histogram(
            "tracehold_directory_lookup_seconds",
            "Time to look up the holders of a key, by whether the lookup came to its end",
            ("ended",),
            buckets=_SECONDS,
            registry=registry,
        )
        # So that a rate can be taken before the first one.
        for ended in ("true", "false"):
            self._lookups.labels(ended)

    def count(self, what: Counted, times: int) -> None:
        """See `Counters.count`."""
        self._counters[what].inc(times)

    def looked_up(self, seconds: float, *, ended: bool) -> None:
        """See `Counters.looked_up`."""
        self._lookups.labels(str(ended).lower()).observe(seconds)

    def stands(self, standing: Standing) -> None:
        """Set the gauges to how the directory stands now; to nothing where the node takes no part."""
        for name, gauge in self._gauges.items():
            gauge.set(getattr(standing.directory, name) if standing.directory else 0)
