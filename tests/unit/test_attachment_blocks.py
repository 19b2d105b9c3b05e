"""Attachments in blocks: any pieces give one manifest, and every block and leaf is checked alone."""

import pytest
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vectors.attachment_cases import content
from tracehold.core import blocks as blocks_module
from tracehold.core.blocks import (
    BlockTree,
    blocks_of,
    check_block,
    check_chunk,
    chunk_path,
    decode_blocks,
    encode_blocks,
)
from tracehold.core.cid import Cid, Codec, parse_cid
from tracehold.core.errors import Rejected
from tracehold.core.limits import BLOCK_BYTES, CHUNK_BYTES
from tracehold.core.merkle import root_of
from tracehold.core.tree import leaf_hash

MIB = 1 << 20
BIG = content(2 * MIB + 5000)
MADE = blocks_of(BIG)
MANIFEST = encode_blocks(MADE)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, MIB + 5000), max_size=4), st.sampled_from([0, 1, CHUNK_BYTES, MIB, MIB + 1]))
def test_any_pieces_give_one_manifest(lengths, rest):
    """However the network cut it up."""
    tree, at = BlockTree(), 0
    for length in [*lengths, rest]:
        tree.feed(BIG[at : at + length])
        at = min(at + length, len(BIG))
    assert tree.finish() == blocks_of(BIG[:at])


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, MIB - 1, MIB, MIB + 1, 2 * MIB + 1, 2 * MIB + 5000])
def test_the_blocks_subtrees_give_the_root_over_all_leaves(size):
    """As RFC 9162 defines it, over all leaves at once."""
    raw = BIG[:size]
    made = blocks_of(raw)
    leaves = [leaf_hash(raw[start : start + CHUNK_BYTES]) for start in range(0, size, CHUNK_BYTES)]
    assert made.root == root_of(leaves)
    assert made.fingerprint == blake3(raw).digest()
    assert (
        decode_blocks(encode_blocks(made), made.fingerprint, size, blake3(encode_blocks(made)).digest())
        == made
    )


@pytest.mark.parametrize("number", [0, 1, 1023, 1024, 2047, 2048, 2052])
def test_every_leaf_is_proved_and_no_other_in_its_place(number):
    """In whole blocks and in the last."""
    made = blocks_of(BIG)
    block = BIG[number // 1024 * MIB :][:MIB]
    path = chunk_path(made, number, block)
    chunk = BIG[number * CHUNK_BYTES :][:CHUNK_BYTES]
    check_chunk(chunk, number, len(BIG), path, made.root)
    for at, wrong in ((number + 1, chunk), (number, bytes(len(chunk)))):
        with pytest.raises(Rejected) as refusal:
            check_chunk(wrong, at, len(BIG), path, made.root)
        assert refusal.value.code == "PROOF_INVALID"


def test_security_a_block_with_the_right_bytes_in_another_place_is_refused():
    """By its digest; and one that is cut by its length."""
    made = blocks_of(BIG)
    check_block(made, 1, BIG[MIB : 2 * MIB])
    for wrong in (BIG[:MIB], BIG[MIB : 2 * MIB - 1], BIG[MIB : 2 * MIB] + b"\0", b""):
        with pytest.raises(Rejected) as refusal:
            check_block(made, 1, wrong)
        assert refusal.value.code == "ATTACHMENT_MISMATCH"


def test_security_a_manifest_of_another_record_is_refused():
    """Though it is whole in itself: fingerprint, size and digest are the record's."""
    made, raw = blocks_of(BIG), encode_blocks(blocks_of(BIG))
    digest = blake3(raw).digest()
    other = blocks_of(b"").fingerprint
    for name, size in ((other, made.size), (made.fingerprint, made.size - 1)):
        with pytest.raises(Rejected) as refusal:
            decode_blocks(raw, name, size, digest)
        assert refusal.value.code == "ATTACHMENT_MISMATCH"
    with pytest.raises(Rejected):
        decode_blocks(raw, made.fingerprint, made.size, bytes(32))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_security_no_changed_byte_of_a_manifest_is_taken(data):
    """Whoever vouches for it: what is read has one spelling, and its tree holds."""
    raw = bytearray(MANIFEST)
    at = data.draw(st.integers(0, len(raw) - 1).filter(lambda at: not _is_block_digest(at)))
    raw[at] ^= data.draw(st.integers(1, 255))
    digest = blake3(raw).digest()  # as if a signer vouched for it
    with pytest.raises(Rejected) as refusal:
        decode_blocks(bytes(raw), MADE.fingerprint, MADE.size, digest)
    assert refusal.value.code == "ATTACHMENT_MISMATCH"


def _is_block_digest(at):
    """Those are checked with the block: its subtree stands beside them."""
    start = MANIFEST.index(b"\x1e\x20") + 2
    return any(0 <= at - start - each * 76 < 32 for each in range(3))


@given(st.binary(max_size=200))
def test_security_bytes_of_anybody_are_no_manifest(raw):
    """And raise nothing else."""
    with pytest.raises(Rejected) as refusal:
        blocks_module.read_blocks(raw)
    assert refusal.value.code == "ATTACHMENT_MISMATCH"


def test_security_an_endless_attachment_ends_at_the_limit(monkeypatch):
    """Memory holds one block, and over the limit nothing is hashed."""
    monkeypatch.setattr(blocks_module, "MAX_ATTACHMENT_BYTES", 2 * MIB)
    tree = BlockTree()
    tree.feed(BIG[: 2 * MIB])
    with pytest.raises(Rejected) as refusal:
        tree.feed(b"x")
    assert refusal.value.code == "ATTACHMENT_TOO_LARGE"


def test_a_cid_is_read_back():
    """Of both codecs; the prefix shows which."""
    for codec, prefix in ((Codec.RAW, "bafkr4i"), (Codec.DAG_CBOR, "bafyr4i")):
        cid = Cid(codec, blake3(b"x").digest())
        assert str(cid).startswith(prefix)
        assert parse_cid(str(cid)) == cid


GOOD = str(Cid(Codec.RAW, blake3(b"x").digest()))


@pytest.mark.parametrize(
    "text",
    [
        "",
        GOOD[:-1],
        GOOD + "a",
        GOOD.upper(),
        GOOD[:20] + GOOD[20:].upper(),
        GOOD[:-1] + ("b" if GOOD[-1] != "b" else "c"),
        "z" + GOOD[1:],
        "b" + "1" * 58,
        "b" + "\u0131" * 58,
        "../" + GOOD[3:],
        "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n",
        "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
    ],
    ids=ascii,
)
def test_security_another_spelling_or_another_hash_is_no_cid_of_ours(text):
    """One block has one name; what reaches a path or an address has its characters."""
    with pytest.raises(Rejected) as refusal:
        parse_cid(text)
    assert refusal.value.code == "BAD_REQUEST"


def test_blocks_are_what_ipfs_passes_on():
    """1 MiB; a larger one is refused there."""
    assert BLOCK_BYTES == MIB
