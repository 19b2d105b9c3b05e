"""Reading a backup: all of it is checked before anything of it is believed or written."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from blake3 import blake3

from tracehold.adapters.backup import CONFIG, DATA, KEYS, MANIFEST, SIGNATURE, manifest, sealed_keys
from tracehold.adapters.backup.archive import Member, invalid, members
from tracehold.adapters.backup.manifest import Manifest
from tracehold.core.errors import Rejected

Tell = Callable[[int, int], None]
"""Told of bytes done, of how many."""
_KEPT = {MANIFEST: manifest.MAX_BYTES, SIGNATURE: 64, KEYS: sealed_keys.MAX_BYTES, CONFIG: 1 << 20}


def checked(path: Path, tell: Tell) -> tuple[Manifest, dict[str, bytes]]:
    """The manifest of a backup in which every byte is as it was signed, and its small members by name
    (CONFIG, KEYS). Nothing is written.

    Raises `Rejected` (BACKUP_INVALID, NOT_FOUND where there is no such file).
    """
    found: list[Member] = []
    small: dict[str, bytes] = {}
    with _open(path) as (source, total):
        for name, size, pieces in members(source):
            if size > _KEPT.get(name, size) or name in small:
                raise invalid(f"{name} in the backup is twice there, or too large")
            digest = blake3()
            for piece in pieces:
                digest.update(piece)
                if name in _KEPT:
                    small[name] = small.get(name, b"") + piece
                tell(source.tell(), total)
            found.append(Member(name, size, digest.digest()))
    if [each.name for each in found[-2:]] != [MANIFEST, SIGNATURE]:
        raise invalid("the backup does not end with its manifest: it is cut, or another file")
    says = manifest.decode(small.pop(MANIFEST), small.pop(SIGNATURE))
    if list(says.members) != found[:-2]:
        raise invalid("the backup does not hold what its manifest says")
    _check_names(found[:-2])
    return says, small


def extract(path: Path, wanted: Sequence[Member], place: Callable[[str], Path], tell: Tell) -> None:
    """Write these members where `place` says, whose folders are made; durable on return. They are compared
    with their digests once more: the file may have changed since it was checked.

    Raises BACKUP_INVALID, OSError.
    """
    due = {member.name: member for member in wanted}
    with _open(path) as (source, total):
        for name, _, pieces in members(source):
            member = due.pop(name, None)
            if member is None:
                for _ in pieces:
                    pass
                continue
            if _write(place(name), pieces) != member.digest:
                raise invalid(f"{name} in the backup changed while it was read")
            tell(source.tell(), total)
    if due:
        raise invalid("the backup changed while it was read")


def _check_names(found: Sequence[Member]) -> None:
    names = [member.name for member in found]
    strange = [name for name in names if name not in {CONFIG, KEYS} and not name.startswith(DATA)]
    if strange or len(set(names)) != len(names) or CONFIG not in names:
        raise invalid("the backup holds what no backup holds, or lacks its configuration")


def _write(path: Path, pieces: Iterator[bytes]) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = blake3()
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for piece in pieces:
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return digest.digest()


@contextmanager
def _open(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    try:
        source = path.open("rb")
    except OSError as error:
        raise Rejected("NOT_FOUND", f"{path} cannot be read", path=str(path)) from error
    with source:
        try:
            yield source, path.stat().st_size
        except IsADirectoryError as error:
            raise invalid(f"{path} is a folder") from error
