"""RLP, read strictly: the encoding of block headers, transaction receipts and trie nodes of Ethereum.

Yellow Paper, appendix B. Non-minimal lengths are refused, so that a value has one encoding.
"""

from tracehold.core.errors import Rejected

Item = bytes | list["Item"]
"""A byte string, or a list of items."""

_MAX_DEPTH = 8


def decode_rlp(raw: bytes) -> Item:
    """The one item that `raw` encodes; MALFORMED_PROOF otherwise."""
    item, end = _item(raw, 0, len(raw), 0)
    if end != len(raw):
        raise _malformed(end)
    return item


def encode_number(value: int) -> bytes:
    """RLP of a number that is not negative: the key of a transaction in the receipts trie."""
    digits = value.to_bytes((value.bit_length() + 7) // 8, "big")
    if len(digits) == 1 and digits[0] < 0x80:
        return digits
    return bytes((0x80 + len(digits),)) + digits


def _item(raw: bytes, at: int, stop: int, depth: int) -> tuple[Item, int]:
    if at >= stop or depth > _MAX_DEPTH:
        raise _malformed(at)
    first = raw[at]
    if first < 0x80:
        return raw[at : at + 1], at + 1
    if first < 0xC0:
        start, end = _span(raw, at, stop, 0x80)
        if end - start == 1 and raw[start] < 0x80:
            raise _malformed(at)
        return raw[start:end], end
    start, end = _span(raw, at, stop, 0xC0)
    items: list[Item] = []
    while start < end:
        item, start = _item(raw, start, end, depth + 1)
        items.append(item)
    return items, end


def _span(raw: bytes, at: int, stop: int, base: int) -> tuple[int, int]:
    """(start, end) of the content behind the prefix at `at`."""
    length = raw[at] - base
    start = at + 1
    if length > 55:
        start += length - 55
        digits = raw[at + 1 : start]
        length = int.from_bytes(digits, "big")
        if start > stop or digits[0] == 0 or length < 56:
            raise _malformed(at)
    if start + length > stop:
        raise _malformed(at)
    return start, start + length


def _malformed(at: int) -> Rejected:
    return Rejected("MALFORMED_PROOF", "the RLP is malformed", path=f"byte {at}")
