"""Asks a graph, checks each answer against the truth, and says how long it took."""

import statistics
import time
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from bench.questions import Question
from tracehold.adapters.neo4j_graph import Neo4jGraph
from tracehold.adapters.sqlite_graph import SqliteGraph
from tracehold.core.lineage import Direction, TraceResult, Walk, history, trace
from tracehold.journey.hints import hinted


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions of one kind and size: how many entries and statements their answers have and facts were read
    (medians), and milliseconds. `first`: nothing was remembered; the others are of all later runs. The
    processor time is that of the client: in the graph (reading, decoding) and in the rules, medians."""

    kind: str
    questions: int
    entries: int
    statements: int
    facts: int
    first_p50_ms: float
    first_p99_ms: float
    p50_ms: float
    p99_ms: float
    graph_cpu_ms: float
    rules_cpu_ms: float


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a walk. Seconds."""

    result: Any
    facts: int
    seconds: float
    graph_cpu: float
    rules_cpu: float


async def ask(graph: SqliteGraph | Neo4jGraph, question: Question) -> Run:
    """Ask, step by step. Raises AssertionError where the answer is not the truth."""
    begun, working = time.perf_counter(), time.process_time()
    walk, facts, reading = _walk(question), 0, 0.0
    while not walk.done:
        wanted = walk.wanted()
        before = time.process_time()
        found = await hinted(graph, wanted)
        reading += time.process_time() - before
        walk.feed(found)
        facts += len(found)
    result = walk.result()
    spent = time.process_time() - working
    run = Run(result, facts, time.perf_counter() - begun, reading, spent - reading)
    compare(question, result)
    return run


def _walk(question: Question) -> Walk[Any]:
    if question.kind == "history":
        return history(question.item)
    return trace(question.item, Direction(question.kind))


def compare(question: Question, result: Any) -> None:
    """Raises AssertionError where an answer is not the truth."""
    if isinstance(result, TraceResult):
        found: set[object] = {entry.item for entry in result.items}
        timely: set[object] = {entry.item for entry in result.items if not entry.against_time}
        true = found == question.expected and timely == question.timely
    else:
        told: set[object] = {event.fingerprint for event in result.events}
        true = told == question.expected
    if not true or result.truncated:
        raise AssertionError(f"{question.kind} of {question.item} is not the truth")


async def measure(graph: SqliteGraph | Neo4jGraph, questions: list[Question], runs: int) -> list[Asked]:
    """Each question once with nothing remembered, then again and again."""
    rows = []
    for _, alike in groupby(questions, key=lambda question: (question.kind, question.size)):
        first, later = [], []
        kind = ""
        for question in alike:
            kind = question.kind
            graph.forget()
            first.append(await ask(graph, question))
            later += [await ask(graph, question) for _ in range(runs)]
        rows.append(_row(kind, first, later))
    return rows


def _row(kind: str, first: list[Run], later: list[Run]) -> Asked:
    entries = [
        run.result.items if isinstance(run.result, TraceResult) else run.result.events for run in first
    ]
    return Asked(
        kind,
        len(first),
        round(statistics.median(map(len, entries))),
        round(statistics.median(len(run.result.events) for run in first)),
        round(statistics.median(run.facts for run in first)),
        *_quantiles([run.seconds for run in first]),
        *_quantiles([run.seconds for run in later]),
        _ms(statistics.median(run.graph_cpu for run in later)),
        _ms(statistics.median(run.rules_cpu for run in later)),
    )


def _quantiles(seconds: list[float]) -> tuple[float, float]:
    """The median, and what no more than one in a hundred exceeds."""
    ranked = sorted(seconds)
    return _ms(statistics.median(ranked)), _ms(ranked[-1 - len(ranked) // 100])


def _ms(seconds: float) -> float:
    return round(seconds * 1e3, 1)
