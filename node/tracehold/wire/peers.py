"""Answers of peers as messages, and back. What a peer says is read as strictly as what a stranger asks."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from tracehold.core.errors import Rejected
from tracehold.core.evidence import Evidence
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.record import fingerprint
from tracehold.core.spans import Span, Spans, joined
from tracehold.journey.ports import Entries, Expansion, Found, Greeting, Position, Sent
from tracehold.v1 import peer_pb2
from tracehold.wire.limits import check

MAX_RUNS = 10_000
"""Runs of entries in one answer; `HelloResponse.kept` has the same limit."""

Controls = dict[tuple[bytes, bytes], int]
"""Control records with their receipts, and their places in an answer."""


def expand_message(expansion: Expansion) -> peer_pb2.ExpandResponse:
    """The answer; each control record stands in it once, however many records need it."""
    controls: Controls = {}
    records = [found_message(found, controls) for found in expansion.records]
    response = peer_pb2.ExpandResponse(
        records=records,
        coverage=coverage_messages(expansion.coverage),
        controls=control_messages(controls),
    )
    if expansion.more and expansion.records:
        last = expansion.records[-1]
        response.next.CopyFrom(position_message(Position(last.log, last.index)))
    return response


def read_expand(response: peer_pb2.ExpandResponse, after: Position | None) -> Expansion:
    """The answer to what was asked behind `after`. Raises BAD_REQUEST where it is beyond the limits of its
    fields, out of order, or points nowhere.
    """
    check(response)
    controls = [(control.statement, control.receipt) for control in response.controls]
    records = [read_found(found, controls) for found in response.records]
    places = [(found.log, found.index) for found in records]
    before = (after.log, after.index) if after else (b"", -1)
    if any(second <= first for first, second in pairwise([before, *places])):
        raise _refused("the records are not in order")
    more = response.HasField("next")
    if more and (not places or read_position(response.next) != Position(*places[-1])):
        raise _refused("the next page does not begin behind the last record")
    return Expansion(records, read_coverage(response.coverage), more)


def control_messages(controls: Controls) -> Sequence[peer_pb2.ControlRecord]:
    """Control records, each at its place."""
    return [peer_pb2.ControlRecord(statement=raw, receipt=receipt) for raw, receipt in controls]


def coverage_messages(coverage: Mapping[LogId, Spans]) -> Sequence[peer_pb2.LogCoverage]:
    """Entries searched, by log."""
    return [
        peer_pb2.LogCoverage(log=log.hex(), start=start, indexed=stop)
        for log, spans in coverage.items()
        for start, stop in spans
    ]


def read_coverage(coverage: Sequence[peer_pb2.LogCoverage]) -> Mapping[LogId, Spans]:
    """Entries searched, by log."""
    found: dict[LogId, list[Span]] = {}
    for each in coverage:
        found.setdefault(read_log(each.log), []).append((each.start, each.indexed))
    return {log: joined(spans) for log, spans in found.items()}


def kept_messages(kept: Mapping[LogId, Spans]) -> Sequence[peer_pb2.KeptEntries]:
    """Entries kept, by log; of too many runs the first."""
    runs = [(log, span) for log, spans in kept.items() for span in spans]
    return [
        peer_pb2.KeptEntries(log=log.hex(), start=start, stop=stop) for log, (start, stop) in runs[:MAX_RUNS]
    ]


def read_greeting(response: peer_pb2.HelloResponse) -> Greeting:
    """What the peer says of itself, besides who it is. Raises BAD_REQUEST."""
    check(response)
    found: dict[LogId, list[Span]] = {}
    for each in response.kept:
        found.setdefault(read_log(each.log), []).append((each.start, each.stop))
    return Greeting({log: joined(spans) for log, spans in found.items()}, response.draining)


def position_message(place: Position) -> peer_pb2.LogPosition:
    """A place in a log."""
    return peer_pb2.LogPosition(log=place.log.hex(), index=place.index)


def read_position(place: peer_pb2.LogPosition) -> Position:
    """A place in a log, its fields within their limits."""
    return Position(read_log(place.log), place.index)


def read_log(text: str) -> LogId:
    """The id that these 64 digits are, which the field's limit made sure of."""
    return LogId(bytes.fromhex(text))


def entries_message(entries: Entries) -> peer_pb2.GetEntriesResponse:
    """A range of entries."""
    return peer_pb2.GetEntriesResponse(
        start=entries.start,
        statements=[sent.raw for sent in entries.entries],
        size=entries.size,
        erased=[sent.fingerprint for sent in entries.entries if not sent.raw],
    )


def read_entries(response: peer_pb2.GetEntriesResponse, start: int, most: int) -> Entries:
    """The entries from `start` on, at most so many. Raises BAD_REQUEST where they are others."""
    check(response)
    if response.start != start or len(response.statements) > most:
        raise _refused("these are not the entries that were asked for")
    if response.statements and start + len(response.statements) > response.size:
        raise _refused("there are more entries than the log is said to have")
    return Entries(start, read_sent(response.statements, response.erased), response.size)


def read_sent(statements: Sequence[bytes], erased: Sequence[bytes]) -> Sequence[Sent]:
    """The entries; the fingerprint of each record is computed here, that of an erased one is the sender's."""
    if any(len(each) != 32 for each in erased) or sum(not raw for raw in statements) != len(erased):
        raise _refused("each record without bytes has a fingerprint of 32 bytes, and no other has")
    named = iter(erased)
    return [Sent(raw, fingerprint(raw) if raw else Fingerprint(next(named))) for raw in statements]


def found_message(found: Found, controls: Controls) -> peer_pb2.FoundRecord:
    """The record. The control records that it needs get their places in `controls`."""
    evidence = found.evidence
    places = [controls.setdefault(control, len(controls)) for control in evidence.controls]
    return peer_pb2.FoundRecord(
        log=found.log.hex(),
        index=found.index,
        statement=evidence.record,
        receipt=evidence.receipt,
        controls=places,
    )


def read_found(found: peer_pb2.FoundRecord, controls: Sequence[tuple[bytes, bytes]]) -> Found:
    """The record with the control records that it needs. Raises BAD_REQUEST where one is not there."""
    if max(found.controls) >= len(controls):
        raise _refused("a record needs a control record that is not there")
    vouching = tuple(controls[place] for place in found.controls)
    return Found(read_log(found.log), found.index, Evidence(found.statement, found.receipt, vouching))


def _refused(message: str) -> Rejected:
    return Rejected("BAD_REQUEST", message)
