"""The node's configuration file, as commands change it."""

import os
import re
from pathlib import Path

from tracehold.core.errors import Rejected

CONFIG_NAME = "tracehold.toml"


def replace_file(path: Path, text: str) -> None:
    """Write the file as a whole; a crash leaves the old one or the new one."""
    changed = path.with_name(f".{path.name}.new")
    descriptor = os.open(changed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    changed.replace(path)


def set_line(text: str, section: str, key: str, value: str) -> str:
    """The configuration with `key` of a section set to this TOML value; every other line stays as it is."""
    found = re.search(rf"^\[{section}\]\s*$(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL)
    line = f"{key} = {value}"
    if found is None:
        return f"{text.rstrip()}\n\n[{section}]\n{line}\n"
    present = rf"^{key}\s*=\s*(\[[^\]]*\].*|.*)$"
    body, count = re.subn(present, lambda _: line, found[1], count=1, flags=re.MULTILINE)
    body = body if count else f"\n{line}{body}"
    return text[: found.start(1)] + body + text[found.end(1) :]


def party_uri(text: str, path: str) -> str:
    """A party in the one spelling in which it is signed and compared: canonical Digital Link, else as it is.

    Raises `Rejected` (BAD_CHECK_DIGIT, BAD_IDENTIFIER, BAD_URI, BAD_REQUEST) with the option as path: it will
    stand in signed bytes for ever.
    """
    from tracehold.core.gs1 import canonical
    from tracehold.core.record import check_party

    try:
        party = canonical(text)
    except Rejected as refusal:
        raise Rejected(refusal.code, refusal.message, path=path) from refusal
    check_party(party, "BAD_REQUEST", path)
    return party


def check_text(**values: str) -> None:
    """Refuse what would break out of a TOML string. Raises
    `Rejected("BAD_CONFIG")` with the option as path.
    """
    for key, value in values.items():
        if any(character in value for character in '"\\') or not value.isprintable():
            raise Rejected("BAD_CONFIG", "quotes, backslashes and control characters are not taken", path=key)
