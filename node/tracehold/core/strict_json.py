"""JSON that means one thing: RFC 8259, narrowed as protocol section 1 asks, and exact bytes of its parts.

Signed payloads are read more than once, by more than one program. What two readers could take differently is
refused: repeated keys, numbers that JSON has not, lone surrogates, a byte order mark, nesting that exhausts a
reader. Parts of a document are cut out byte for byte, because signed bytes are never written anew.
"""

import json
import re
from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]  # in CPython since 3.0, not in its stubs
from typing import Any, NoReturn

from tracehold.core.errors import Rejected
from tracehold.core.limits import MAX_JSON_DEPTH

SAFE_DEPTH = 400
"""Nesting that the decoder's own recursion takes on any thread. More is looked at before it decodes: a
library
that raises the interpreter's recursion limit (py-evm does) would let deep nesting end the process.
"""

# A string that never ends reaches to the end: it is no JSON, and looking at it must not take quadratic time.
_BRACKET = re.compile(rb'"[^"\\]*+(?:\\.?[^"\\]*+)*+(?:"|\Z)|([\[{])|([\]}])', re.DOTALL)
_MAX_INTEGER_CHARS = 309  # more digits than any finite double has; also keeps int() linear
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_SPACE = re.compile(r"[ \t\n\r]*")


def _refuse(message: str) -> NoReturn:
    raise Rejected("MALFORMED_JSON", message)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        _refuse(f"an object has the key {_repeated(pairs)[:80]!r} twice")
    return members


def _repeated(pairs: list[tuple[str, Any]]) -> str:
    seen: set[str] = set()
    return next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]


def _finite(text: str) -> float:
    number = float(text)
    if number - number != 0.0:
        _refuse(f"the number {text[:40]} is beyond what a double holds")
    return number


def _integer(text: str) -> int:
    if len(text) > _MAX_INTEGER_CHARS:
        _refuse("an integer is beyond what a double holds")
    return int(text)


def _constant(name: str) -> NoReturn:
    _refuse(f"{name} is no JSON number")


_decoder = json.JSONDecoder(
    object_pairs_hook=_distinct, parse_float=_finite, parse_int=_integer, parse_constant=_constant
)


def loads(raw: bytes) -> Any:
    """The value of one JSON text. Raises MALFORMED_JSON for everything that the module docstring lists."""
    text = _text(raw)
    # An upper bound of the depth: nearly every payload has fewer brackets than may be nested.
    brackets = raw.count(b"{") + raw.count(b"[")
    if brackets > SAFE_DEPTH:
        _check_brackets(raw)
    try:
        value = _decoder.decode(text)
    except RecursionError:
        _refuse(f"nested deeper than {MAX_JSON_DEPTH}")
    except ValueError as error:
        _refuse(f"not JSON at character {getattr(error, 'pos', 0)}")
    if MAX_JSON_DEPTH < brackets <= SAFE_DEPTH:
        _check_depth(value)
    if b"\\u" in raw and _SURROGATE_ESCAPE.search(text):
        _check_surrogates(value)
    return value


def member(raw: bytes, *path: str) -> bytes | None:
    """Exact bytes of the value at `path` in an object that passed `loads`; None where a step is absent."""
    text = _text(raw)
    span = _find(text, path)
    return None if span is None else text[span[0] : span[1]].encode()


def slices(raw: bytes, *path: str) -> list[bytes]:
    """Exact bytes of each element of the array at `path` in a
    text that passed `loads`; [] where there is none."""
    text = _text(raw)
    span = _find(text, path)
    if span is None or text[span[0]] != "[":
        return []
    return [text[start:end].encode() for start, end in _elements(text, span[0])]


def replaced(raw: bytes, name: str, value: bytes) -> bytes:
    """The object `raw` with the value of its member `name`
    exchanged for `value`, all other bytes as they are."""
    text = _text(raw)
    span = _find(text, (name,))
    if span is None:
        _refuse(f"no member {name[:80]!r} to replace")
    return text[: span[0]].encode() + value + text[span[1] :].encode()


def _text(raw: bytes) -> str:
    if raw.startswith(b"\xef\xbb\xbf"):
        _refuse("starts with a byte order mark")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse(f"not UTF-8 at byte {error.start}")


def _check_brackets(raw: bytes) -> None:
    """Refuses what nests too deep, by its brackets outside of strings, without recursion."""
    depth = 0
    for token in _BRACKET.finditer(raw):
        if token.lastindex == 1:
            depth += 1
            if depth > MAX_JSON_DEPTH:
                _refuse(f"nested deeper than {MAX_JSON_DEPTH}")
        elif token.lastindex == 2:
            depth -= 1


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_JSON_DEPTH):
        children: list[Any] = []
        for node in level:
            if isinstance(node, dict):
                children += node.values()
            elif isinstance(node, list):
                children += node
        if not children:
            return
        level = children
    if any(isinstance(node, (dict, list)) for node in level):
        _refuse(f"nested deeper than {MAX_JSON_DEPTH}")


def _check_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        _refuse("a string holds half of a surrogate pair")


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _value_end(text: str, at: int) -> int:
    try:
        return _decoder.raw_decode(text, at)[1]
    except (ValueError, RecursionError):
        _refuse(f"not JSON at character {at}")


def _find(text: str, path: tuple[str, ...]) -> tuple[int, int] | None:
    start = _skip(text, 0)
    for name in path:
        if not text.startswith("{", start):
            return None
        found = next((at for key, at in _members(text, start) if key == name), None)
        if found is None:
            return None
        start = found
    return start, _value_end(text, start)


def _members(text: str, start: int) -> Iterator[tuple[str, int]]:
    """(key, where its value starts) of the object that opens at `start`."""
    at = _skip(text, start + 1)
    while text.startswith('"', at):
        try:
            key, at = scanstring(text, at + 1)
        except ValueError:
            _refuse(f"not JSON at character {at}")
        at = _skip(text, _skip(text, at) + 1)  # over the colon
        yield key, at
        at = _skip(text, _value_end(text, at))
        at = _skip(text, at + 1) if text.startswith(",", at) else at


def _elements(text: str, start: int) -> Iterator[tuple[int, int]]:
    """(start, end) of each element of the array that opens at `start`."""
    at = _skip(text, start + 1)
    while not text.startswith("]", at):
        end = _value_end(text, at)
        yield at, end
        at = _skip(text, end)
        at = _skip(text, at + 1) if text.startswith(",", at) else at
