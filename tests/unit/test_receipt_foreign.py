"""Foreign verifiers with our receipts, and our rules with foreign receipts."""

import json
from hashlib import sha256

import cbor2
import pytest
import scitt_cose
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.blocks import anchor
from tests.logs import NODE_KEY, Log
from tests.shared_data import shared
from tracehold.core import cose, labels, merkle, record
from tracehold.core.errors import Rejected
from tracehold.core.keys import Alg, PublicKey

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
LOG = Log().fill(40)
ANCHOR = anchor(LOG, 30, 20)


def test_a_foreign_verifier_takes_our_receipts():
    """scitt-cose, handed the fingerprint as entry, verifies sealed and final receipts under the node key."""
    pem = ed25519.Ed25519PublicKey.from_public_bytes(NODE_KEY.public.raw).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for raw in (LOG.receipt(25, 30), LOG.receipt(25, 30, ANCHOR)):
        wrong, result = [
            scitt_cose.verify_receipt(
                raw, leaf_entry_hex=record.fingerprint(LOG.entries[at]).hex(), log_public_key_pem=pem
            )
            for at in (24, 25)
        ]
        assert result.ok, result.errors
        assert (result.tree_size, result.leaf_index) == (30, 25)
        assert not wrong.ok


def _foreign_key(pem):
    """Our key of a PEM file."""
    key = serialization.load_pem_public_key(pem)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return PublicKey(Alg.EDDSA, key.public_bytes_raw())
    point = key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return PublicKey(Alg.ES256, point[1:])


def _low_s(key, signature):
    """The same ES256 signature with low s, which our keys demand and foreign signers do not heed."""
    s = int.from_bytes(signature[32:], "big")
    return signature[:32] + (ORDER - s).to_bytes(32, "big") if key.alg is Alg.ES256 else signature


def _foreign_root(raw, entry, pem):
    """RFC 9942 by our own tree, keys and signature input; only the framing is read by a general library."""
    protected, unprotected, payload, signature = cbor2.loads(raw).value
    if payload is not None or cbor2.loads(protected)[labels.VDS] != labels.RFC9162_SHA256:
        raise Rejected("MALFORMED_PROOF", "another data structure")
    size, index, path = cbor2.loads(unprotected[labels.VDP][-1][0])
    root = merkle.root_from_inclusion(merkle.leaf_hash(entry), index, size, path)
    key, message = _foreign_key(pem), cose.sig_structure(protected, root)
    try:
        key.verify(signature, message)
    except Rejected:
        key.verify(_low_s(key, signature), message)
    return root


def _published(name):
    """(receipt, entry, PEM, expected) of a published case; the entry is the SHA-256 of the statement."""
    folder = shared(f"tlog/scitt-cose/test-vectors/v1/{name}")
    entry = sha256((folder / "statement.cose").read_bytes()).digest()
    raw, pem = ((folder / part).read_bytes() for part in ("receipt.cose", "log-key.pub"))
    return raw, entry, pem, json.loads((folder / "expected.json").read_bytes())


# The receipt of fail-bad-statement-sig is honest: only its statement is not, which is not looked at here.
@pytest.mark.parametrize("name", ["valid-eddsa", "valid-es256", "fail-bad-statement-sig"])
def test_published_receipts_verify(name):
    """To the published root."""
    *claim, expected = _published(name)
    assert _foreign_root(*claim).hex() == expected["reconstructed_root"]


# vds 2 is the tree of another ledger, which we do not read.
@pytest.mark.parametrize("name", ["fail-tampered-path", "fail-unsupported-vds", "valid-ccf-vds2"])
def test_published_receipts_that_are_refused(name):
    """False ones, and those of another data structure."""
    *claim, _ = _published(name)
    with pytest.raises(Rejected):
        _foreign_root(*claim)
