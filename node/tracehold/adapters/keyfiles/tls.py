"""Self-signed P-256 certificates. Ed25519 leaves fail in gRPC's TLS (BoringSSL does not offer them)."""

import datetime
import ipaddress
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tracehold.adapters.keyfiles.secrets import create_secret
from tracehold.core.errors import Rejected

VALID_DAYS = 825
"""Long enough to rotate once a year with a margin; common TLS stacks refuse leaves that live longer."""


def create_certificate(
    key_path: Path,
    certificate_path: Path,
    hosts: Sequence[str],
    now: datetime.datetime,
    name: str = "tracehold node",
) -> None:
    """Make a P-256 key and a self-signed certificate for these host names and addresses. Raises as
    `create_secret`.

    Other members take it only under the `name` that follows from the node's key (`core.leaf.leaf_name`).
    """
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(key, hosts, now, name)
    create_secret(
        key_path,
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )
    create_secret(certificate_path, certificate.public_bytes(serialization.Encoding.PEM))
    certificate_path.chmod(0o644)


def certificate_der(certificate_path: Path) -> bytes:
    """The leaf certificate in DER. Raises `Rejected("BAD_CONFIG")`."""
    try:
        certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
    except (OSError, ValueError) as error:
        raise Rejected(
            "BAD_CONFIG", f"{certificate_path} holds no certificate", path=str(certificate_path)
        ) from error
    return certificate.public_bytes(serialization.Encoding.DER)


def _certificate(
    key: ec.EllipticCurvePrivateKey, hosts: Sequence[str], now: datetime.datetime, name: str
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
