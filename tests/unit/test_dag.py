"""Links of dag-cbor: read out of any block, and none taken for one that is not."""

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from tracehold.core import cbor
from tracehold.core.cid import Cid, Codec
from tracehold.core.dag import check, links, named, reach
from tracehold.core.errors import Rejected
from tracehold.core.limits import BLOCK_BYTES

ONE, OTHER = Cid(Codec.RAW, b"1" * 32), Cid(Codec.DAG_CBOR, b"2" * 32)
NODE = Cid(Codec.DAG_CBOR, bytes(32))


def test_links_are_found_in_their_order():
    """Within arrays and maps, beside strings that hold the bytes of a link; a block of bytes has none."""
    beside = cbor.encode([ONE.link(), "text", 7, None])
    raw = b"\xa2\x61a\x82" + ONE.link() + beside + b"\x61b" + OTHER.link()
    assert links(NODE, raw) == (ONE, OTHER)
    assert links(Cid(Codec.RAW, bytes(32)), raw) == ()
    assert links(NODE, b"") == ()


@pytest.mark.parametrize(
    "link",
    [
        ONE.link().replace(b"\x1e\x20", b"\x12\x20"),  # SHA-256
        ONE.link().replace(b"\x01\x55", b"\x01\x70"),  # dag-pb
        ONE.link().replace(b"\x01\x55", b"\x00\x55"),  # another version
        ONE.link().replace(b"\xd8\x2a", b"\xd8\x2b"),  # another tag
        ONE.link()[:-1],
        b"\xd8\x2a" + cbor.encode(b"\x01" + ONE.encode()),  # no zero byte
        b"\xd8\x2a" + cbor.encode(b"\x00" + ONE.encode() + b"!"),
        b"\xd8\x2a" + b"\x59\x00\x25\x00" + ONE.encode(),  # its length not in the shortest form
        b"\xd8\x2a\x01",
        b"\xd8\x2a",
        b"\x9f\xff",
        b"\x58\x20short",
    ],
)
def test_what_is_no_link_of_ours_is_refused(link: bytes):
    """Another hash function, codec, version or tag, cut short, spelled otherwise; bytes that end early."""
    with pytest.raises(Rejected, match="BAD_REQUEST"):
        links(NODE, b"\x81" + link)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes):
    """In no other way."""
    try:
        found = links(NODE, raw)
    except Rejected:
        return
    assert all(cid.link() in raw for cid in found)


def test_a_block_has_its_name_and_at_most_a_mebibyte():
    """What no daemon would hand on is not taken."""
    for size, good in ((0, True), (BLOCK_BYTES, True), (BLOCK_BYTES + 1, False)):
        raw = bytes(size)
        assert named(Cid(Codec.RAW, blake3(raw).digest()), raw) is good
    with pytest.raises(ValueError, match="not the block"):
        check(ONE, b"other")


def test_a_graph_is_walked_once():
    """However many ways lead to a block; also where they go round, which no hash allows."""
    asked = []

    def linked(cid: Cid) -> tuple[Cid, ...]:
        asked.append(cid)
        return (ONE, OTHER) if cid is OTHER else ()

    assert reach([OTHER, ONE], linked) == {ONE, OTHER}
    assert sorted(asked) == sorted([ONE, OTHER])
