"""Signing keys on disk: 32 secret bytes as 64 hexadecimal digits in one line."""

import secrets
from pathlib import Path

from tracehold.adapters.keyfiles.secrets import create_secret, read_secret
from tracehold.core.errors import Rejected
from tracehold.core.keys import Ed25519Key

SECRET_BYTES = 32


def create_signing_key(path: Path) -> None:
    """Make a new 32-byte secret: an Ed25519 seed or a secp256k1 scalar. Raises as `create_secret`."""
    # A random 32-byte string is a valid secp256k1 scalar but for a chance of
    # 2**-128, which is checked when it is used.
    create_secret(path, secrets.token_bytes(SECRET_BYTES).hex().encode() + b"\n")


def read_signing_key(path: Path) -> Ed25519Key:
    """The Ed25519 key of a node or provider. Raises `Rejected("BAD_CONFIG")`
    where the file is missing, open or malformed.
    """
    return Ed25519Key.from_seed(_read_32(path))


def read_ledger_key(path: Path) -> bytes:
    """The secp256k1 secret of the ledger account, 32 bytes. Raises `Rejected("BAD_CONFIG")`."""
    return _read_32(path)


def read_network_key(path: Path) -> bytes | None:
    """The secret that the members share, 32 bytes; None where there is no such file. Raises
    `Rejected("BAD_CONFIG")` where others can read it, or it is malformed.
    """
    return _read_32(path) if path.exists() else None


def _read_32(path: Path) -> bytes:
    try:
        secret = bytes.fromhex(read_secret(path).decode("ascii").strip())
    except ValueError as error:
        raise Rejected("BAD_CONFIG", f"{path} is no key file", path=str(path)) from error
    if len(secret) != SECRET_BYTES:
        raise Rejected("BAD_CONFIG", f"{path} does not hold {SECRET_BYTES} bytes", path=str(path))
    return secret
