"""One record of the farm, in parts: tests take it apart and sign it anew."""

import pytest

from tests.logs import FARM, FARM_KEY, header
from tracehold.core import cbor, cose, labels, record
from tracehold.core.errors import Rejected

PAYLOAD = b'{"type":"ObjectEvent"}'
RAW = record.sign(header(FARM_KEY, FARM), PAYLOAD, FARM_KEY)
PARTS = cbor.decode(cose.parse_sign1(RAW).protected)
CLAIMS = PARTS[labels.CWT_CLAIMS]


def signed(parts, key=FARM_KEY, payload=PAYLOAD):
    """A well-framed, well-signed record with any protected header."""
    protected = parts if isinstance(parts, bytes) else cbor.encode(parts)
    return cose.encode_sign1(protected, payload, key.sign(cose.sig_structure(protected, payload)))


def code_of(raw):
    """The code with which `parse` refuses these bytes."""
    with pytest.raises(Rejected) as refusal:
        record.parse(raw)
    return refusal.value.code
