"""The tar archive of a backup: ustar (POSIX.1-2017, pax, section "ustar Interchange Format"), of which only
one form is written and read.

Every entry is a plain file, mode 0600, of nobody, at time 0; sizes of 8 GiB and more are in base 256, as GNU
tar and bsdtar have them. Whoever reads makes each header again from name and size and compares: there are no
links, no folders, no second spelling of a path, and no byte in the file that says nothing and may be
anything.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from blake3 import blake3

from tracehold.core.errors import Rejected

BLOCK = 512
PIECE = 1 << 20
"""Bytes read at once."""
END = bytes(2 * BLOCK)
_NAME, _PREFIX = 100, 155
_OCTAL_END = 8**11
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in the archive; `digest` is the BLAKE3-256 of its bytes."""

    name: str
    size: int
    digest: bytes


def fits(name: str) -> bool:
    """Whether a file of this name can be kept: a path downwards, of plain letters, digits, and `._-`."""
    parts = name.split("/")
    return all(_PART.fullmatch(part) for part in parts) and _split(name) is not None


def header(name: str, size: int) -> bytes:
    """The 512 bytes before a file. `name` is one that `fits`."""
    split = _split(name)
    if split is None:
        raise ValueError(name)
    prefix, short = split
    octal = f"{size:011o}\0".encode()
    fields = [
        short.encode().ljust(_NAME, b"\0"),
        b"0000600\x000000000\x000000000\x00",
        octal if size < _OCTAL_END else b"\x80" + size.to_bytes(11, "big"),
        b"00000000000\x00",
        b" " * 8,
        b"0".ljust(101, b"\0"),
        b"ustar\x0000".ljust(72, b"\0"),
        b"0000000\x000000000\x00",
        prefix.encode().ljust(_PREFIX, b"\0"),
        bytes(12),
    ]
    whole = b"".join(fields)
    return whole[:148] + f"{sum(whole):06o}\0 ".encode() + whole[156:]


class Writer:
    """Writes an archive from its begin to its `end`."""

    def __init__(self, into: BinaryIO) -> None:
        self._into = into

    def add(self, name: str, size: int, source: BinaryIO, tell: Callable[[int], None]) -> Member:
        """The next `size` bytes of the source under this name; `tell` hears of each piece. Raises OSError
        where the source has fewer, or the disk refuses.
        """
        self._into.write(header(name, size))
        digest, left = blake3(), size
        while left:
            piece = source.read(min(PIECE, left))
            if not piece:
                raise OSError(f"{name} became shorter while it was read")
            digest.update(piece)
            self._into.write(piece)
            left -= len(piece)
            tell(len(piece))
        self._into.write(bytes(-size % BLOCK))
        return Member(name, size, digest.digest())

    def end(self) -> None:
        """Nothing comes behind."""
        self._into.write(END)


def members(source: BinaryIO) -> Iterator[tuple[str, int, Iterator[bytes]]]:
    """The files of an archive in order: name, size, and pieces, which are to be read before the next one.

    Raises `Rejected("BACKUP_INVALID")` at the first byte that this module would not have written, OSError.
    """
    while (head := source.read(BLOCK)) != END[:BLOCK]:
        name, size = _read_header(head)
        yield name, size, _pieces(source, size)
        if source.read(-size % BLOCK) != bytes(-size % BLOCK):
            raise invalid(f"the file is cut, or has bytes behind {name}")
    if source.read(BLOCK + 1) != END[BLOCK:]:
        raise invalid("the file has more behind its end, or is cut there")


def invalid(message: str) -> Rejected:
    """What is raised for a file that is no whole backup."""
    return Rejected("BACKUP_INVALID", message)


def _pieces(source: BinaryIO, size: int) -> Iterator[bytes]:
    while size:
        piece = source.read(min(PIECE, size))
        if not piece:
            raise invalid("the file is cut")
        size -= len(piece)
        yield piece


def _read_header(head: bytes) -> tuple[str, int]:
    if len(head) < BLOCK:
        raise invalid("the file is cut")
    try:
        short, prefix = (head[a:b].rstrip(b"\0").decode("ascii") for a, b in ((0, 100), (345, 500)))
        field = head[124:136]
        size = int.from_bytes(field[1:], "big") if field[0] == 0x80 else int(field[:11], 8)
    except ValueError as error:
        raise invalid("the file is no backup") from error
    name = f"{prefix}/{short}" if prefix else short
    if size < 0 or size >= 1 << 63 or not fits(name) or head != header(name, size):
        raise invalid("the file is no backup, or holds what no backup holds")
    return name, size


def _split(name: str) -> tuple[str, str] | None:
    """Prefix and name; None where it is too long. The first place where both fit, so there is one way."""
    if len(name) <= _NAME:
        return "", name
    at = name.find("/", len(name) - _NAME - 1)
    return (name[:at], name[at + 1 :]) if 0 < at <= _PREFIX and at + 1 < len(name) else None
