"""The TLS leaf of a node: self-signed, P-256, and named for the node's key (docs/spec/peer.md).

The name is what keeps members apart. TLS libraries look a self-signed certificate up by its subject, and take
the first that fits: with two of one name, one of them is locked out. And a member could publish the leaf of
another in its own node record. Neither can happen where the subject follows from the node key that signs the
record. The form is narrow for the same reason: a library that stumbles over one certificate of a bundle drops
those behind it.
"""

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID, NameOID, SignatureAlgorithmOID

from tracehold.core.errors import Rejected
from tracehold.core.keys import PublicKey

_PREFIX = "tracehold "
_KID_DIGITS = 48
"""Of 64: a common name has at most 64 characters (RFC 5280 appendix A.1, ub-common-name)."""
_EXTENSIONS = {ExtensionOID.SUBJECT_ALTERNATIVE_NAME, ExtensionOID.BASIC_CONSTRAINTS}


@dataclass(frozen=True, slots=True)
class Leaf:
    """A certificate that was found in order: its bytes in DER and PEM, and a host name that it is for."""

    der: bytes
    pem: bytes
    host: str


def leaf_name(node_key: PublicKey) -> str:
    """The common name, and whole subject, of the leaf of the node with this key."""
    return _PREFIX + node_key.kid.hex()[:_KID_DIGITS]


def parse_leaf(der: bytes, node_key: PublicKey) -> Leaf:
    """The leaf of the node with this key. Whether it is in its time is for TLS to say.

    Raises BAD_CONTROL where it is no X.509 v3 certificate of this form, is not signed
    by its own P-256 key, has another name, or is for no host.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, leaf_name(node_key))])
        wrong = _wrong(certificate, subject)
        if not der.endswith(b"\0" + certificate.signature):
            # The one byte that the signature's check lets pass: how many bits of its last are none of it.
            wrong = "its signature does not end with its last byte"
        hosts = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = hosts.get_values_for_type(x509.DNSName)
        if not wrong and names:
            certificate.verify_directly_issued_by(certificate)
            return Leaf(der, certificate.public_bytes(serialization.Encoding.PEM), names[0])
    except Exception as error:
        # The library has errors of its own for each thing that it does not know; none of them says more.
        raise _bad("it cannot be read, or is not signed by its own key") from error
    raise _bad(wrong or "it is for no host name")


def _wrong(certificate: x509.Certificate, subject: x509.Name) -> str:
    """What is wrong with the certificate's form and name; empty where nothing is."""
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        return "its key is not of P-256"
    if certificate.signature_algorithm_oid != SignatureAlgorithmOID.ECDSA_WITH_SHA256:
        return "it is not signed with SHA-256"
    if certificate.version is not x509.Version.v3 or certificate.serial_number <= 0:
        return "it is not of X.509 v3"
    if {extension.oid for extension in certificate.extensions} != _EXTENSIONS:
        return "it has other extensions than host names and basic constraints"
    if certificate.subject != subject or certificate.issuer != subject:
        return "it is not named for the node's key"
    return ""


def _bad(message: str) -> Rejected:
    return Rejected("BAD_CONTROL", f"the TLS certificate of the node record: {message}", path="payload/6")
