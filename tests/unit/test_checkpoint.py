"""Checkpoints: two signatures over one state, and every way in which they may disagree."""

from base64 import b64decode, b64encode
from dataclasses import replace
from hashlib import sha256

import cbor2
import nacl.bindings
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs import MILL_KEY, NODE_KEY, OPERATOR, START, STRANGER_KEY
from tracehold.core.checkpoint import check_checkpoint, check_note, parse_head, parse_note, sign_checkpoint
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId, Root

LOG, ROOT, TIME, BY = LogId(b"\x0a" * 32), Root(b"\x0b" * 32), START * 1000, START * 1000 + 3_600_000


def sign(size=5, root=ROOT, time_ms=TIME, key=NODE_KEY, log=LOG):
    """A checkpoint of the test log."""
    return sign_checkpoint(log, size, root, time_ms, BY, operator=OPERATOR, key=key)


GOOD = sign()
PROTECTED = cbor2.loads(GOOD.cose_protected)


@given(st.integers(0, 1 << 50), st.binary(min_size=32, max_size=32), st.integers(0, 1 << 43))
def test_round_trip(size, root, time_ms):
    """Both forms say what was signed."""
    made = sign(size, Root(root), time_ms)
    check_checkpoint(made, NODE_KEY.public)
    note, head = parse_note(made.note), made.head
    assert (note.log, note.size, note.root, note.time_ms) == (LOG, size, root, time_ms)
    assert (head.log, head.size, head.time_ms, head.anchor_by_ms) == (LOG, size, time_ms, BY)
    assert (head.operator, head.kid) == (OPERATOR, NODE_KEY.public.kid)


def test_the_note_is_that_of_c2sp():
    """Rebuilt from the specifications: three lines, an extension, and an Ed25519 signature line."""
    origin = f"tracehold/{LOG.hex()}"
    text = f"{origin}\n5\n{b64encode(ROOT).decode()}\ntime {TIME}\n"
    body, _, line = GOOD.note.decode().rpartition("\n— ")
    assert body == text
    name, blob = line.rstrip("\n").split(" ")
    assert name == origin
    hashed = sha256(origin.encode() + b"\n\x01" + NODE_KEY.public.raw).digest()
    assert b64decode(blob)[:4] == hashed[:4]
    nacl.bindings.crypto_sign_open(b64decode(blob)[4:] + text.encode(), NODE_KEY.public.raw)


def test_the_cose_header_is_that_of_the_rfc():
    """RFC 9942: vds 1; RFC 9943: issuer, subject and kid; ours: size and times."""
    assert {
        1: -8,
        4: NODE_KEY.public.kid,
        395: 1,
        15: {1: OPERATOR, 2: f"tracehold/{LOG.hex()}"},
        -70011: 5,
        -70012: TIME,
        -70013: BY,
    } == PROTECTED


def test_foreign_signatures_may_stand_first():
    """Witnesses cosign; the log's own line is found wherever it is."""
    text, line = GOOD.note.split(b"\n\n")
    other = "— witness.example/w " + b64encode(bytes(68)).decode() + "\n"
    note = parse_note(text + b"\n\n" + other.encode() + line)
    assert len(note.signatures) == 2
    check_note(note, NODE_KEY.public)


@pytest.mark.parametrize("name", ["witness.example/w", f"tracehold/{LOG.hex()}"])
def test_only_foreign_signatures_are_not_enough(name):
    """Nor is a line of the right name and another key."""
    line = f"— {name} " + b64encode(bytes(68)).decode() + "\n"
    note = parse_note(GOOD.note.split(b"\n\n")[0] + b"\n\n" + line.encode())
    with pytest.raises(Rejected, match="BAD_SIGNATURE"):
        check_note(note, NODE_KEY.public)


@pytest.mark.parametrize(
    "other",
    [
        sign(size=6),
        sign(root=Root(bytes(32))),
        sign(time_ms=TIME + 1),
        sign(key=STRANGER_KEY),
        sign(log=LogId(bytes(32))),
    ],
    ids=["size", "root", "time", "key", "log"],
)
def test_the_two_forms_must_agree(other):
    """A note of one state beside a COSE signature of another is nobody's checkpoint."""
    mixes = [
        replace(GOOD, note=other.note),
        replace(GOOD, cose_protected=other.cose_protected, cose_signature=other.cose_signature),
        replace(other, note=GOOD.note),
    ]
    for mixed in mixes:
        with pytest.raises(Rejected):
            check_checkpoint(mixed, NODE_KEY.public)


