"""Statements that a provider signs."""

import pytest

from tests.logs import FARM, FARM_KEY, MILL_KEY, NETWORK
from tracehold.core import record
from tracehold.core.control import Move, decode_control
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId
from tracehold_client import Audience, Signer

PAYLOAD = b'{"type": "ObjectEvent"}'


def _signer(**changes: object) -> Signer:
    return Signer(FARM_KEY, FARM, NETWORK, now=lambda: 1_764_000_000.9, **changes)  # type: ignore[arg-type]


def test_statement_says_who_to_whom_and_when():
    """The header carries party, network, time and audience, the payload is byte for byte the event."""
    made = record.parse(_signer().event(PAYLOAD, audience=Audience.PARTIES))
    record.check_signature(made, FARM_KEY.public)
    assert (made.header.iss, made.header.aud, made.header.iat) == (FARM, NETWORK, 1_764_000_000)
    assert (made.header.kind, made.header.audience) == (record.Kind.EVENT, Audience.PARTIES)
    assert made.payload == PAYLOAD


def test_masterdata_has_its_own_kind():
    """Master data is another kind of statement."""
    assert record.parse(_signer().masterdata(b"{}")).header.kind == record.Kind.MASTERDATA


def test_a_control_record_says_what_it_is_given():
    """Under the kind of what it says."""
    says = Move("https://id.gs1.org/417/9521321000034", LogId(bytes(32)), LogId(b"\1" * 32))
    made = record.parse(_signer().control(says))
    record.check_signature(made, FARM_KEY.public)
    assert (made.header.iss, decode_control(made.header.kind, made.payload)) == (FARM, says)


def test_same_event_twice_is_two_statements():
    """Each statement has a salt of its own, so that no fingerprint can be guessed from its event."""
    signer = _signer()
    assert signer.event(PAYLOAD) != signer.event(PAYLOAD)


def test_same_salt_and_time_give_the_same_bytes():
    """Randomness comes from outside: with the same, the bytes are the same."""
    signer = _signer(random_bytes=bytes)
    assert signer.event(PAYLOAD) == signer.event(PAYLOAD)


def test_short_randomness_is_refused():
    """A source that gives too few bytes makes no statement."""
    with pytest.raises(Rejected):
        _signer(random_bytes=lambda _: b"\x00").event(PAYLOAD)


def test_oversize_event_is_refused_before_it_is_signed():
    """More than 1 MiB is no record."""
    with pytest.raises(Rejected) as caught:
        _signer().event(b"x" * (1 << 20))
    assert caught.value.code == "RECORD_TOO_LARGE"


def test_p256_keys_sign_too():
    """A key of a vault signs ES256."""
    made = record.parse(Signer(MILL_KEY, FARM, NETWORK).event(PAYLOAD))
    record.check_signature(made, MILL_KEY.public)
