"""The archive of a dossier: a zip (PKWARE APPNOTE 6.3) of which there is one for any content.

Entries are stored and not deflated, in the order of their names, all of one date, with nothing between,
before or behind them. What differs from that in a single byte is refused. So any tool unpacks it, and there
is nothing to blow up, to hide, to repeat, or to lead out of the folder where it is unpacked.
"""

import re
from collections.abc import Iterator, Mapping
from struct import Struct
from zlib import crc32

from tracehold.core.errors import Rejected
from tracehold.core.limits import MAX_DOSSIER_BYTES, MAX_EVIDENCE_BYTES

MAX_ENTRIES = 65_000
"""Entries of an archive: a zip without extensions may have a few more."""

_NAME = re.compile(r"[a-z0-9]+(?:[-./][a-z0-9]+)*", re.ASCII)
_LONGEST = 128
_LOCAL, _CENTRAL, _END = Struct("<4s5H3L2H"), Struct("<4s6H3L5H2L"), Struct("<4s4H2LH")
_VERSION, _UNIX_VERSION = 10, 3 << 8 | 10
_MIDNIGHT, _FIRST_DAY = 0, 1 << 5 | 1  # 1980-01-01, the first day that a zip knows
_PLAIN_FILE = 0o100644 << 16


class Packing:
    """An archive that is written entry by entry, in the order of their names."""

    def __init__(self) -> None:
        self._directory: list[bytes] = []
        self._last = ""
        self._at = 0

    def add(self, name: str, content: bytes) -> bytes:
        """The next bytes of the archive. Raises MALFORMED_PROOF for a name that may not stand here, and for
        what is too large.
        """
        _check_name(name, self._last)
        _check_size(name, len(content))
        sizes = (crc32(content), len(content), len(content), len(name), 0)
        local = _LOCAL.pack(b"PK\3\4", _VERSION, 0, 0, _MIDNIGHT, _FIRST_DAY, *sizes) + name.encode()
        head = (b"PK\1\2", _UNIX_VERSION, _VERSION, 0, 0, _MIDNIGHT, _FIRST_DAY, *sizes)
        self._directory.append(_CENTRAL.pack(*head, 0, 0, 0, _PLAIN_FILE, self._at) + name.encode())
        self._last, self._at = name, self._at + len(local) + len(content)
        if len(self._directory) > MAX_ENTRIES or self._at > MAX_DOSSIER_BYTES:
            raise _malformed(f"over {MAX_ENTRIES} entries or {MAX_DOSSIER_BYTES} bytes")
        return local + content

    def end(self) -> bytes:
        """The last bytes: the directory."""
        directory, count = b"".join(self._directory), len(self._directory)
        return directory + _END.pack(b"PK\5\6", 0, 0, count, count, len(directory), self._at, 0)


def pack(entries: Mapping[str, bytes]) -> bytes:
    """The archive of these entries. Raises as `Packing.add`."""
    packing = Packing()
    parts = [packing.add(name, entries[name]) for name in sorted(entries)]
    return b"".join([*parts, packing.end()])


def unpack(raw: bytes) -> dict[str, bytes]:
    """The entries of such an archive, by name; MALFORMED_PROOF for any other zip, and for anything else."""
    if len(raw) > MAX_DOSSIER_BYTES:
        raise _malformed(f"over {MAX_DOSSIER_BYTES} bytes")
    packing, entries, at = Packing(), dict[str, bytes](), 0
    for name, content in _entries(raw):
        # Written again and compared: what the reader above overlooks cannot be there.
        written = packing.add(name, content)
        if raw[at : at + len(written)] != written:
            raise _changed(f"entry {name} is not as it is written")
        entries[name] = content
        at += len(written)
    if not entries or raw[at:] != packing.end():
        raise _changed("its directory is not that of its entries")
    return entries


def _entries(raw: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0
    while raw[at : at + 4] == b"PK\3\4" and len(raw) >= at + _LOCAL.size:
        fields = _LOCAL.unpack_from(raw, at)
        size, name_size = fields[8], fields[9]
        start = at + _LOCAL.size + name_size
        # Before anything is copied: sizes are a stranger's.
        if name_size > _LONGEST or start + size > len(raw):
            raise _changed("an entry is larger than what is there")
        yield _text(raw[at + _LOCAL.size : start]), raw[start : start + size]
        at = start + size


def _text(name: bytes) -> str:
    try:
        return name.decode("ascii")
    except UnicodeDecodeError:
        raise _malformed("an entry's name is not ASCII") from None


def _check_name(name: str, last: str) -> None:
    if len(name) > _LONGEST or _NAME.fullmatch(name) is None:
        raise _malformed(f"no entry is named {name[:_LONGEST]!r}")
    if name <= last:
        raise _malformed(f"entry {name} stands twice, or not in the order of names")


def _check_size(name: str, size: int) -> None:
    if size > (MAX_DOSSIER_BYTES if name.endswith(".json") else MAX_EVIDENCE_BYTES):
        raise _malformed(f"entry {name} has {size} bytes")


def _changed(message: str) -> Rejected:
    return Rejected(
        "MALFORMED_PROOF",
        f"this is no archive as it is written: {message}",
        path="dossier",
        remedy="Ask for the file as it was saved: one that was packed anew, cut or changed is refused.",
    )


def _malformed(message: str) -> Rejected:
    return Rejected("MALFORMED_PROOF", message, path="dossier")