@pytest.mark.parametrize("field", ["size", "time_ms"])
def test_the_fields_must_be_the_signed_ones(field):
    """What stands beside the signed forms counts for nothing."""
    with pytest.raises(Rejected, match="PROOF_INVALID"):
        check_checkpoint(replace(GOOD, **{field: 7}), NODE_KEY.public)


def test_another_root_is_refused():
    """A root that nobody signed."""
    with pytest.raises(Rejected, match="PROOF_INVALID"):
        check_checkpoint(replace(GOOD, root=Root(bytes(32))), NODE_KEY.public)


def test_checkpoints_are_signed_with_ed25519():
    """Signed notes know no P-256."""
    with pytest.raises(Rejected, match="BAD_KEY"):
        sign(key=MILL_KEY)


TEXT, LINE = GOOD.note.decode().split("\n\n")
ORIGIN, SIZE, ROOT64, TIMED = TEXT.split("\n")


@pytest.mark.parametrize(
    "note",
    [
        "",
        TEXT,
        TEXT + "\n\n",
        TEXT + "\n\n" + LINE.rstrip("\n"),
        TEXT + "\n" + LINE,
        "\n" + GOOD.note.decode(),
        GOOD.note.decode() + "\n",
        GOOD.note.decode().replace("—", "-"),
        "\n".join([ORIGIN.replace("tracehold", "other"), SIZE, ROOT64, TIMED]) + "\n\n" + LINE,
        "\n".join([ORIGIN.upper(), SIZE, ROOT64, TIMED]) + "\n\n" + LINE,
        "\n".join([ORIGIN, "05", ROOT64, TIMED]) + "\n\n" + LINE,
        "\n".join([ORIGIN, "-5", ROOT64, TIMED]) + "\n\n" + LINE,
        "\n".join([ORIGIN, "5 ", ROOT64, TIMED]) + "\n\n" + LINE,
        "\n".join([ORIGIN, SIZE, ROOT64[:-1] + "A", TIMED]) + "\n\n" + LINE,
        "\n".join([ORIGIN, SIZE, ROOT64[:-2] + "t=", TIMED]) + "\n\n" + LINE,
        "\n".join([ORIGIN, SIZE, ROOT64]) + "\n\n" + LINE,
        "\n".join([ORIGIN, SIZE, ROOT64, "time -1"]) + "\n\n" + LINE,
        "\n".join([ORIGIN, SIZE, ROOT64, TIMED, "more"]) + "\n\n" + LINE,
        GOOD.note.decode().replace("\n", "\r\n"),
        TEXT + "\n\n" + LINE.replace("=", ""),
        TEXT + "\n\n" + LINE + LINE.rstrip("\n"),
        TEXT + "\n\n" + LINE * 500,
    ],
)
def test_malformed_notes_are_refused(note):
    """One spelling, and nothing before, between or after."""
    with pytest.raises(Rejected) as refusal:
        parse_note(note.encode())
    assert refusal.value.code == "MALFORMED_PROOF"


def test_a_note_that_is_no_text_is_refused():
    """Not UTF-8."""
    with pytest.raises(Rejected, match="MALFORMED_PROOF"):
        parse_note(b"\xff\xfe")


def _header(**changes):
    """The protected header with labels changed (None takes one out)."""
    parts = {
        **PROTECTED,
        **{int(label.lstrip("l").replace("m", "-")): value for label, value in changes.items()},
    }
    from tracehold.core import cbor

    return cbor.encode({label: value for label, value in parts.items() if value is not None})


@pytest.mark.parametrize(
    "protected",
    [
        b"",
        b"\xa0",
        GOOD.cose_protected + b"\x00",
        _header(l1=-7),
        _header(l4=bytes(31)),
        _header(l395=2),
        _header(l395=True),
        _header(l395=None),
        _header(l15={1: OPERATOR}),
        _header(l15={1: OPERATOR, 2: "tracehold/x"}),
        _header(l15={1: OPERATOR, 2: f"tracehold/{LOG.hex()}", 6: 1}),
        _header(lm70011=-1),
        _header(lm70011=True),
        _header(lm70011=None),
        _header(lm70012="now"),
        _header(lm70013=None),
        _header(l2=[395]),
        _header(lm70099=1),
    ],
)
def test_other_headers_are_refused(protected):
    """Exactly the labels of docs/spec/log.md, each of its type."""
    with pytest.raises(Rejected) as refusal:
        parse_head(protected)
    assert refusal.value.code == "MALFORMED_PROOF"
