"""Control payloads: what each kind says, and every form that is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs import FARM, FARM_KEY, MILL_KEY, NETWORK, NODE_KEY, OPERATOR
from tracehold.core import cbor
from tracehold.core.control import (
    KIND_OF,
    Enrol,
    LogHeader,
    Mandate,
    Move,
    Redact,
    Revoke,
    Rotate,
    decode_control,
    encode_control,
)
from tracehold.core.errors import Rejected
from tracehold.core.header import CONTROL_KINDS, Kind
from tracehold.core.ids import Fingerprint, KeyId, LogId

KEY = FARM_KEY.public.cose_key()
SAID = [
    LogHeader(NETWORK, NODE_KEY.public, bytes(32)),
    LogHeader(NETWORK, NODE_KEY.public, bytes(32), LogId(b"\x01" * 32)),
    Enrol(FARM, FARM_KEY.public),
    Enrol(FARM, MILL_KEY.public),
    Mandate(OPERATOR),
    Mandate(OPERATOR, LogId(b"\x01" * 32)),
    Move(OPERATOR, LogId(b"\x01" * 32), LogId(b"\x02" * 32)),
    Redact(Fingerprint(b"\x03" * 32), 0),
    Redact(Fingerprint(b"\x03" * 32), 1 << 40),
    Rotate(FARM_KEY.public),
    Revoke(KeyId(b"\x02" * 32)),
    Revoke(KeyId(b"\x02" * 32), 0),
    Revoke(KeyId(b"\x02" * 32), 1 << 40),
]


@pytest.mark.parametrize("said", SAID)
def test_round_trip(said):
    """What is said is read back."""
    assert decode_control(KIND_OF[type(said)], encode_control(said)) == said


def test_every_control_kind_is_covered():
    """The tables of kinds agree."""
    assert set(KIND_OF.values()) == CONTROL_KINDS


HEADER = {1: NETWORK, 2: NODE_KEY.public.cose_key(), 3: bytes(32)}
BAD = {
    "header: empty": (Kind.LOG_HEADER, {}),
    "header: no network": (Kind.LOG_HEADER, {2: HEADER[2], 3: HEADER[3]}),
    "header: nonce short": (Kind.LOG_HEADER, {**HEADER, 3: bytes(31)}),
    "header: node key is P-256": (Kind.LOG_HEADER, {**HEADER, 2: MILL_KEY.public.cose_key()}),
    "header: key is a map": (Kind.LOG_HEADER, {**HEADER, 2: {1: 1}}),
    "header: predecessor null": (Kind.LOG_HEADER, {**HEADER, 4: None}),
    "header: unknown key": (Kind.LOG_HEADER, {**HEADER, 5: 1}),
    "enrol: no party": (Kind.ENROL, {2: KEY}),
    "enrol: no key": (Kind.ENROL, {1: FARM}),
    "enrol: key null": (Kind.ENROL, {1: FARM, 2: None}),
    "enrol: low-order key": (Kind.ENROL, {1: FARM, 2: cbor.encode({1: 1, -1: 6, -2: bytes(32)})}),
    "enrol: party no URI": (Kind.ENROL, {1: "farm", 2: KEY}),
    "enrol: party of a script scheme": (Kind.ENROL, {1: "javascript:x", 2: KEY}),
    "enrol: unknown key": (Kind.ENROL, {1: FARM, 2: KEY, 3: 0}),
    "enrol: text key": (Kind.ENROL, {1: FARM, 2: KEY, "x": 0}),
    "mandate: empty": (Kind.MANDATE, {}),
    "mandate: log short": (Kind.MANDATE, {1: OPERATOR, 2: bytes(31)}),
    "mandate: log null": (Kind.MANDATE, {1: OPERATOR, 2: None}),
    "move: no operator": (Kind.MOVE, {2: bytes(32), 3: bytes(32)}),
    "move: no new log": (Kind.MOVE, {1: OPERATOR, 3: bytes(32)}),
    "move: no old log": (Kind.MOVE, {1: OPERATOR, 2: bytes(32)}),
    "move: log short": (Kind.MOVE, {1: OPERATOR, 2: bytes(31), 3: bytes(32)}),
    "move: unknown key": (Kind.MOVE, {1: OPERATOR, 2: bytes(32), 3: bytes(32), 4: 1}),
    "revoke: no key": (Kind.REVOKE, {2: 1}),
    "revoke: key short": (Kind.REVOKE, {1: bytes(31)}),
    "revoke: position negative": (Kind.REVOKE, {1: bytes(32), 2: -1}),
    "revoke: position null": (Kind.REVOKE, {1: bytes(32), 2: None}),
    "revoke: position true": (Kind.REVOKE, {1: bytes(32), 2: True}),
    "revoke: unknown key": (Kind.REVOKE, {1: bytes(32), 3: 1}),
    "redact: no record": (Kind.REDACT, {2: 1}),
    "redact: no place": (Kind.REDACT, {1: bytes(32)}),
    "redact: place negative": (Kind.REDACT, {1: bytes(32), 2: -1}),
    "redact: place true": (Kind.REDACT, {1: bytes(32), 2: True}),
    "redact: unknown key": (Kind.REDACT, {1: bytes(32), 2: 1, 3: 0}),
    "rotate: no key": (Kind.ROTATE, {}),
    "rotate: key is P-256": (Kind.ROTATE, {1: MILL_KEY.public.cose_key()}),
    "rotate: unknown key": (Kind.ROTATE, {1: KEY, 2: 0}),
    "no map": (Kind.REVOKE, [bytes(32)]),
    "another kind": (Kind.EVENT, {1: bytes(32)}),
    "a kind of later": ("application/vnd.tracehold.notice+cbor", {1: bytes(32)}),
}


@pytest.mark.parametrize(("kind", "parts"), BAD.values(), ids=BAD)
def test_bad_forms_are_refused(kind, parts):
    """Unknown keys too: a control record means the same to every release, or nothing."""
    with pytest.raises(Rejected) as refusal:
        decode_control(kind, cbor.encode(parts))
    assert refusal.value.code == "BAD_CONTROL"


@given(st.sampled_from(sorted(CONTROL_KINDS)), st.binary(max_size=80))
def test_any_payload_is_answered_with_bad_control(kind, payload):
    """No payload makes anything but a refusal."""
    with pytest.raises(Rejected) as refusal:
        decode_control(kind, payload)
    assert refusal.value.code == "BAD_CONTROL"
