"""TLS leaves of nodes: named for the node's key, self-signed, of one narrow form."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from tests.logs import MILL_KEY, NODE_KEY
from tracehold.adapters.keyfiles import certificate_der, create_certificate
from tracehold.core.errors import Rejected
from tracehold.core.leaf import leaf_name, parse_leaf

KEY = ec.generate_private_key(ec.SECP256R1())
NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOSTS = x509.SubjectAlternativeName([x509.DNSName("node.example")])
CONSTRAINTS = x509.BasicConstraints(ca=True, path_length=0)


def certificate(**changes: Any) -> bytes:
    """A leaf of the right form, but for the changes; DER."""
    key = changes.get("key", KEY)
    name = changes.get("name", leaf_name(NODE_KEY.public))
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, changes.get("issuer", name))])
    made = (
        x509.CertificateBuilder()
        .subject_name(changes.get("subject", subject))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
    )
    for extension in changes.get("extensions", (HOSTS, CONSTRAINTS)):
        made = made.add_extension(extension, critical=False)
    signed = made.sign(changes.get("signer", key), changes.get("hash", hashes.SHA256()))
    return signed.public_bytes(serialization.Encoding.DER)


def test_what_init_makes_is_taken(tmp_path):
    """The pair beside the node key is one that other members take."""
    name = leaf_name(NODE_KEY.public)
    create_certificate(tmp_path / "k", tmp_path / "c", ["10.0.0.1", "localhost"], datetime.now(UTC), name)
    leaf = parse_leaf(certificate_der(tmp_path / "c"), NODE_KEY.public)
    assert (leaf.pem, leaf.host) == ((tmp_path / "c").read_bytes(), "localhost")


def test_the_name_follows_from_the_key():
    """Two nodes never share one, and it fits into a common name."""
    names = {leaf_name(key.public) for key in (NODE_KEY, MILL_KEY)}
    assert len(names) == 2
    assert all(len(name) <= 64 for name in names)


def test_the_form_is_taken():
    """The changes below are each the only thing that is wrong."""
    der = certificate()
    leaf = parse_leaf(der, NODE_KEY.public)
    assert (leaf.der, leaf.host) == (der, "node.example")
    assert x509.load_pem_x509_certificate(leaf.pem).public_bytes(serialization.Encoding.DER) == der


ED25519 = ed25519.Ed25519PrivateKey.generate()
FALSE: dict[str, dict[str, Any]] = {
    "named for another node": {"name": leaf_name(MILL_KEY.public)},
    "named for nobody": {"name": "tracehold node"},
    "more than a name": {
        "subject": x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, leaf_name(NODE_KEY.public)),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "x"),
            ]
        )
    },
    "issued by another name": {"issuer": "tracehold ca"},
    "signed by another key": {"signer": ec.generate_private_key(ec.SECP256R1())},
    "another curve": {"key": ec.generate_private_key(ec.SECP384R1())},
    "an Ed25519 key": {"key": ED25519, "hash": None},
    "another hash": {"hash": hashes.SHA384()},
    "no host": {"extensions": (CONSTRAINTS,)},
    "an address and no name": {
        "extensions": (CONSTRAINTS, x509.SubjectAlternativeName([x509.UniformResourceIdentifier("x:y")]))
    },
    "no constraints": {"extensions": (HOSTS,)},
    "one extension more": {"extensions": (HOSTS, CONSTRAINTS, x509.OCSPNoCheck())},
}


@pytest.mark.parametrize("fault", FALSE)
def test_security_another_form_is_refused(fault):
    """Each of these could lock somebody out of a bundle, or pass for somebody."""
    with pytest.raises(Rejected) as caught:
        parse_leaf(certificate(**FALSE[fault]), NODE_KEY.public)
    assert caught.value.code == "BAD_CONTROL"


@pytest.mark.parametrize("junk", [b"", b"\x30", bytes(1024), b"-----BEGIN CERTIFICATE-----"])
def test_junk_is_refused(junk):
    """Whatever the library says of it."""
    with pytest.raises(Rejected, match="BAD_CONTROL"):
        parse_leaf(junk, NODE_KEY.public)


def test_security_damaged_bytes_are_refused():
    """No byte can change and no byte can follow."""
    der = certificate()
    for at in range(len(der)):
        with pytest.raises(Rejected):
            parse_leaf(der[:at] + bytes([der[at] ^ 1]) + der[at + 1 :], NODE_KEY.public)
    with pytest.raises(Rejected):
        parse_leaf(der + b"\0", NODE_KEY.public)
