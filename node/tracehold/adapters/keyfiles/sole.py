"""One process a ledger key: two that send with one account spoil each other's nonces."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracehold.adapters.keyfiles.secrets import OWNER_ONLY
from tracehold.core.errors import Broken, Unavailable


@contextmanager
def sole_user(key: Path) -> Iterator[None]:
    """Within it this process alone uses the key: a lock on a file beside it, which ends with the process.
    Where none can be made (a read-only medium), the lock is on the key file itself, which nobody replaces
    there.

    Raises `Unavailable("KEY_BUSY")` while another one has it, `Broken("STORE_FAILED")` where the file is not
    there, or the medium is full.
    """
    descriptor = _opened(key)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Unavailable(
                "KEY_BUSY",
                f"another process sends with the ledger key {key}",
                remedy="Stop the node or the command that has it, or give each a ledger key of its own.",
            ) from error
        yield
    finally:
        os.close(descriptor)


def _opened(key: Path) -> int:
    lock = key.with_name(f"{key.name}.lock")
    try:
        return os.open(lock, os.O_RDWR | os.O_CREAT, OWNER_ONLY)
    except OSError as error:
        if error.errno not in _SHUT:
            raise Broken("STORE_FAILED", f"cannot make {lock}") from error
    try:
        return os.open(key, os.O_RDONLY)
    except OSError as error:
        raise Broken("STORE_FAILED", f"cannot read {key}, nor make {lock}") from error


_SHUT = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
"""The medium, or the folder, takes no file."""
