"""One process a ledger key: two that send with one account spoil each other's nonces."""

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

    Raises `Unavailable("KEY_BUSY")` while another one has it, `Broken("STORE_FAILED")` where no file can be
    made there.
    """
    lock = key.with_name(f"{key.name}.lock")
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, OWNER_ONLY)
    except OSError as error:
        raise Broken("STORE_FAILED", f"cannot make {lock}") from error
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
