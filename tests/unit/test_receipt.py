"""Receipts: proof and signature together, the size that is signed, and what foreign verifiers make of
them.
"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.blocks import anchor
from tests.logs import NODE_KEY, OPERATOR, STRANGER_KEY, Log
from tracehold.core import cbor, cose, labels, merkle, record
from tracehold.core.errors import Rejected
from tracehold.core.receipt import (
    check_receipt,
    encode_receipt,
    make_receipt,
    parse_receipt,
    upgrade_receipt,
)

LOG = Log().fill(40)
ANCHOR = anchor(LOG, 30, 20)


def leaf(index):
    """The leaf hash of an entry."""
    return merkle.leaf_hash(record.fingerprint(LOG.entries[index]))


def code_of(raw):
    """The code with which `parse_receipt` refuses these bytes."""
    with pytest.raises(Rejected) as refusal:
        parse_receipt(raw)
    return refusal.value.code


@given(st.integers(2, 40), st.data())
def test_every_entry_has_a_receipt(size, data):
    """Under every checkpoint: it leads to the root that was signed."""
    index = data.draw(st.integers(0, size - 1))
    receipt = parse_receipt(LOG.receipt(index, size))
    assert check_receipt(receipt, leaf(index), NODE_KEY.public) == LOG.root(size)
    assert (receipt.log, receipt.size, receipt.index) == (LOG.id, size, index)
    assert (receipt.head.operator, receipt.kid) == (OPERATOR, NODE_KEY.public.kid)
    assert receipt.anchor is None


def test_one_signature_serves_all_receipts():
    """Making a receipt needs no key: every holder of the segment can."""
    receipts = [parse_receipt(LOG.receipt(index, 30)) for index in (0, 7, 29)]
    assert len({(receipt.protected, receipt.signature) for receipt in receipts}) == 1


@given(st.integers(0, 7), st.integers(0, 600))
def test_a_changed_bit_is_refused(bit, at):
    """Malformed, or false."""
    raw = bytearray(LOG.receipt(5, 30))
    raw[at % len(raw)] ^= 1 << bit
    with pytest.raises(Rejected):
        check_receipt(parse_receipt(bytes(raw)), leaf(5), NODE_KEY.public)


def test_another_entry_is_refused():
    """A receipt is of one fingerprint."""
    with pytest.raises(Rejected, match="BAD_SIGNATURE"):
        check_receipt(parse_receipt(LOG.receipt(5, 30)), leaf(6), NODE_KEY.public)


def test_another_key_is_refused():
    """The key is the log's, not one that the receipt could choose."""
    with pytest.raises(Rejected, match="BAD_SIGNATURE"):
        check_receipt(parse_receipt(LOG.receipt(5, 30)), leaf(5), STRANGER_KEY.public)


@pytest.mark.parametrize(("size", "index"), [(2, 1), (3, 2), (9, 8), (17, 16), (33, 32)])
def test_index_malleability_is_refused(size, index):
    """The root does not commit to the size: entry 4 of 5 would pass as five others, were the size not
    signed.
    """
    honest = parse_receipt(LOG.receipt(4, 5))
    forged = replace(honest, size=size, index=index)
    assert merkle.root_from_inclusion(leaf(4), index, size, forged.path) == LOG.root(5)
    with pytest.raises(Rejected, match="PROOF_INVALID"):
        check_receipt(parse_receipt(encode_receipt(forged)), leaf(4), NODE_KEY.public)


# -- anchors


def test_a_final_receipt_carries_its_anchor():
    """At the covering size no consistency proof is needed."""
    receipt = parse_receipt(LOG.receipt(25, 30, ANCHOR))
    assert (receipt.anchor, receipt.consistency) == (ANCHOR, None)


def test_an_anchor_without_proof_is_carried_too():
    """It says where to look."""
    bare = replace(ANCHOR, proof=None)
    assert parse_receipt(LOG.receipt(25, 30, bare)).anchor == bare


def test_a_sealed_receipt_is_upgraded():
    """Same index and signature, the anchor, and a path from its size to the anchored one."""
    sealed = LOG.receipt(25, 27)
    proof = merkle.consistency_path(27, 30, LOG.node)
    final = parse_receipt(upgrade_receipt(sealed, ANCHOR, proof))
    before = parse_receipt(sealed)
    assert (final.index, final.size, final.signature) == (25, 27, before.signature)
    assert (final.anchor, final.consistency) == (ANCHOR, tuple(proof))
    assert upgrade_receipt(sealed, ANCHOR, proof) == LOG.receipt(25, 27, ANCHOR)


def test_consistency_and_anchor_go_together():
    """A path is there exactly where the sizes differ, and never without an anchor."""
    checkpoint, path = LOG.checkpoint(27), merkle.inclusion_path(25, 27, LOG.node)
    proof = merkle.consistency_path(27, 30, LOG.node)
    for refused in (
        lambda: make_receipt(checkpoint, 25, path, ANCHOR),
        lambda: make_receipt(checkpoint, 25, path, None, proof),
        lambda: upgrade_receipt(LOG.receipt(25, 30), ANCHOR, proof),
    ):
        with pytest.raises(Rejected, match="MALFORMED_PROOF"):
            refused()


# -- form


