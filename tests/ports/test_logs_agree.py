"""The record log on SQLite and the one in memory give the same answers after any sequence of writes."""

import asyncio
import tempfile
from collections.abc import Awaitable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ports.batches import A, B, Writer, entry
from tracehold.adapters.memory import police
from tracehold.adapters.memory.log import MemoryLog
from tracehold.adapters.sqlite_log import SqliteLog
from tracehold.core.errors import Rejected
from tracehold.core.record import Kind
from tracehold.core.tiles import Coord
from tracehold.journey.ports import Base, Batch, Dispute, RecordLog

SEGMENT = 256
CUTS = (0, 3, 200, 256, 300, 512, 520, 768)
"""Where the batches of B begin and end: segments of 256 entries."""
CONTROLS = (0, 1, 5, 256, 301, 512)


def made() -> tuple[list[Batch], list[Base]]:
    """Batches that follow each other, and the bases of the later segments."""
    writer, batches, bases = Writer.of(B), [], []
    entries = [entry(at, kind=Kind.ENROL if at in CONTROLS else "text/plain") for at in range(CUTS[-1])]
    entries[7] = replace(entries[7], raw=b"", kind="")
    for first, end in pairwise(CUTS):
        if first and first % SEGMENT == 0:
            before = [at for at in CONTROLS if at < first]
            coords = sorted({Coord(0, at // 256) for at in before} | {Coord(1, 0)})
            tiles = [(coord, writer.tiles[coord]) for coord in coords]
            bases.append(Base(B, first, tiles, [(at, entries[at]) for at in before]))
        batch = writer.batch(entries[first:end])
        disputes = [Dispute(at, "UNKNOWN_PARTY", 1) for at in (5, 201, 301) if first <= at < end]
        batches.append(replace(batch, disputes=disputes))
    return batches, bases


BATCHES, BASES = made()
OWN = Writer.of(A).batch([entry(at) for at in (900, 3, 5, 201, 302)])
"""The own log holds some of B's records too."""

PLACES = st.sampled_from([0, 1, 3, 5, 7, 199, 200, 201, 255, 256, 301, 302, 512, 600, 767, 768])
STEPS = st.one_of(
    st.tuples(st.just("append"), st.integers(0, len(BATCHES) - 1)),
    st.tuples(st.just("append"), st.integers(0, len(BATCHES) - 1)),
    st.tuples(st.just("begin"), st.tuples(st.integers(0, len(BASES) - 1), st.integers(0, 6))),
    st.tuples(st.just("erase"), PLACES),
    st.tuples(st.just("erase own"), st.integers(0, 5)),
    st.tuples(st.just("haste"), st.integers(0, len(BATCHES) - 1)),
    st.tuples(st.just("judge"), st.tuples(PLACES, PLACES)),
    st.tuples(st.just("mend"), PLACES),
)


async def do(store: RecordLog, name: str, value: Any) -> str:
    """One write, and its refusal if any."""
    match name:
        case "append":
            return await code_of(store.append(BATCHES[value]))
        case "haste":
            late = [said for said in BATCHES[value].disputes if said.index in CONTROLS]
            return await code_of(store.append(replace(BATCHES[value], unjudged=True, disputes=late)))
        case "judge":
            return await judge(store, *value)
        case "mend":
            new = entry(value)
            return await code_of(store.mend(B, value, b"" if value == 7 else new.raw, new.fingerprint))
        case "begin":
            base = BASES[value[0]]
            # A part of it, or from 5 on all.
            part = base if value[1] > 4 else replace(base, controls=base.controls[value[1] : value[1] + 1])
            return await code_of(store.begin(part))
        case "erase":
            return await code_of(store.erase(B, value))
        case _:
            return await code_of(store.erase(A, value))


async def judge(store: RecordLog, start: int, stop: int) -> str:
    """Judge what is kept of a range: what was wrong with it is found now."""
    said = [replace(dispute, rules=2) for batch in BATCHES for dispute in batch.disputes]
    for low, high in await store.spans(B):
        begin, end = max(low, start), min(high, stop)
        if begin < end:
            late = [dispute for dispute in said if begin <= dispute.index < end]
            await store.judged(B, begin, end, late)
    return ""


async def code_of(call: Awaitable[None]) -> str:
    """The refusal with which a call ends, if any."""
    try:
        await call
    except Rejected as error:
        return error.code
    return ""


async def answers(store: RecordLog) -> list[Any]:
    """What the store says to every kind of question."""
    names = [entry(at).fingerprint for at in range(0, 768, 3)] + [new.fingerprint for new in OWN.entries]
    said: list[Any] = [list(await store.logs()), await store.find(names), await store.entries(names)]
    for log in (A, B):
        said += [await store.unjudged(log), await store.find(names, within=log)]
        said += [list(await store.spans(log)), await store.size(log), list(await store.controls(log, 1))]
        said += [list(await store.read(log, at, at + 99)) for at in (0, 2, 150, 250, 256, 300, 511, 700)]
        said += [list(await store.disputes(log, 0, 999)), await store.checkpoint(log)]
        coords = [Coord(0, at) for at in range(4)] + [Coord(1, 0)]
        said += [await store.tiles(log, coords), await store.checkpoint_covering(log, 256)]
        for after, upto, size in ((0, 768, 9999), (200, 768, 600), (256, 512, 400), (300, 999, 2500)):
            said.append(await store.checkpoint_within(log, after, upto, size))
    said += [await store.entry(name) for name in names[-4:]]
    return said


async def play(folder: Path, steps: list[tuple[str, Any]]) -> None:
    """Do the steps on both."""
    memory = MemoryLog()
    async with SqliteLog.open(folder) as sqlite:
        for store in (memory, sqlite):
            await store.append(OWN)
        for name, value in steps:
            assert await do(memory, name, value) == await do(sqlite, name, value)
        expected = await answers(memory)
        assert await answers(sqlite) == expected
    async with SqliteLog.open(folder) as sqlite:
        assert await answers(sqlite) == expected


@settings(max_examples=40)
@given(st.lists(STEPS, max_size=20))
def test_both_logs_give_the_same_answers(steps: list[tuple[str, Any]]) -> None:
    """Refusals too, and after a restart."""
    with patch.object(police, "SEGMENT_ENTRIES", SEGMENT), tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(Path(folder), steps))
