"""Signatures of the published edge cases, with one verdict."""

import json

import nacl.bindings
import nacl.exceptions

from tests.shared_data import shared
from tracehold.core.errors import Rejected
from tracehold.core.keys import Alg, PublicKey

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def _verdict(alg, raw, signature, message):
    try:
        PublicKey(alg, raw).verify(signature, message)
    except Rejected:
        return False
    return True


def _libsodium(raw, signature, message):
    try:
        nacl.bindings.crypto_sign_open(signature + message, raw)
    except nacl.exceptions.BadSignatureError:
        return False
    return True


def test_ed25519_edge_cases_of_cctv():
    """Our verdict is libsodium's, or stricter where the key itself has a low-order part; low order never
    passes.
    """
    cases = json.loads(shared("tlog/cctv-ed25519/ed25519vectors.json").read_bytes())
    assert len(cases) == 914
    for case in cases:
        raw, signature = bytes.fromhex(case["key"]), bytes.fromhex(case["sig"])
        message, flags = case["msg"].encode(), set(case["flags"] or ())
        accepted = _verdict(Alg.EDDSA, raw, signature, message)
        assert not (accepted and {"low_order_A", "low_order_R", "non_canonical_A"} & flags), case["number"]
        if "low_order_component_A" in flags:
            assert not accepted, case["number"]
        else:
            assert accepted == _libsodium(raw, signature, message), case["number"]


def test_ed25519_cases_of_wycheproof():
    """Every published verdict is ours."""
    groups = json.loads(shared("tlog/wycheproof/testvectors_v1/ed25519_test.json").read_bytes())["testGroups"]
    for group in groups:
        raw = bytes.fromhex(group["publicKey"]["pk"])
        for case in group["tests"]:
            got = _verdict(Alg.EDDSA, raw, bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
            assert got == (case["result"] == "valid"), case["tcId"]


def test_p256_cases_of_wycheproof():
    """Every published verdict is ours, but that a valid signature with high s is refused."""
    path = shared("tlog/wycheproof/testvectors_v1/ecdsa_secp256r1_sha256_p1363_test.json")
    for group in json.loads(path.read_bytes())["testGroups"]:
        raw = bytes.fromhex(group["publicKey"]["uncompressed"])[1:]
        for case in group["tests"]:
            signature = bytes.fromhex(case["sig"])
            low = int.from_bytes(signature[32:], "big") <= ORDER // 2
            got = _verdict(Alg.ES256, raw, signature, bytes.fromhex(case["msg"]))
            assert got == (case["result"] == "valid" and low), case["tcId"]
