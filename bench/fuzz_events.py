"""Fuzzing of the event reader: mutated documents must be taken or refused, in bounded time and memory.

    .venv/bin/python -m bench.fuzz_events --documents 1000000 [--seed 1] [--processes 2] [--corpus FOLDER]
        [--xml]

A mutant that ends in anything but an answer or `Rejected`, takes over ten seconds of processor time, or needs
a gigabyte, ends the run and is kept as fuzz-failed.json in the folder for temporary files. Writes
results/fuzz_events.json and fuzz_events.md; with --xml, XML documents through the XML reader, and fuzz_xml.*.
"""

import argparse
import json
import resource
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from random import Random
from typing import Any

from bench.event_seeds import seeds
from bench.mutations import damaged, mutant, swollen
from bench.workload import machine
from bench.xml_mutations import xml_mutants
from bench.xml_records import check_records
from bench.xml_seeds import xml_seeds
from tracehold.core.epcis import Mode, examine_event, parse_document, parse_event, parse_masterdata
from tracehold.core.epcis.xml import from_xml, looks_like_xml
from tracehold.core.errors import Rejected

SECONDS = 10
"""A mutant has at most a few hundred kilobytes: milliseconds of work. What takes this long hangs."""
ROOM = 1 << 30
"""Address space beyond that of the start: what one document may never need."""
_PART = 10_000
"""Mutants of one seed; the next part has the next seed."""
_CORPUS_BYTES = 20_000
FAILED = Path(tempfile.gettempdir()) / "fuzz-failed.json"


class Hanging(BaseException):
    """A mutant took too long. No `Exception`: nothing on the way may swallow it."""


@dataclass
class Tally:
    """What became of the mutants. `outcomes` counts by code, "TAKEN" for documents whose frame was taken."""

    outcomes: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    largest: int = 0
    bytes: int = 0


def mutants(random: Random, texts: Sequence[bytes]) -> Iterator[bytes]:
    """Endless mutants of the texts: most of them changed in values, others in bytes, a few grown
    large.
    """
    while True:
        text = random.choice(texts)
        kind = random.random()
        if kind < 0.7:
            yield json.dumps(mutant(random, json.loads(text), random.choice((1, 1, 2, 4, 16)))).encode()
        elif kind < 0.99:
            yield damaged(random, text, random.choice((1, 1, 2, 4, 16)))
        else:
            yield json.dumps(swollen(random, json.loads(text), random.choice((10, 100, 1000)))).encode()


def read(raw: bytes, tally: Tally) -> None:
    """One mutant through the whole reader, in both modes. Raises what the reader must never raise."""
    for mode in Mode:
        try:
            found = parse_document(raw, mode)
        except Rejected as refused:
            tally.outcomes[refused.code] += 1
            continue
        tally.outcomes["TAKEN"] += 1
        for payload in found.events:
            tally.events[_event(payload, mode)] += 1
        for payload in found.masterdata:
            tally.events[_masterdata(payload, mode)] += 1


def read_xml(raw: bytes, tally: Tally) -> None:
    """One mutant through the XML reader, and what that makes of it through the whole reader."""
    for mode in Mode:
        try:
            found = from_xml(raw, mode).json
        except Rejected as refused:
            tally.outcomes[refused.code] += 1
            continue
        before = tally.outcomes["MALFORMED_JSON"]
        read(found, tally)
        if tally.outcomes["MALFORMED_JSON"] != before:
            raise AssertionError("the XML reader wrote what is no JSON")
        check_records(raw, found)


def _event(payload: bytes, mode: Mode) -> str:
    errors = [found.code for found in examine_event(payload, mode) if found.severity == "error"]
    try:
        parse_event(payload, mode)
    except Rejected as refused:
        if refused.code not in errors:
            raise AssertionError(f"refused as {refused}, examined as {errors}") from refused
        return refused.code
    if errors:
        raise AssertionError(f"taken, and examined as {errors}")
    return "TAKEN"


def _masterdata(payload: bytes, mode: Mode) -> str:
    try:
        parse_masterdata(payload, mode)
    except Rejected as refused:
        return refused.code
    return "TAKEN"


