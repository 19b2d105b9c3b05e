"""Keys of a node on disk: one file per key, readable by the owner only, never overwritten.

A key file holds the secret in one line of hexadecimal digits; TLS keys and certificates are PEM.
Files are made with O_EXCL and fsynced before anything relies on them: a crash while making one
leaves no half key that a later start would take.
"""

from tracehold.adapters.keyfiles.secrets import create_secret, read_secret
from tracehold.adapters.keyfiles.signing import (
    create_signing_key,
    read_ledger_key,
    read_network_key,
    read_signing_key,
)
from tracehold.adapters.keyfiles.succession import KeyFiles, Succession
from tracehold.adapters.keyfiles.tls import certificate_der, create_certificate

__all__ = [
    "KeyFiles",
    "Succession",
    "certificate_der",
    "create_certificate",
    "create_secret",
    "create_signing_key",
    "read_ledger_key",
    "read_network_key",
    "read_secret",
    "read_signing_key",
]
