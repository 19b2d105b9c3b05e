"""Key files under a passphrase: Argon2id (RFC 9106; 3 passes over 256 MiB, libsodium's "moderate") makes a
key
of it, XSalsa20-Poly1305 (libsodium's secretbox) encrypts with that.

    "tracehold/keys/v1\\n" | salt(16) | nonce(24) | secretbox of JSON {name: hexadecimal bytes}
"""

import json
from collections.abc import Mapping

import nacl.exceptions
import nacl.pwhash.argon2id as argon2id
import nacl.secret
import nacl.utils

from tracehold.adapters.backup.archive import invalid
from tracehold.core.errors import Rejected

_MAGIC = b"tracehold/keys/v1\n"
MAX_BYTES = 1 << 20


def seal_keys(files: Mapping[str, bytes], passphrase: bytes) -> bytes:
    """The files, to be opened with the passphrase alone."""
    salt = nacl.utils.random(argon2id.SALTBYTES)
    plain = json.dumps({name: raw.hex() for name, raw in sorted(files.items())}).encode()
    return _MAGIC + salt + bytes(_box(passphrase, salt).encrypt(plain))


def open_keys(raw: bytes, passphrase: bytes) -> dict[str, bytes]:
    """The files by name. Raises `Rejected` (BAD_PASSPHRASE, BACKUP_INVALID where it is none of ours)."""
    salt = raw[len(_MAGIC) :][: argon2id.SALTBYTES]
    if not raw.startswith(_MAGIC) or len(salt) < argon2id.SALTBYTES:
        raise invalid("the keys in the backup have no form that is known")
    try:
        plain = _box(passphrase, salt).decrypt(raw[len(_MAGIC) + len(salt) :])
    except (nacl.exceptions.CryptoError, ValueError) as error:
        raise Rejected("BAD_PASSPHRASE", "the passphrase does not open the keys in the backup") from error
    try:
        return {str(name): bytes.fromhex(text) for name, text in json.loads(plain).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise invalid("the keys in the backup have no form that is known") from error


def _box(passphrase: bytes, salt: bytes) -> nacl.secret.SecretBox:
    key = argon2id.kdf(
        nacl.secret.SecretBox.KEY_SIZE,
        passphrase,
        salt,
        opslimit=argon2id.OPSLIMIT_MODERATE,
        memlimit=argon2id.MEMLIMIT_MODERATE,
    )
    return nacl.secret.SecretBox(key)
