"""A folder for half-done work beside the place where the result goes: on the same disk, so that one rename
makes it the result, and thrown away by whoever comes next if its process died.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracehold.core.errors import Broken, Unavailable


@contextmanager
def workplace(path: Path) -> Iterator[Path]:
    """Within it this process alone has the new, empty folder `path`, which is gone afterwards, or renamed.

    Raises `Unavailable("STORE_BUSY")` while another process works beside it, and `Broken("STORE_FAILED")` for
    every OSError, also of the caller's.
    """
    try:
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            # On the folder that is there already: a lock file in one that comes and goes locks nothing.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir(mode=0o700)
            try:
                yield path
            finally:
                shutil.rmtree(path, ignore_errors=True)
        finally:
            os.close(descriptor)
    except BlockingIOError as error:
        said = f"another backup or restore is being made in {path.parent}"
        raise Unavailable("STORE_BUSY", said, remedy="Wait for its end.") from error
    except OSError as error:
        said = f"the disk of {path.parent} refused: {error.strerror or 'a file changed meanwhile'}"
        raise Broken(
            "STORE_FAILED", said, remedy="Make room, or choose another disk; nothing was changed."
        ) from error
