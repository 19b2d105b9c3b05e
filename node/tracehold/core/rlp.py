"""RLP, read strictly: the encoding of block headers, transaction receipts and trie nodes of Ethereum.

Yellow Paper, appendix B. Non-minimal lengths are refused, so that a value has one encoding.
"""

from tracehold.core.errors import Rejected

Item = bytes | list["Item"]
"""A byte string, or a list of items."""

MAX_ITEMS = 16_384
"""Items in one decoding, where its caller names no smaller number: a thousand logs of a transaction."""

_MAX_DEPTH = 8


def decode_rlp(raw: bytes, max_items: int = MAX_ITEMS) -> Item:
    """The one item that `raw` encodes, made of at most `max_items`; MALFORMED_PROOF otherwise."""
    item, end = _Reader(raw, max_items).item(0, len(raw), 0)
    if end != len(raw):
        raise _malformed(end)
    return item


def encode_number(value: int) -> bytes:
    """RLP of a number that is not negative: the key of a transaction in the receipts trie."""
    return encode_rlp(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def encode_rlp(item: Item) -> bytes:
    """The one encoding of an item."""
    if isinstance(item, bytes):
        return item if len(item) == 1 and item[0] < 0x80 else _prefixed(0x80, item)
    return _prefixed(0xC0, b"".join(map(encode_rlp, item)))


def _prefixed(base: int, content: bytes) -> bytes:
    length = len(content)
    if length < 56:
        return bytes((base + length,)) + content
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((base + 55 + len(digits),)) + digits + content


class _Reader:
    """One decoding, and how many more items it may read."""

    def __init__(self, raw: bytes, max_items: int) -> None:
        self._raw = raw
        self._left = max_items

    def item(self, at: int, stop: int, depth: int) -> tuple[Item, int]:
        raw = self._raw
        self._left -= 1
        if at >= stop or depth > _MAX_DEPTH or self._left < 0:
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
            item, start = self.item(start, end, depth + 1)
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
    return Rejected("MALFORMED_PROOF", "the RLP is malformed, too deep or too long", path=f"byte {at}")