@contextmanager
def bounded(seconds: float = SECONDS, room: int = ROOM) -> Iterator[None]:
    """Within: `Hanging` for what runs past `seconds` without `rearm`, MemoryError for what asks for more
    `room`.
    In the main thread of a process on Linux only."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    before = signal.signal(signal.SIGPROF, _hang)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + room, hard))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _hang(*_: Any) -> None:
    raise Hanging


def fuzz(documents: int, seed: int, texts: Sequence[bytes]) -> Tally:
    """That many mutants, each within the bounds; the one that fails is kept in `FAILED`. Texts are JSON, or
    XML all of them."""
    tally = Tally()
    xml = looks_like_xml(texts[0])
    breed, take = (xml_mutants if xml else mutants)(Random(seed), texts), read_xml if xml else read
    with bounded():
        for _ in range(documents):
            raw = next(breed)
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            start = time.process_time()
            try:
                take(raw, tally)
            except BaseException:
                FAILED.write_bytes(raw)
                raise
            signal.setitimer(signal.ITIMER_PROF, 0)
            tally.slowest = max(tally.slowest, time.process_time() - start)
            tally.largest = max(tally.largest, len(raw))
            tally.bytes += len(raw)
    return tally


def _part(documents: int, seed: int, texts: Sequence[bytes]) -> tuple[Tally, int]:
    """A part of the run and the peak of its process's memory in MiB."""
    return fuzz(documents, seed, texts), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def _whole(parts: Sequence[tuple[Tally, int]]) -> dict[str, Any]:
    """What all parts found together."""
    tally = Tally()
    for part, _ in parts:
        tally.outcomes += part.outcomes
        tally.events += part.events
        tally.slowest = max(tally.slowest, part.slowest)
        tally.largest = max(tally.largest, part.largest)
        tally.bytes += part.bytes
    return {
        "crashes": 0,
        "megabytes": round(tally.bytes / 1e6),
        "largest_bytes": tally.largest,
        "slowest_seconds": round(tally.slowest, 3),
        "peak_rss_mib": max(peak for _, peak in parts),
        "documents_by_outcome": dict(tally.outcomes.most_common()),
        "events_by_outcome": dict(tally.events.most_common()),
    }


def _page(report: dict[str, Any]) -> str:
    where = report["machine"]
    rows = [f"| {name} | {value} |" for name, value in report.items() if not isinstance(value, dict)]
    for part in ("documents_by_outcome", "events_by_outcome"):
        rows += [f"| {part}: {code} | {count} |" for code, count in report[part].items()]
    head = f"""\
# Fuzzing of the event reader

{where["date"]}, {where["cores"]} cores of {where["cpu"]}, {where["system"]}, Python {where["python"]}.
Each mutant is read in both modes. `python -m bench.fuzz_events`."""
    return "\n".join([head, "", "| | |", "|---|---|", *rows, ""])


def main() -> None:
    """The recorded run."""
    options = argparse.ArgumentParser()
    options.add_argument("--documents", type=int, default=20_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--corpus", type=Path)
    options.add_argument("--processes", type=int, default=1)
    options.add_argument("--xml", action="store_true")
    options.add_argument("--minutes", type=float, default=24 * 60, help="end with the part that runs then")
    chosen = options.parse_args()
    found = sorted(chosen.corpus.rglob("*.xml" if chosen.xml else "*.json*")) if chosen.corpus else []
    own = xml_seeds() if chosen.xml else seeds()
    texts = [*own, *(path.read_bytes() for path in found if path.stat().st_size < _CORPUS_BYTES)]
    where, start = machine(), time.perf_counter()
    count = -(-chosen.documents // _PART)
    sizes = [_PART] * (count - 1) + [chosen.documents - _PART * (count - 1)]
    parts = []
    with ProcessPoolExecutor(chosen.processes) as pool:
        for part in pool.map(_part, sizes, range(chosen.seed, chosen.seed + count), repeat(texts)):
            parts.append(part)
            if time.perf_counter() - start > chosen.minutes * 60:
                pool.shutdown(cancel_futures=True)
                break
    report = {
        "documents": sum(sizes[: len(parts)]),
        "first_seed": chosen.seed,
        "texts": len(texts),
        "machine": where,
        "processes": chosen.processes,
        "seconds": round(time.perf_counter() - start),
        **_whole(parts),
    }
    results = Path(__file__).parent / "results"
    name = "fuzz_xml" if chosen.xml else "fuzz_events"
    (results / f"{name}.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    (results / f"{name}.md").write_text(_page(report), encoding="utf-8")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
