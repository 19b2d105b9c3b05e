"""One process a ledger key: two that send with one account spoil each other's nonces."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tracehold.adapters.keyfiles.secrets import OWNER_ONLY
from tracehold.core.errors import Broken, Unavailable


@contextmanager
def sole_user(key: Path) -> Iterator[None]:
    """Within it this process alone uses the key: locks that end with the process, on the key file and on a
    file beside it. Whoever has the key may replace its file (rotation), so the one beside it counts; where
    that cannot be made or opened (a read-only medium, another user's), the key file alone does.

    Raises `Unavailable("KEY_BUSY")` while another one has it, `Broken("STORE_FAILED")` where neither can be
    locked, or the medium is full.
    """
    with ExitStack() as stack:
        beside = key.with_name(f"{key.name}.lock")
        files = [_opened(stack, beside, os.O_RDWR | os.O_CREAT), _opened(stack, key, os.O_RDONLY)]
        locked = [_locked(each, key) for each in files if each is not None]
        if not any(locked):
            raise Broken("STORE_FAILED", f"cannot lock {key}, nor {beside}")
        yield


def _opened(stack: ExitStack, path: Path, flags: int) -> int | None:
    try:
        descriptor = os.open(path, flags, OWNER_ONLY)
    except OSError as error:
        if error.errno in _SHUT:
            return None
        raise Broken("STORE_FAILED", f"cannot make {path}") from error
    stack.callback(os.close, descriptor)
    return descriptor


def _locked(descriptor: int, key: Path) -> bool:
    """Whether it is ours now; False where the file system has no such locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Unavailable(
            "KEY_BUSY",
            f"another process sends with the ledger key {key}",
            remedy="Stop the node or the command that has it, or give each a ledger key of its own.",
        ) from error
    except OSError:
        return False
    return True


_SHUT = frozenset({errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT})
"""There is no such file, and the medium or the folder takes none."""
