"""Secret files: made once, owner-only, durable."""

import os
from pathlib import Path

from tracehold.core.errors import Broken, Rejected

OWNER_ONLY = 0o600


def create_secret(path: Path, content: bytes) -> None:
    """Write a new file that only the owner can read; durable on return.

    Raises `Rejected("CONFLICT")` where the file exists: a key is never overwritten.
    `Broken("STORE_FAILED")` where the disk refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    try:
        _write_durably(temporary, content)
        # link() fails where the name is taken, and never shows a half-written file under it.
        os.link(temporary, path)
    except FileExistsError as error:
        raise Rejected("CONFLICT", f"{path} exists and is not overwritten", path=str(path)) from error
    except OSError as error:
        raise Broken("STORE_FAILED", f"cannot write {path}") from error
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def read_secret(path: Path) -> bytes:
    """The file's bytes. Raises `Rejected("BAD_CONFIG")` where it is missing or others can read it."""
    try:
        mode = path.stat().st_mode
        content = path.read_bytes()
    except OSError as error:
        raise Rejected(
            "BAD_CONFIG",
            f"cannot read the key file {path}",
            path=str(path),
            remedy="Name a file that is there and that this user may read.",
        ) from error
    if mode & 0o077:
        raise Rejected(
            "BAD_CONFIG",
            f"{path} can be read by others",
            path=str(path),
            remedy=f"chmod 600 {path}",
        )
    return content


def _write_durably(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
