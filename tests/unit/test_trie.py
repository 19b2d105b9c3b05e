"""RLP and receipts tries, against the libraries of Ethereum."""

import pytest
import rlp as foreign_rlp
from hypothesis import given
from hypothesis import strategies as st

from tests.blocks import (
    keccak256,
    trie_of,
)
from tracehold.core.errors import Rejected
from tracehold.core.rlp import decode_rlp, encode_number
from tracehold.core.trie import value_at

nested = st.recursive(st.binary(max_size=70), lambda inner: st.lists(inner, max_size=5), max_leaves=15)


def refusal_of(call, *arguments):
    """The code with which a call refuses."""
    with pytest.raises(Rejected) as refusal:
        call(*arguments)
    return refusal.value.code


# -- RLP


@given(nested)
def test_rlp_is_read(item):
    """What the common library writes is read back."""
    assert decode_rlp(foreign_rlp.encode(item)) == item


@given(st.integers(0, 1 << 64))
def test_numbers_are_written(value):
    """As the common library writes them."""
    assert encode_number(value) == foreign_rlp.encode(value)


@given(st.binary(max_size=80))
def test_accepted_rlp_has_one_encoding(raw):
    """Whatever is accepted is what the common library would write."""
    try:
        item = decode_rlp(raw)
    except Rejected:
        return
    assert foreign_rlp.encode(item) == raw


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "8101",  # one byte below 0x80 with a length
        "b801aa",  # short string in long form
        "b90001aa",  # length with a leading zero
        "f801c0",  # short list in long form
        "82aa",  # ends early
        "c2aa",
        "c180ff",  # trailing byte
        "b8",
        "bfffffffffffffffff",  # a length beyond memory
        "c1" * 12 + "c0",
    ],
)
def test_bad_rlp_is_refused(encoded):
    """Non-minimal, truncated, trailing, absurd."""
    assert refusal_of(decode_rlp, bytes.fromhex(encoded)) == "MALFORMED_PROOF"


# -- the trie


@given(st.integers(1, 300), st.data())
def test_every_receipt_of_a_block_is_found(count, data):
    """Whatever the shape of the trie: leaves, extensions, branches, small nodes inside their parents."""
    values = [bytes([n % 251]) * (n % 40 + 1) for n in range(count)]
    trie = trie_of(values)
    index = data.draw(st.integers(0, count - 1))
    key = foreign_rlp.encode(index)
    path = [
        foreign_rlp.encode(node)
        for at, node in enumerate(trie.get_proof(key))
        if at == 0 or len(foreign_rlp.encode(node)) >= 32
    ]
    assert value_at(trie.root_hash, key, path) == values[index]
    for false in (path[:-1], [*path, path[-1]], path[1:], [*path[:-1], path[-1] + b"\x00"]):
        assert refusal_of(value_at, trie.root_hash, key, false) in {"PROOF_INVALID", "MALFORMED_PROOF"}


@given(st.integers(1, 60), st.data())
def test_a_path_shows_nothing_but_the_truth(count, data):
    """A path of one receipt may show a neighbour in the same node, and never a value that is not there."""
    values = [bytes([n]) * (n % 40 + 1) for n in range(1, count + 1)]
    trie = trie_of(values)
    index, other = data.draw(st.integers(0, count - 1)), data.draw(st.integers(0, count + 3))
    path = [foreign_rlp.encode(node) for node in trie.get_proof(foreign_rlp.encode(index))]
    try:
        shown = value_at(trie.root_hash, foreign_rlp.encode(other), path)
    except Rejected:
        return
    assert shown == values[other]


@pytest.mark.parametrize(
    "node",
    [
        foreign_rlp.encode(b"value"),
        foreign_rlp.encode([b"\x20"]),
        foreign_rlp.encode([b"", b"value"]),
        foreign_rlp.encode([b"\x40\x80", b"value"]),  # flags beyond odd leaf
        foreign_rlp.encode([b"\x21\x80", b"value"]),  # padding that is not zero
        foreign_rlp.encode([b"\x20\x81", b"value"]),  # another key
        foreign_rlp.encode([b"\x20\x80", b""]),  # no value
        foreign_rlp.encode([b"\x20\x80", [b"value"]]),  # a list as value
        foreign_rlp.encode([b""] * 17),
        foreign_rlp.encode([b"short"] * 17),
        foreign_rlp.encode([b""] * 16),
    ],
)
def test_malformed_nodes_are_refused(node):
    """Hash and all: a node that hashes right may still be none."""
    assert refusal_of(value_at, keccak256(node), b"\x80", [node]) == "PROOF_INVALID"


@pytest.mark.parametrize("most", [9, 10])
def test_security_many_small_items_are_refused(most):
    """A list of empty lists costs a byte each: the reader stops at what it was allowed."""
    bomb = foreign_rlp.encode([[]] * 9)
    if most == 10:
        assert decode_rlp(bomb, most) == [[]] * 9
    else:
        assert refusal_of(decode_rlp, bomb, most) == "MALFORMED_PROOF"


def test_security_a_long_list_of_lists_is_no_proof():
    """Fifteen million empty lists took ten seconds and a gigabyte."""
    count = 1 << 20
    assert refusal_of(decode_rlp, b"\xfa" + count.to_bytes(3, "big") + b"\xc0" * count) == "MALFORMED_PROOF"
