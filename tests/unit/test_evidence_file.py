"""The evidence file and the trust file: what is read, and what is refused."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.blocks import CHAIN_ID, CONTRACT, proof_of
from tests.logs import (
    NETWORK,
)
from tests.verifications import ANCHOR, EVIDENCE, LOG, NOW, TRUST
from tracehold.core import cbor
from tracehold.core.errors import Rejected
from tracehold.core.evidence import (
    decode_evidence,
    encode_evidence,
    parse_trust,
    verify,
)

# -- the file


def test_file_round_trip():
    """A file gives back what was written."""
    assert decode_evidence(encode_evidence(EVIDENCE)) == EVIDENCE


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        cbor.encode({0: "tracehold/evidence/v2", 1: b"", 2: b"", 3: [[b"", b""]]}),
        cbor.encode({1: b"", 2: b"", 3: [[b"", b""]]}),
        cbor.encode({0: "tracehold/evidence/v1", 1: b"", 2: b"", 3: []}),
        cbor.encode({0: "tracehold/evidence/v1", 1: b"", 2: b"", 3: [[b""]]}),
        cbor.encode({0: "tracehold/evidence/v1", 1: b"", 2: b"", 3: [b""]}),
        cbor.encode({0: "tracehold/evidence/v1", 1: b"", 2: "", 3: [[b"", b""]]}),
        cbor.encode({0: "tracehold/evidence/v1", 1: b"", 2: b"", 3: [[b"", b""]], 4: 1}),
        encode_evidence(EVIDENCE) + b"\x00",
        bytes((4 << 20) + 1),
        encode_evidence(replace(EVIDENCE, controls=((b"", b""),) * 1025)),
    ],
    ids=range(12),
)
def test_other_files_are_refused(raw):
    """Another version, missing or unknown parts, no control records."""
    with pytest.raises(Rejected) as refusal:
        decode_evidence(raw)
    assert refusal.value.code == "MALFORMED_PROOF"


FILE = encode_evidence(EVIDENCE)


@settings(max_examples=300)
@given(st.integers(0, len(FILE) - 1), st.integers(0, 7))
def test_a_changed_bit_anywhere_in_the_file_is_noticed(at, bit):
    """But in two fields that only say where to look: transaction hash and log index."""
    changed = bytearray(FILE)
    changed[at] ^= 1 << bit
    try:
        found = verify(decode_evidence(bytes(changed)), TRUST, None, NOW)
    except Rejected:
        return
    assert found.anchor is not None
    assert replace(found.anchor, tx_hash=ANCHOR.tx_hash, log_index=ANCHOR.log_index) == ANCHOR


# -- the trust file

PINS = {
    "network": NETWORK.hex(),
    "chainId": CHAIN_ID,
    "contract": "0x" + CONTRACT.hex(),
    "blocks": ["0x" + block.hex() for block in TRUST.block_hashes],
    "nodes": {str(number): log.hex() for number, log in TRUST.nodes.items()},
}


def test_trust_file():
    """Five pins, with or without 0x."""
    assert parse_trust(json.dumps(PINS).encode()) == TRUST


@pytest.mark.parametrize(
    "pins",
    [
        [],
        {},
        {**PINS, "signers": ["0x00"]},
        {**PINS, "accounts": []},
        {**PINS, "block": []},
        {key: value for key, value in PINS.items() if key != "network"},
        {**PINS, "network": "00"},
        {**PINS, "network": "zz" * 32},
        {**PINS, "network": None},
        {**PINS, "chainId": "1337"},
        {**PINS, "chainId": 0},
        {**PINS, "chainId": True},
        {**PINS, "contract": "0x" + "00" * 19},
        {**PINS, "blocks": []},
        {**PINS, "blocks": "0x" + "00" * 32},
        {**PINS, "blocks": ["0x00"]},
        {**PINS, "blocks": [1]},
        {key: value for key, value in PINS.items() if key != "nodes"},
        {**PINS, "nodes": {}},
        {**PINS, "nodes": [PINS["nodes"]]},
        {**PINS, "nodes": {"01": "00" * 32}},
        {**PINS, "nodes": {"0": "00" * 32}},
        {**PINS, "nodes": {"one": "00" * 32}},
        {**PINS, "nodes": {"1": "00"}},
        {**PINS, "nodes": {"1": None}},
    ],
    ids=range(25),
)
def test_other_trust_files_are_refused(pins):
    """Unknown, missing, mistyped pins, and those that are not served yet: never overlooked."""
    with pytest.raises(Rejected) as refusal:
        parse_trust(json.dumps(pins).encode())
    assert refusal.value.code == "BAD_CONFIG"


@pytest.mark.parametrize("raw", [b"", b"\xff", b'{"network": 1, "network": 2}', b"[" * 100_000])
def test_trust_files_that_are_no_json(raw):
    """Broken, not UTF-8, a key twice, absurdly deep."""
    with pytest.raises(Rejected) as refusal:
        parse_trust(raw)
    assert refusal.value.code == "BAD_CONFIG"


# -- what a file may cost


@pytest.mark.parametrize(
    "proof",
    [
        replace(proof_of(ANCHOR), headers=(b"\xfa\x10\x00\x00" + b"\xc0" * (1 << 20),)),
        replace(proof_of(ANCHOR), receipt_path=(b"\x80",) * 65),
        replace(proof_of(ANCHOR), headers=(b"\x80",) * 1025),
    ],
    ids=["a header of a million lists", "65 trie nodes", "1,025 headers"],
)
def test_security_a_proof_of_many_parts_is_refused(proof):
    """Each part is bounded in what it may hold, whatever the file's size."""
    with pytest.raises(Rejected) as refusal:
        verify(LOG.evidence(5, 8, replace(ANCHOR, proof=proof)), TRUST, None, NOW)
    assert refusal.value.code == "MALFORMED_PROOF"


def test_security_a_file_of_many_small_values_is_refused():
    """Nothing is made of it."""
    with pytest.raises(Rejected, match="too many values"):
        decode_evidence(cbor.encode_head(cbor.ARRAY, 1 << 20) + b"\x80" * (1 << 20))
