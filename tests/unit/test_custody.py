"""Custody records: what has the form of one, and who may seal one."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.audits import custody_record, node
from tests.logs import FARM, FARM_KEY, header
from tracehold.core import cbor, record
from tracehold.core.custody import (
    MAX_RUNS,
    Custody,
    Run,
    check_custody,
    decode_custody,
    encode_custody,
    epoch_at,
    nonce_hash,
    runs_of,
)
from tracehold.core.errors import Rejected
from tracehold.core.header import Kind
from tracehold.core.ids import LogId
from tracehold.core.limits import MAX_RECORD_BYTES, SEGMENT_ENTRIES
from tracehold.core.roster import Roster

A, B = LogId(b"\x0a" * 32), LogId(b"\x0b" * 32)
GOOD = Custody(86_400, 20_420, nonce_hash(b"n" * 32), (Run(A, 0, 10), Run(B, SEGMENT_ENTRIES, 70_000)))
PARTS = cbor.decode(encode_custody(GOOD))


def test_what_is_written_is_read():
    """All of it; a node may keep nothing."""
    for says in (GOOD, replace(GOOD, kept=()), replace(GOOD, epoch_s=1, epoch=0)):
        assert decode_custody(encode_custody(says)) == says


segments = st.integers(0, 1 << 20)
spans = st.lists(segments, max_size=8, unique=True).map(
    lambda found: tuple((at * SEGMENT_ENTRIES, at * SEGMENT_ENTRIES + 1 + at % 9) for at in sorted(found))
)


@settings(max_examples=25)
@given(st.dictionaries(st.binary(min_size=32, max_size=32).map(LogId), spans, max_size=5))
def test_spans_of_any_logs_have_one_form(kept):
    """In whatever order the logs are told."""
    runs = runs_of(kept.items())
    says = replace(GOOD, kept=runs)
    assert decode_custody(encode_custody(says)) == says
    assert runs == runs_of(reversed(kept.items()))


BAD = {
    "no map": [],
    "a field less": {key: value for key, value in PARTS.items() if key != 3},
    "a field more": {**PARTS, 5: 1},
    "an epoch of no seconds": {**PARTS, 1: 0},
    "true for one second": {**PARTS, 1: True},
    "an epoch below none": {**PARTS, 2: -1},
    "an epoch beyond exact numbers": {**PARTS, 2: 1 << 53},
    "a short commitment": {**PARTS, 3: bytes(31)},
    "text for a commitment": {**PARTS, 3: "n" * 32},
    "runs that are no array": {**PARTS, 4: {}},
    "a run of two": {**PARTS, 4: [[A, 0]]},
    "a run of four": {**PARTS, 4: [[A, 0, 1, 2]]},
    "a short log": {**PARTS, 4: [[A[1:], 0, 1]]},
    "an empty run": {**PARTS, 4: [[A, 0, 0]]},
    "a run backwards": {**PARTS, 4: [[A, SEGMENT_ENTRIES, 1]]},
    "a run from within a segment": {**PARTS, 4: [[A, 1, 2]]},
    "a run to true": {**PARTS, 4: [[A, 0, True]]},
    "runs that touch": {**PARTS, 4: [[A, 0, SEGMENT_ENTRIES], [A, SEGMENT_ENTRIES, SEGMENT_ENTRIES + 1]]},
    "runs that overlap": {**PARTS, 4: [[A, 0, SEGMENT_ENTRIES + 1], [A, SEGMENT_ENTRIES, 70_000]]},
    "a run twice": {**PARTS, 4: [[A, 0, 1], [A, 0, 1]]},
    "logs in another order": {**PARTS, 4: [[B, 0, 1], [A, 0, 1]]},
    "a run beyond exact numbers": {**PARTS, 4: [[A, 0, 1 << 53]]},
}


@pytest.mark.parametrize("name", BAD)
def test_what_has_not_the_form_is_refused(name):
    """With one code."""
    with pytest.raises(Rejected) as refusal:
        decode_custody(cbor.encode(BAD[name]))
    assert refusal.value.code == "BAD_CONTROL"


def test_security_a_record_of_endless_runs_is_refused_before_it_is_read():
    """The largest one that is taken fits a record; one run more is not."""
    most = tuple(Run(A, 2 * at * SEGMENT_ENTRIES, 2 * at * SEGMENT_ENTRIES + 1) for at in range(MAX_RUNS + 1))
    largest = encode_custody(replace(GOOD, kept=most[:-1]))
    assert len(largest) < MAX_RECORD_BYTES - 1024
    assert len(decode_custody(largest).kept) == MAX_RUNS
    with pytest.raises(Rejected, match="values"):
        decode_custody(encode_custody(replace(GOOD, kept=most)))
    with pytest.raises(Rejected, match="values"):
        decode_custody(b"\xa1\x04\x9a\xff\xff\xff\xff")


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(raw):
    """With one code, whatever they are."""
    code, says = "BAD_CONTROL", None
    try:
        says = decode_custody(raw)
    except Rejected as refusal:
        code = refusal.code
    assert code == "BAD_CONTROL"
    assert says is None or encode_custody(says) == raw


def test_only_the_node_key_in_its_operators_name_says_what_a_node_keeps():
    """A party that has a key in the log does not, nor the node in a party's name."""
    log = node(12)
    roster = Roster.from_header(record.parse(log.entries[0]))
    check_custody(record.parse(custody_record(log, GOOD)), roster)
    payload = encode_custody(GOOD)
    of_farm = record.sign(header(FARM_KEY, FARM, Kind.CUSTODY), payload, FARM_KEY)
    in_its_name = record.sign(header(log.node_key, FARM, Kind.CUSTODY), payload, log.node_key)
    for raw in (of_farm, in_its_name):
        with pytest.raises(Rejected) as refusal:
            check_custody(record.parse(raw), roster)
        assert refusal.value.code == "BAD_CONTROL"


def test_an_epoch_begins_with_its_first_second():
    """Whole days by default."""
    assert [epoch_at(at, 86_400) for at in (0, 86_399, 86_400, 1_764_288_000)] == [0, 0, 1, 20_420]


def test_a_commitment_says_nothing_of_its_nonce():
    """And binds it."""
    assert nonce_hash(b"a" * 32) != nonce_hash(b"b" * 32)
    assert len(nonce_hash(b"a" * 32)) == 32
