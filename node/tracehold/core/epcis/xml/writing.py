"""JSON text of converted values. What is `Written` stands as it is: numbers with the digits that the XML
has, and parts that were written before."""

import re
from json.encoder import encode_basestring
from typing import Any

_NUMBER = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?([eE][+-]?\d+)?", re.ASCII)
_MAX_CHARS = 300
"""Longer ones, and those beyond a double, stay text: the event's reader refuses them, and them alone."""


class Written(str):
    """JSON text."""

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


def write(value: Any) -> str:
    """The JSON of dicts, lists, strings, booleans and what is `Written`."""
    if isinstance(value, Written):
        return str.__str__(value)
    if isinstance(value, str):
        quoted: str = encode_basestring(value)
        return quoted
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ",".join([write(item) for item in value]) + "]"
    members = [f"{encode_basestring(name)}:{write(item)}" for name, item in value.items()]
    return "{" + ",".join(members) + "}"
