"""Folders and files that are on disk when a function returns."""

import os
from collections.abc import Iterator
from pathlib import Path


def listed(folder: Path) -> Iterator[Path]:
    """What stands in the folder, by name; nothing where there is none."""
    yield from sorted(folder.iterdir()) if folder.is_dir() else ()


def make(folder: Path) -> None:
    """The folder and those above it, durable."""
    if not folder.is_dir():
        make(folder.parent)
        folder.mkdir(mode=0o700)
        sync(folder.parent)


def write(path: Path, raw: bytes, *, durable: bool = True) -> None:
    """The file with these bytes, readable by its owner alone; its name is not durable yet."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(raw)
        if durable:
            file.flush()
            os.fsync(file.fileno())


def sync(folder: Path) -> None:
    """The names in the folder are durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
