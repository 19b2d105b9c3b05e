"""The forks that this node has seen, as files that convince others."""

from collections.abc import Sequence
from dataclasses import dataclass

from tracehold.core.checkpoint import parse_note
from tracehold.core.control import Rotate, decode_control
from tracehold.core.errors import Rejected
from tracehold.core.forkproof import ForkProof, ForkReport, check_fork
from tracehold.core.ids import LogId
from tracehold.core.merkle import consistency_path, subtree_root
from tracehold.core.record import Kind, check_signature, parse
from tracehold.core.roster import Roster
from tracehold.journey.ports import Copies, Fork, RecordLog
from tracehold.journey.tree import nodes, whole_tiles


@dataclass(frozen=True, slots=True)
class Seen:
    """One fork, its evidence, and what that shows; `failed` says why it shows nothing."""

    fork: Fork
    proof: ForkProof
    report: ForkReport | None
    failed: str = ""


async def seen_forks(store: RecordLog, copies: Copies, log: LogId | None = None) -> Sequence[Seen]:
    """All forks of a log, or of all. Raises what the store raises, and `Broken("CORRUPT")` where tiles of a
    log are damaged.
    """
    return [await _seen(store, fork) for fork in await copies.forks(log)]


async def _seen(store: RecordLog, fork: Fork) -> Seen:
    proof = await _proof(store, fork)
    try:
        return Seen(fork, proof, check_fork(proof))
    except Rejected as refusal:
        return Seen(fork, proof, None, f"{refusal.code}: {refusal.message}")


async def _proof(store: RecordLog, fork: Fork) -> ForkProof:
    root, path = b"", list[bytes]()
    if fork.kept:
        note = parse_note(fork.kept)
        root = bytes(note.root)
        if note.size > fork.size:
            node = await nodes(store, fork.log, note.size, [fork.size - 1])
            with whole_tiles():
                root = subtree_root(0, fork.size, node)
                path = consistency_path(fork.size, note.size, node)
    keys = await _keys(store, fork.log)
    return ForkProof(
        fork.log, fork.size, fork.seen_ms, keys, fork.kept, root, tuple(path), fork.shown, fork.shown_by_chain
    )


async def _keys(store: RecordLog, log: LogId) -> tuple[bytes, ...]:
    """The header, and the rotations that took effect."""
    header, *others = await store.controls(log)
    found, key = [header.raw], Roster.from_header(parse(header.raw)).node_key
    for entry in others:
        if entry.kind != Kind.ROTATE or entry.erased:
            continue
        try:
            record = parse(entry.raw)
            says = decode_control(record.header.kind, record.payload)
            check_signature(record, key)
        except Rejected:
            continue  # whoever said it may not: it has no effect
        if isinstance(says, Rotate) and record.header.kid == key.kid:
            found.append(entry.raw)
            key = says.key
    return tuple(found)
