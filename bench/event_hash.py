"""Event hashes a second on one core, for several kinds of events.

    .venv/bin/python -m bench.event_hash

Each event is another: identifiers are not found in a cache more often than in a company's own log. Measured
is CPU time of one thread, the best of three, apart for the hash of parsed JSON and for reading the payload
before. The yardstick is the machine's SHA-256 over the same texts. Writes bench/results/event_hash.json
and event_hash.md.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from bench.workload import cpu_seconds, event, machine, rows, write
from tracehold.core import strict_json
from tracehold.core.epcis.event_hash import Version, event_hash, prehash
from tracehold.core.gs1 import canonical

COUNT = 3_000
WANTED = 5_000
"""Events a second that one core must do."""


def shipping(number: int) -> dict[str, Any]:
    """Five pieces as Digital Links, with documents and parties; see `bench.workload.event`."""
    return dict(json.loads(event(number)))


def observed_urns(number: int) -> dict[str, Any]:
    """The same with EPC URNs and another zone, so that everything is to be converted."""
    pieces = [f"urn:epc:id:sgtin:9521702.000001.U{number}.{at}" for at in range(5)]
    return {**shipping(number), "epcList": pieces, "eventTime": "2026-02-01T09:00:00+01:00"}


def packing(number: int) -> dict[str, Any]:
    """Fifty pieces into a pallet."""
    pieces = [f"urn:epc:id:sgtin:9521702.000001.P{number}.{at}" for at in range(50)]
    return {
        "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        "type": "AggregationEvent",
        "eventTime": "2026-02-01T08:00:00Z",
        "eventTimeZoneOffset": "+00:00",
        "action": "ADD",
        "parentID": f"urn:epc:id:sscc:9521702.{number:010d}",
        "childEPCs": pieces,
        "bizStep": "packing",
    }


def measuring(number: int) -> dict[str, Any]:
    """Ten sensor reports with extensions and master data."""
    report = [
        {"type": "Temperature", "value": at + number / 8, "uom": "CEL", "time": f"2026-02-01T08:{at:02d}:00Z"}
        for at in range(10)
    ]
    return {
        **shipping(number),
        "@context": [
            "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
            {"x": "https://a.b/"},
        ],
        "sensorElementList": [{"sensorMetadata": {"deviceID": "https://a.b/d"}, "sensorReport": report}],
        "x:truck": {"x:plate": f"AB {number}", "x:seals": [number, number + 1]},
    }


KINDS: dict[str, Callable[[int], dict[str, Any]]] = {
    "shipping, 5 pieces, links": shipping,
    "shipping, 5 pieces, URNs": observed_urns,
    "packing, 50 pieces, URNs": packing,
    "10 sensor reports, extensions": measuring,
}


def measure(make: Callable[[int], dict[str, Any]]) -> dict[str, float]:
    """Rates for one kind of event."""
    events = [make(number) for number in range(COUNT)]
    payloads = [json.dumps(each).encode() for each in events]
    texts = [prehash(each).encode() for each in events]

    def hashes(version: Version) -> Callable[[], None]:
        def work() -> None:
            canonical.cache_clear()
            for each in events:
                event_hash(each, version)

        return work

    def reads() -> None:
        canonical.cache_clear()
        for payload in payloads:
            event_hash(strict_json.loads(payload))

    def sums() -> None:
        for text in texts:
            hashlib.sha256(text).hexdigest()

    rate = {name: COUNT / cpu_seconds(work) for name, work in (("sha256", sums), ("read", reads))}
    rate |= {version.value.version: COUNT / cpu_seconds(hashes(version)) for version in Version}
    return {"bytes": sum(map(len, payloads)) / COUNT, **rate}


def main() -> None:
    """Measure and keep the results."""
    where = machine()
    found = {name: measure(make) for name, make in KINDS.items()}
    lines = [
        (
            name,
            f"{each['bytes']:,.0f}",
            f"{each['CBV2.0']:,.0f}",
            f"{each['CBV2.1']:,.0f}",
            f"{each['read']:,.0f}",
            f"{each['sha256'] / each['CBV2.0']:.1f}",
        )
        for name, each in found.items()
    ]
    title = (
        "event",
        "bytes",
        "CBV2.0 /s",
        "CBV2.1 /s",
        "with reading the JSON /s",
        "SHA-256 alone is faster by",
    )
    page = f"""# Event hashes on one core

{where["date"]}, {where["cpu"]}, Python {where["python"]}, {where["system"]},
load {where["loadBefore"]:.1f} before.

{rows(title, lines)}
Wanted are {WANTED:,} a second of ordinary events. CPU seconds of one thread, best of three, {COUNT:,} events
that all differ, caches cold at each start.
"""
    write("event_hash", {"machine": where, "events": COUNT, "found": found}, page)


if __name__ == "__main__":
    main()