def test_a_tree_of_one_has_no_receipt():
    """RFC 9942 section 5.2 wants a hash in the path; our logs seal the header with one more record."""
    log = Log()
    checkpoint = log.checkpoint(1)
    with pytest.raises(Rejected, match="MALFORMED_PROOF"):
        make_receipt(checkpoint, 0, [])
    proof = {labels.VDP: {-1: [cbor.encode([1, 0, []])]}}
    raw = cose.encode_sign1(checkpoint.cose_protected, None, checkpoint.cose_signature, cbor.encode(proof))
    assert code_of(raw) == "MALFORMED_PROOF"


SIGN1 = cose.parse_sign1(LOG.receipt(5, 30, ANCHOR))
PARTS = cbor.decode(SIGN1.unprotected)
[PROOF] = PARTS[labels.VDP][-1]
SIZE, INDEX, PATH = cbor.decode(PROOF)
ANCHOR_PARTS = PARTS[labels.ANCHOR]


def rebuilt(parts, payload=None, signature=SIGN1.signature, protected=SIGN1.protected):
    """The receipt with other parts."""
    return cose.encode_sign1(protected, payload, signature, cbor.encode(parts))


def proved(*proof):
    """The unprotected header with another inclusion proof."""
    return {**PARTS, labels.VDP: {-1: [cbor.encode(list(proof))]}}


def anchored(**changes):
    """The unprotected header with fields of the anchor changed (None takes one out)."""
    parts = {**ANCHOR_PARTS, **{int(key[1:]): value for key, value in changes.items()}}
    return {**PARTS, labels.ANCHOR: {key: value for key, value in parts.items() if value is not None}}


BAD = {
    "payload attached": rebuilt(PARTS, payload=bytes(32)),
    "signature short": rebuilt(PARTS, signature=bytes(63)),
    "no proof": rebuilt({labels.ANCHOR: ANCHOR_PARTS}),
    "no proofs": rebuilt({**PARTS, labels.VDP: {-1: []}}),
    "two proofs": rebuilt({**PARTS, labels.VDP: {-1: [PROOF, PROOF]}}),
    "proof not wrapped": rebuilt({**PARTS, labels.VDP: {-1: [[SIZE, INDEX, PATH]]}}),
    "consistency proof of the RFC": rebuilt({**PARTS, labels.VDP: {-1: [PROOF], -2: [PROOF]}}),
    "unknown label": rebuilt({**PARTS, -70099: 1}),
    "kid unprotected": rebuilt({**PARTS, 4: bytes(32)}),
    "vds unprotected": rebuilt({**PARTS, 395: 1}),
    "index at size": rebuilt(proved(SIZE, SIZE, PATH)),
    "index negative": rebuilt(proved(SIZE, -1, PATH)),
    "size true": rebuilt(proved(True, 0, PATH)),
    "path empty": rebuilt(proved(SIZE, INDEX, [])),
    "hash short": rebuilt(proved(SIZE, INDEX, [bytes(31), *PATH[1:]])),
    "hash as text": rebuilt(proved(SIZE, INDEX, ["h" * 32, *PATH[1:]])),
    "path absurd": rebuilt(proved(SIZE, INDEX, [bytes(32)] * 200)),
    "proof too long": rebuilt(proved(SIZE, INDEX, PATH, 1)),
    "consistency without need": rebuilt({**PARTS, labels.CONSISTENCY: [bytes(32)]}),
    "consistency no array": rebuilt({**PARTS, labels.CONSISTENCY: bytes(32)}),
    "anchor no map": rebuilt({**PARTS, labels.ANCHOR: [1]}),
    "anchor without chain": rebuilt(anchored(k1=None)),
    "anchor with a field too many": rebuilt(anchored(k14=1)),
    "contract short": rebuilt(anchored(k2=bytes(19))),
    "contract as text": rebuilt(anchored(k2="c" * 20)),
    "node negative": rebuilt(anchored(k3=-1)),
    "size of anchor true": rebuilt(anchored(k6=True)),
    "root short": rebuilt(anchored(k7=bytes(31))),
    "no headers": rebuilt(anchored(k13=[[], 0, [b"n"]])),
    "no path to the receipt": rebuilt(anchored(k13=[[b"h"], 0, []])),
    "too many headers": rebuilt(anchored(k13=[[b"h"] * 1025, 0, [b"n"]])),
    "transaction index negative": rebuilt(anchored(k13=[[b"h"], -1, [b"n"]])),
    "transaction index true": rebuilt(anchored(k13=[[b"h"], True, [b"n"]])),
    "proof of anchor too short": rebuilt(anchored(k13=[[b"h"], 0])),
    "header as text": rebuilt(anchored(k13=[["h"], 0, [b"n"]])),
    "protected empty": rebuilt(PARTS, protected=b"\xa0"),
    "no receipt": b"",
    "trailing byte": rebuilt(PARTS) + b"\x00",
    "untagged": rebuilt(PARTS)[1:],
}


@pytest.mark.parametrize("raw", BAD.values(), ids=BAD)
def test_other_forms_are_refused(raw):
    """All with one code: the receipt cannot be read."""
    assert code_of(raw) == "MALFORMED_PROOF"


@given(st.binary(max_size=200))
def test_any_bytes_are_answered_with_malformed_proof(raw):
    """No input makes anything but a refusal."""
    assert code_of(raw) == code_of(b"\xd2\x84" + raw) == "MALFORMED_PROOF"
