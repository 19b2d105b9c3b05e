"""What a node counts, for Prometheus. One registry per node; nothing global.

gRPC series have the names that common dashboards expect (`grpc_server_handled_total`,
`grpc_server_handling_seconds`). Labels come from the protos and the route table,
never from requests: their number is bounded.
"""

from collections.abc import Awaitable, Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from tracehold.api.chain_metrics import ChainGauges
from tracehold.api.directory_metrics import DirectoryMetrics
from tracehold.api.upkeep import UpkeepGauges
from tracehold.wire.standing import Standing

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_RECORDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)


class Metrics:
    """The node's counters. Parts of the node call the methods; `page` renders them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        registry = self.registry
        grpc_labels = ("grpc_service", "grpc_method")
        self._handled = Counter(
            "grpc_server_handled",
            "gRPC calls answered",
            (*grpc_labels, "grpc_type", "grpc_code"),
            registry=registry,
        )
        self._handling = Histogram(
            "grpc_server_handling_seconds",
            "Time to answer a gRPC call",
            grpc_labels,
            buckets=_SECONDS,
            registry=registry,
        )
        self._requests = Counter(
            "http_requests", "HTTP requests answered", ("route", "status"), registry=registry
        )
        self._answering = Histogram(
            "http_request_seconds",
            "Time to answer an HTTP request",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._batches = Histogram(
            "tracehold_seal_batch_records", "Records sealed in one batch", buckets=_RECORDS, registry=registry
        )
        self._faults = Counter(
            "tracehold_faults", "Faults found since the start", ("code",), registry=registry
        )
        # So that an alert on the series finds it before the first fault.
        for code in ("CORRUPT", "INTERNAL"):
            self._faults.labels(code)
        self._gauges = {
            name: Gauge(f"tracehold_{name}", text, registry=registry) for name, text in _GAUGES.items()
        }
        self._kept = {
            name: Gauge(f"tracehold_kept_{name}", text, ("log",), registry=registry)
            for name, text in _KEPT.items()
        }
        self._chain = {
            name: Gauge(f"tracehold_chain_{name}", text, registry=registry) for name, text in _CHAIN.items()
        }
        self._up = Gauge(
            "tracehold_backend_up", "Whether a back-end answers", ("port", "name"), registry=registry
        )
        self._upkeep = UpkeepGauges(registry)
        self._health = ChainGauges(registry)
        self.directory = DirectoryMetrics(registry)
        """Told by the directory itself."""

    def grpc_handled(self, service: str, method: str, form: str, code: str, seconds: float) -> None:
        """Count one gRPC call by its outcome (`OK`, `NOT_FOUND`, ...)."""
        self._handled.labels(service, method, form, code).inc()
        self._handling.labels(service, method).observe(seconds)

    def http_handled(self, route: str, status: int, seconds: float) -> None:
        """Count one HTTP request by route template and status."""
        self._requests.labels(route, str(status)).inc()
        self._answering.labels(route).observe(seconds)

    def sealed(self, records: int) -> None:
        """Count one seal batch."""
        self._batches.observe(records)

    def fault(self, code: str) -> None:
        """Count one fault that an operator should see."""
        self._faults.labels(code).inc()

    def stands(self, standing: Standing) -> None:
        """Set the gauges to how the node stands now."""
        for name, gauge in self._gauges.items():
            gauge.set(getattr(standing, name))
        for name, gauge in self._kept.items():
            for kept in standing.kept:
                gauge.labels(kept.log.hex()).set(getattr(kept, name))
        for backend in standing.backends:
            self._up.labels(backend.port, backend.name).set(backend.up)
        for name, gauge in self._chain.items():
            gauge.set(getattr(standing.follower, name) if standing.follower else 0)
        self._upkeep.stands(standing)
        self._health.stands(standing.chain)
        self.directory.stands(standing)

    async def page(self, standing: Callable[[], Awaitable[Standing]]) -> bytes:
        """The page in Prometheus' text format, its gauges fresh. Raises what `standing` raises."""
        self.stands(await standing())
        return generate_latest(self.registry)


_KEPT = {
    "entries": "Entries of another creator's log that are kept here",
    "acknowledged": "Entries up to which another creator's log was acknowledged",
    "final": "Entries of another creator's log up to the last that a final anchor covers",
    "disputed": "Records of another creator's log that are disputed here",
    "forked": "Whether another creator's log was seen in two states",
    "unjudged": "Entries of another creator's log that are kept, and shown only once they are judged",
}
_CHAIN = {
    "block": "Number of the last block of the chain whose events were taken over",
    "behind": "Blocks of the chain that are there and were not taken over yet",
    "undone": "Reorganisations of the chain that were undone and done again since the start",
}
_GAUGES = {
    "sealed": "Entries in the own log",
    "replicated": "Entries kept by as many other operators as the contract asks for",
    "anchored": "Entries covered by a mined anchor",
    "final": "Entries covered by a final anchor",
    "indexed": "Entries of the own log indexed for questions",
    "waiting": "Records that wait to be sealed",
    "disk_free_bytes": "Bytes free on the disk of the log",
}
