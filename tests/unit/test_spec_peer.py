"""The page of what nodes ask each other, held against the code."""

import re

import pytest

from tests.unit.test_spec import SPEC
from tracehold.adapters.peers import line
from tracehold.adapters.peers import peer as asking
from tracehold.api import peer_server, rations
from tracehold.api import peers as answering
from tracehold.core.errors import CODES
from tracehold.journey import proving
from tracehold.v1 import errors_pb2, peer_pb2
from tracehold.wire import shipments

PAGE = (SPEC / "peer.md").read_text()
LIMITS_OF_ONE = rations.Limits()

LIMITS = {
    "16 questions": LIMITS_OF_ONE.questions,
    "6 ranges": LIMITS_OF_ONE.ranges,
    "2 shipments and": LIMITS_OF_ONE.shipments,
    "and 2 audits (": LIMITS_OF_ONE.audits,
    "500 calls of each kind": LIMITS_OF_ONE.calls_per_s,
    "5,000 after a pause": LIMITS_OF_ONE.calls_at_once,
    "16 MiB after a pause": LIMITS_OF_ONE.bytes_at_once / (1 << 20),
    "messages of at most 8 MiB": peer_server.MAX_REQUEST_BYTES >> 20,
    "after 1,000 records": answering.PAGE_RECORDS,
    "or 4 MiB": answering.PAGE_BYTES >> 20,
    "keep 10,000 records": asking.MAX_ANSWER_RECORDS,
    "or 64 MiB": asking.MAX_ANSWER_BYTES >> 20,
    "20,000 records or": proving.RECORDS,
    "128 MiB of one peer": proving.BYTES >> 20,
    "after 20 false ones": proving.FALSE,
    "at most 8 MiB of records": answering.RANGE_BYTES >> 20,
    "40 MiB": shipments.MAX_SHIPMENT_BYTES >> 20,
    "8,192 tiles": shipments.MAX_TILES,
    "65,536\nearlier control records": shipments.MAX_CONTROLS,
    "takes in 256 MiB": answering.ARRIVING_BYTES >> 20,
    "a second for 256 KiB": line.SHIPMENT_RATE >> 10,
}


@pytest.mark.parametrize("words", LIMITS)
def test_a_limit_on_the_page_is_the_codes(words):
    """The number in these words."""
    assert words in PAGE
    (number,) = re.findall(r"[\d,]*\d", words)
    assert int(number.replace(",", "")) == LIMITS[words]


def test_every_method_is_on_the_page():
    """By its name."""
    service = peer_pb2.DESCRIPTOR.services_by_name["PeerService"]
    assert all(name in PAGE for name in service.methods_by_name)


def test_every_reason_to_refuse_is_a_code():
    """In the table, in the list of errors, and on the wire."""
    rows = re.findall(r"^\| ([A-Z_, ]+) \|", PAGE, re.MULTILINE)
    codes = [code for row in rows for code in row.split(", ")]
    assert len(codes) > 9
    for code in codes:
        assert code in CODES
        assert errors_pb2.ErrorReason.Value(f"ERROR_REASON_{code}")
