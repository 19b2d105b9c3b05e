"""Node records: self-signed, of one network, within limits."""

from dataclasses import replace

import pytest

from tests.logs import MILL_KEY, NETWORK, NODE_KEY, OPERATOR, START, STRANGER_KEY, header
from tracehold.core import cbor, record
from tracehold.core.errors import Rejected
from tracehold.core.header import Audience, Kind
from tracehold.core.ids import LogId, NetworkId
from tracehold.core.noderecord import NodeRecord, parse_node_record, sign_node_record

NODE = NodeRecord(
    NODE_KEY.public,
    OPERATOR,
    LogId(b"\x07" * 32),
    "node.example:7443",
    "node.example:7444",
    "https://node.example",
    b"\x30" * 700,
    b"\x08" * 20,
    "",
    START,
)
SALT = bytes(16)


def public(payload):
    """A record of the kind and audience of node records, with any payload."""
    said = replace(header(NODE_KEY, OPERATOR, Kind.NODE), audience=Audience.PUBLIC)
    return record.sign(said, payload, NODE_KEY)


def test_round_trip():
    """What a node says of itself is read back, and is public."""
    raw = sign_node_record(NODE, NETWORK, SALT, NODE_KEY)
    assert parse_node_record(raw, NETWORK) == NODE
    assert record.parse(raw).header.audience == Audience.PUBLIC


def test_another_key_cannot_sign_it():
    """Nobody announces endpoints for a node whose key he has not."""
    with pytest.raises(Rejected, match="BAD_SIGNATURE"):
        sign_node_record(NODE, NETWORK, SALT, STRANGER_KEY)


def test_another_network_is_refused():
    """A node of a test network does not join."""
    raw = sign_node_record(NODE, NETWORK, SALT, NODE_KEY)
    with pytest.raises(Rejected, match="WRONG_NETWORK"):
        parse_node_record(raw, NetworkId(bytes(32)))


def test_a_changed_byte_is_refused():
    """Any byte."""
    raw = sign_node_record(NODE, NETWORK, SALT, NODE_KEY)
    for at in range(0, len(raw), 7):
        changed = bytearray(raw)
        changed[at] ^= 1
        with pytest.raises(Rejected):
            parse_node_record(bytes(changed), NETWORK)


@pytest.mark.parametrize(
    "changes",
    [
        {"tls_leaf": bytes(1025)},
        {"account": bytes(19)},
        {"log": bytes(31)},
        {"grpc": "two words"},
        {"peer": "line\n"},
        {"rest": "h" * 513},
        {"enode": "\u2028"},
        {"operator": "nobody"},
        {"issued_at": -1},
    ],
)
def test_limits(changes):
    """Fields beyond their limits are not signed."""
    with pytest.raises(Rejected):
        sign_node_record(replace(NODE, **changes), NETWORK, SALT, NODE_KEY)


def test_a_node_key_is_ed25519():
    """As in the log header."""
    with pytest.raises(Rejected, match="BAD_CONTROL"):
        sign_node_record(replace(NODE, node_key=MILL_KEY.public), NETWORK, SALT, MILL_KEY)


@pytest.mark.parametrize("payload", [b"", b"\xa0", cbor.encode([1]), cbor.encode({9: 1})])
def test_other_payloads_are_refused(payload):
    """Exactly the keys 1 to 8."""
    raw = public(payload)
    with pytest.raises(Rejected):
        parse_node_record(raw, NETWORK)


def test_other_kinds_are_refused():
    """An event with the same payload is no node record."""
    payload = record.parse(sign_node_record(NODE, NETWORK, SALT, NODE_KEY)).payload
    with pytest.raises(Rejected, match="BAD_CONTROL"):
        parse_node_record(record.sign(header(NODE_KEY, OPERATOR), payload, NODE_KEY), NETWORK)


@pytest.mark.parametrize("change", [{1: bytes(32)}, {2: bytes(31)}, {8: None}, {9: [0] * 100}])
def test_what_is_wrong_in_the_payload_is_one_code(change):
    """Key, encoding or form: BAD_CONTROL, as the docstring promises."""
    fields = cbor.decode(record.parse(sign_node_record(NODE, NETWORK, SALT, NODE_KEY)).payload)
    payload = cbor.encode({**fields, **change})
    raw = public(payload)
    with pytest.raises(Rejected) as refusal:
        parse_node_record(raw, NETWORK)
    assert refusal.value.code == "BAD_CONTROL"


def test_a_node_record_is_public():
    """It stands on the chain."""
    payload = record.parse(sign_node_record(NODE, NETWORK, SALT, NODE_KEY)).payload
    raw = record.sign(header(NODE_KEY, OPERATOR, Kind.NODE), payload, NODE_KEY)
    with pytest.raises(Rejected, match="BAD_CONTROL"):
        parse_node_record(raw, NETWORK)
