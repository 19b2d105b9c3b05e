"""Pictures of a browser as grey values (PNG, W3C third edition: 8 bits a channel, not interlaced)."""

import struct
import zlib
from collections.abc import Iterator


def grey(png: bytes) -> tuple[int, int, bytes]:
    """Width, height, and one byte of brightness for each pixel."""
    chunks = list(_chunks(png))
    width, height, depth, colours, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    channels = {2: 3, 6: 4}[colours]
    assert (depth, interlaced) == (8, 0)
    raw = zlib.decompress(b"".join(data for kind, data in chunks if kind == b"IDAT"))
    lines, stride, before = bytearray(), width * channels, bytearray(width * channels)
    for row in range(height):
        start = row * (stride + 1)
        before = _unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + stride]), before, channels)
        lines += before[1::channels]  # green stands for brightness
    return width, height, bytes(lines)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length


def _unfiltered(kind: int, line: bytearray, up: bytearray, step: int) -> bytearray:
    for at, value in enumerate(line):
        left = line[at - step] if at >= step else 0
        corner = up[at - step] if at >= step else 0
        guess = (0, left, up[at], (left + up[at]) // 2, _paeth(left, up[at], corner))[kind]
        line[at] = (value + guess) & 255
    return line


def _paeth(left: int, up: int, corner: int) -> int:
    near = left + up - corner
    return min((left, up, corner), key=lambda each: abs(near - each))
