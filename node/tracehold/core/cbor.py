"""Deterministic CBOR, the little of it that signed bytes need (RFC 8949 section 4.2.1).

Integers, byte and text strings, arrays, maps, booleans and null: no floats, no tags, no
indefinite lengths. One pass refuses every other spelling of the same value, so that one statement
has one fingerprint; it is as fast as decoding with a general library and comparing with a
re-encoding, and no tag of a stranger is ever acted on.
"""

from typing import Any

from tracehold.core.errors import Rejected

UINT, NINT, BYTES, TEXT, ARRAY, MAP, SIMPLE = 0, 1, 2, 3, 4, 5, 7

MAX_DEPTH = 16
"""Nesting of arrays and maps; signed structures need four levels."""

MAX_ITEMS = 65_536
"""Values in one decoding, where its caller names no smaller number: a byte may be a value, and each costs
some 50 bytes of memory and a microsecond.
"""

_WIDTHS = {24: 1, 25: 2, 26: 4, 27: 8}
_LEAST = {24: 24, 25: 1 << 8, 26: 1 << 16, 27: 1 << 32}
_SIMPLE = {20: False, 21: True, 22: None}


def encode(obj: Any) -> bytes:
    """Deterministic encoding of ints (64 bit), bytes, str,
    bool, None, lists or tuples, and dicts of these.
    """
    match obj:
        case bool() | None:
            return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[obj]
        case int():
            return encode_head(UINT, obj) if obj >= 0 else encode_head(NINT, -1 - obj)
        case bytes():
            return encode_head(BYTES, len(obj)) + obj
        case str():
            text = obj.encode()
            return encode_head(TEXT, len(text)) + text
        case list() | tuple():
            return encode_head(ARRAY, len(obj)) + b"".join(map(encode, obj))
        case dict():
            # Keys in bytewise order of their encodings, not length first as in RFC 7049.
            pairs = sorted((encode(key), encode(value)) for key, value in obj.items())
            return encode_head(MAP, len(pairs)) + b"".join(key + value for key, value in pairs)
    raise TypeError(f"no deterministic encoding for {type(obj).__name__}")


def encode_head(major: int, argument: int) -> bytes:
    """Initial byte and argument in the shortest form; OverflowError over 64 bits."""
    if argument < 24:
        return bytes((major << 5 | argument,))
    for info, width in _WIDTHS.items():
        if argument < 1 << 8 * width:
            return bytes((major << 5 | info,)) + argument.to_bytes(width, "big")
    raise OverflowError("over 64 bits")


class Budget:
    """How many more values may be read. A container pays for all that it claims to hold, before any is."""

    __slots__ = ("left",)

    def __init__(self, items: int) -> None:
        self.left = items

    def take(self, count: int, at: int) -> None:
        """Pay for `count` values; MALFORMED_COSE where they are too many."""
        self.left -= count
        if self.left < 0:
            raise _malformed(at, "too many values")


def decode(raw: bytes, max_items: int = MAX_ITEMS) -> Any:
    """The one value that `raw` encodes, made of at most `max_items` values beside itself (a map's keys
    count too); NOT_DETERMINISTIC or MALFORMED_COSE for anything else, also trailing bytes.
    """
    value, end = decode_item(raw, 0, Budget(max_items))
    if end != len(raw):
        raise _malformed(end, "bytes follow the value")
    return value


def decode_head(raw: bytes, at: int) -> tuple[int, int, int]:
    """(major type, argument, offset after it) of the item that starts at `at`."""
    try:
        first = raw[at]
    except IndexError:
        raise _malformed(at, "the bytes end early") from None
    major, info = first >> 5, first & 31
    if info < 24:
        return major, info, at + 1
    if info == 31:
        raise _vague(at, "indefinite length")
    if info > 27 or major == SIMPLE:
        raise _malformed(at, "a kind of value that is not used here")
    end = at + 1 + _WIDTHS[info]
    argument = int.from_bytes(raw[at + 1 : end], "big")
    if end > len(raw):
        raise _malformed(at, "the bytes end early")
    if argument < _LEAST[info]:
        raise _vague(at, "a length or number is not in its shortest form")
    return major, argument, end


def decode_item(raw: bytes, at: int, budget: Budget, depth: int = 0) -> tuple[Any, int]:
    """(value, offset after it) of the item that starts at `at`; what it holds is paid out of `budget`."""
    major, argument, at = decode_head(raw, at)
    match major:
        case 0:
            return argument, at
        case 1:
            return -1 - argument, at
        case 2:
            return decode_string(raw, at, argument)
        case 3:
            return _text(raw, at, argument)
        case 4 | 5 if depth < MAX_DEPTH:
            return (_array if major == ARRAY else _map)(raw, at, argument, budget, depth + 1)
        case 7 if argument in _SIMPLE:
            return _SIMPLE[argument], at
    raise _malformed(at, "a kind of value that is not used here, or too deep")


def decode_string(raw: bytes, at: int, length: int) -> tuple[bytes, int]:
    """(content, offset after it) of a byte string whose head was read."""
    end = at + length
    if end > len(raw):
        raise _malformed(at, "the bytes end early")
    return raw[at:end], end


def _text(raw: bytes, at: int, length: int) -> tuple[str, int]:
    content, end = decode_string(raw, at, length)
    try:
        return content.decode(), end
    except UnicodeDecodeError:
        raise _malformed(at, "text that is no UTF-8") from None


def _array(raw: bytes, at: int, length: int, budget: Budget, depth: int) -> tuple[list[Any], int]:
    budget.take(length, at)
    values = []
    for _ in range(length):
        value, at = decode_item(raw, at, budget, depth)
        values.append(value)
    return values, at


def _map(raw: bytes, at: int, length: int, budget: Budget, depth: int) -> tuple[dict[Any, Any], int]:
    budget.take(2 * length, at)
    pairs: dict[Any, Any] = {}
    last = b""
    for _ in range(length):
        start = at
        key, at = decode_item(raw, at, budget, depth)
        if type(key) is not int and type(key) is not str:
            raise _malformed(start, "a map key that is neither number nor text")
        if (encoded := raw[start:at]) <= last:
            raise _vague(start, "map keys are not sorted, or one is repeated")
        last = encoded
        pairs[key], at = decode_item(raw, at, budget, depth)
    return pairs, at


def _malformed(at: int, message: str) -> Rejected:
    return Rejected("MALFORMED_COSE", message, path=f"byte {at}")


def _vague(at: int, message: str) -> Rejected:
    return Rejected("NOT_DETERMINISTIC", message, path=f"byte {at}")
