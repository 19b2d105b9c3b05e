"""What the benchmarks upload, and what the machine could do at most."""

import json
import os
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tracehold.cli.demo.things import Company
from tracehold.core.epcis import Mode, parse_event
from tracehold.core.ids import NetworkId
from tracehold.core.keys import Ed25519Key
from tracehold.core.record import check_signature, parse
from tracehold_client import Signer

SENDER = Company("bench sender", "9521701")
SIGNER = Company("bench signer", "9521702", signs=True)
KEY = Ed25519Key.from_seed(b"\x33" * 32)
BATCH_SIZES = (1, 100, 10_000)
"""Records of one anchor whose gas is measured."""
RESULTS = Path(__file__).parent / "results"


def event(number: int) -> bytes:
    """A shipping event of five pieces, about 900 bytes; each number makes another."""
    pieces = [SIGNER.piece(1, f"B{number}.{at}").link for at in range(5)]
    body = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:00000000-0000-4000-8000-{number:012x}",
        "eventTime": "2026-02-01T08:00:00.000Z",
        "eventTimeZoneOffset": "+01:00",
        "action": "OBSERVE",
        "epcList": pieces,
        "bizStep": "shipping",
        "disposition": "in_transit",
        "readPoint": {"id": SIGNER.place(1).link},
        "bizTransactionList": [{"type": "desadv", "bizTransaction": SIGNER.document("DA", number)}],
        "sourceList": [{"type": "owning_party", "source": SIGNER.party.link}],
        "destinationList": [{"type": "owning_party", "destination": SENDER.party.link}],
    }
    return json.dumps(body).encode()


def statements(network: NetworkId, first: int, count: int) -> list[bytes]:
    """Signed statements of SIGNER."""
    signer = Signer(KEY, SIGNER.party.link, network)
    return [signer.event(event(number)) for number in range(first, first + count)]


def ceiling(records: list[bytes]) -> float:
    """Events a second of bare decoding and verifying on one core: COSE, header, signature, EPCIS form and
    meaning.
    """

    def work() -> None:
        for raw in records:
            record = parse(raw)
            check_signature(record, KEY.public)
            parse_event(record.payload, Mode.TOLERANT)

    return len(records) / cpu_seconds(work)


def cpu_seconds(work: Callable[[], None]) -> float:
    """CPU seconds of this thread that the work takes; the best of three."""
    taken = []
    for _ in range(3):
        began = time.thread_time()
        work()
        taken.append(time.thread_time() - began)
    return min(taken)


def quantile(values: list[float], share: float) -> float:
    """The value below which `share` of all lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def machine() -> dict[str, Any]:
    """Where and when the numbers were taken."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": model,
        "cores": os.cpu_count(),
        "loadBefore": os.getloadavg()[0],
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def write(name: str, found: dict[str, Any], page: str) -> None:
    """Keep the result as JSON and as a page; print the page."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(found, indent=2) + "\n")
    (RESULTS / f"{name}.md").write_text(page)
    print(page)


def rows(title: tuple[str, ...], lines: list[tuple[Any, ...]]) -> str:
    """A table in Markdown."""
    head = [title, tuple("---" for _ in title), *lines]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in head)
