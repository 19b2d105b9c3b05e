"""Archives that are no dossier's: of one content one form is read, and no other."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.test_dossier_attacks import FILES, FIRST, RAW, Entries, outcome
from tracehold.core.dossier import pack
from tracehold.core.errors import Rejected


def zipped(entries: Entries, **options: Any) -> bytes:
    """A zip of another program."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **options) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def linked() -> bytes:
    """With a symbolic link for an entry."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in FILES.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o120777 << 16
            archive.writestr(info, content)
    return out.getvalue()


def flagged(flag: int) -> bytes:
    """With a general purpose flag of the first entry: 1 says encrypted, 8 that sizes stand behind."""
    where = RAW.index(b"PK\1\2") + 8
    raw = RAW[:where] + bytes([flag, 0]) + RAW[where + 2 :]
    return raw[:6] + bytes([flag, 0]) + raw[8:]


def sized(size: int) -> bytes:
    """The first entry claims this size."""
    return RAW[:18] + size.to_bytes(4, "little") * 2 + RAW[26:]


ARCHIVES: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "two letters": lambda: b"PK",
    "an empty zip": lambda: zipped({}),
    "packed anew": lambda: zipped(FILES),
    "deflated": lambda: zipped(FILES, compression=zipfile.ZIP_DEFLATED),
    "a bomb": lambda: zipped({"answer.json": bytes(1 << 24)}, compression=zipfile.ZIP_DEFLATED),
    "symbolic links": linked,
    "encrypted": lambda: flagged(1),
    "sizes behind the data": lambda: flagged(8),
    "a size of four gigabytes": lambda: sized(0xFFFFFFFF),
    "a size of nothing": lambda: sized(0),
    "bytes before": lambda: b"#!/bin/sh\n" + RAW,
    "bytes behind": lambda: RAW + b"\0",
    "cut": lambda: RAW[:-1],
    "no directory": lambda: RAW[: RAW.index(b"PK\1\2")],
    "two directories": lambda: RAW + RAW[RAW.index(b"PK\1\2") :],
    "a comment": lambda: RAW[:-2] + b"\1\0!",
    "a name twice": lambda: zipped(FILES)[: -22 - 200] + RAW,
    "another archive behind": lambda: RAW + RAW,
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_attack_archive_of_another_form(name: str):
    """Only the one form of a content is read, so nothing that readers take differently gets in."""
    assert outcome(ARCHIVES[name]()) == "MALFORMED_PROOF"


@pytest.mark.parametrize(
    "name",
    ["../answer.json", "/etc/passwd", "a//b", "a/../b", "A", "evidence\\0", "a" * 129, "", "x\0y", "a."],
)
def test_attack_entry_that_leads_out(name: str):
    """No such name is written, and none is read: the same check stands in both ways."""
    with pytest.raises(Rejected, match="no entry is named"):
        pack({name: b""})
    other = "b" * len(name)
    raw = pack({other: b"x"}) if name and len(name) <= 128 else b""
    assert outcome(raw.replace(other.encode(), name.encode())) == "MALFORMED_PROOF"


@pytest.mark.parametrize("name", ["evidence/00002.cbor", "evidence/1.cbor", "readme.txt", "trust.json"])
def test_security_entry_more(name: str):
    """Nothing rides along: not a group out of order, not a trust file."""
    assert outcome(pack({**FILES, name: FILES[FIRST]})) in {"MALFORMED_PROOF", "PROOF_INVALID"}
    assert outcome(pack({**FILES, name: b"{}"})) == "MALFORMED_PROOF"


def test_security_answer_in_another_spelling():
    """Spaces, order of keys, a key twice: one answer has one file."""
    text = FILES["answer.json"]
    for other in (
        text + b" ",
        text.replace(b"\n ", b"\n  ", 1),
        text.replace(b"{", b'{"format":1,', 1),
        b"{}",
    ):
        assert outcome(pack({**FILES, "answer.json": other})) == "MALFORMED_PROOF"
