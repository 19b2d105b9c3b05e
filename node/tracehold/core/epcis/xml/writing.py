"""JSON of converted values. Parts that were written before, and numbers with the digits that the XML has,
stand as they are. UTF-8 from the smallest part on: one wide character makes a `str` four times as large.
"""

import re
from json.encoder import encode_basestring
from typing import Any

_NUMBER = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?([eE][+-]?\d+)?", re.ASCII)
_MAX_CHARS = 300
"""Longer ones, and those beyond a double, stay text: the event's reader refuses them, and them alone."""


class Written(str):
    """A number's JSON text."""

    __slots__ = ()


def number(text: str) -> str:
    """An XML number as JSON writes it; a text that is none, or that JSON cannot hold, as it is."""
    match = _NUMBER.fullmatch(text) if len(text) <= _MAX_CHARS else None
    if match is None or not (match[2] or match[3]):
        return text
    sign, whole, part, power = match.groups()
    plain = (whole or "").lstrip("0") or "0"
    found = f"{'-' if sign == '-' else ''}{plain}{'.' + part if part else ''}{power or ''}"
    return text if "inf" in str(float(found)) else Written(found)


def write(value: Any) -> bytes:
    """The JSON of dicts, lists, strings, booleans, and of what is JSON already: bytes, and the `Written`."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, Written):
        return str.encode(value)
    if isinstance(value, str):
        quoted: str = encode_basestring(value)
        return quoted.encode()
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, list):
        return b"[" + b",".join([write(item) for item in value]) + b"]"
    return b"{" + b",".join([write(name) + b":" + write(item) for name, item in value.items()]) + b"}"
