"""Anchor proofs without a chain: from the event to a block header, each link with what breaks it."""

from dataclasses import replace

import pytest
import rlp as foreign_rlp
from hypothesis import given
from hypothesis import strategies as st

from tests.blocks import (
    BLOCK_TIME,
    CONTRACT,
    Block,
    anchor,
    anchored_log,
    header,
    keccak256,
    proof_of,
    receipt,
    word,
)
from tests.logs import Log
from tracehold.core.anchor import AnchorProof
from tracehold.core.anchorproof import (
    ANCHORED_TOPIC,
    AnchoredEvent,
    check_event,
    decode_anchored,
    find_event,
    parse_header,
    prove,
)
from tracehold.core.errors import Rejected
from tracehold.core.ids import Root

LOG = Log().fill(6)
ANCHOR = anchor(LOG, 5)
PROOF = proof_of(ANCHOR)
EVENT = AnchoredEvent(1, 0, 5, LOG.root(5), (2, 3))


def refusal_of(call, *arguments):
    """The code with which a call refuses."""
    with pytest.raises(Rejected) as refusal:
        call(*arguments)
    return refusal.value.code


# -- the event


def test_the_topic_is_that_of_the_event():
    """keccak of the signature that the contract declares."""
    assert keccak256(b"Anchored(uint32,uint64,uint64,bytes32,uint32[])") == ANCHORED_TOPIC


@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**64 - 1),
    st.binary(min_size=32, max_size=32),
    st.lists(st.integers(0, 2**32 - 1), max_size=5),
)
def test_events_are_decoded(node, prev_size, size, root, ackers):
    """Every field comes back."""
    event = AnchoredEvent(node, prev_size, size, Root(root), tuple(ackers))
    _, topics, data = anchored_log(event)
    assert decode_anchored(topics, data) == event


TOPICS, DATA = anchored_log(EVENT)[1:]


@pytest.mark.parametrize(
    ("topics", "data"),
    [
        ([], DATA),
        (TOPICS[:1], DATA),
        ([*TOPICS, bytes(32)], DATA),
        ([bytes(32), TOPICS[1]], DATA),
        (TOPICS, b""),
        (TOPICS, DATA[:-1]),
        (TOPICS, DATA[:-32]),
        (TOPICS, DATA + bytes(32)),
        (TOPICS, DATA[:96] + word(96) + DATA[128:]),  # the array elsewhere
        (TOPICS, DATA[:128] + word(2**255) + DATA[160:]),  # absurd count
    ],
)
def test_other_events_are_refused(topics, data):
    """Exactly the event's shape."""
    assert refusal_of(decode_anchored, topics, data) == "MALFORMED_PROOF"


@pytest.mark.parametrize("changes", [{"node": 2}, {"prev_size": 1}, {"size": 6}, {"root": Root(bytes(32))}])
def test_an_event_that_says_something_else_is_refused(changes):
    """Node, previous size, size and root, each."""
    check_event(EVENT, ANCHOR)
    assert refusal_of(check_event, replace(EVENT, **changes), ANCHOR) == "PROOF_INVALID"


@pytest.mark.parametrize("kind", [0, 1, 2, 3])
def test_typed_receipts_are_read(kind):
    """Legacy and EIP-2718."""
    assert find_event(receipt([anchored_log(EVENT)], kind=kind), ANCHOR) == EVENT


def test_other_logs_may_stand_beside_it():
    """Of other contracts, of other events of the contract, of other nodes."""
    other = replace(EVENT, node=9)
    logs = [
        anchored_log(EVENT, bytes(20)),
        [CONTRACT, [bytes(32)], b""],
        [CONTRACT, [], b""],
        anchored_log(other),
        anchored_log(EVENT),
    ]
    assert find_event(receipt(logs), ANCHOR) == EVENT


@pytest.mark.parametrize(
    "encoded",
    [
        receipt([]),
        receipt([anchored_log(EVENT, bytes(20))]),  # another contract says so
        receipt([anchored_log(EVENT)], status=b""),  # a failed transaction
        receipt([anchored_log(replace(EVENT, node=2))]),
        receipt([anchored_log(replace(EVENT, prev_size=1))]),
        receipt([anchored_log(replace(EVENT, root=Root(bytes(32))))]),
        receipt([[CONTRACT, [bytes(32), word(1)], DATA]]),  # another event with the same data
    ],
)
def test_receipts_without_the_event_are_refused(encoded):
    """Whatever looks like it."""
    assert refusal_of(find_event, encoded, ANCHOR) == "PROOF_INVALID"


@pytest.mark.parametrize(
    "encoded", [b"", b"\x02", b"\xc0", b"\x02\xc0", foreign_rlp.encode([b"\x01", b"", b""])]
)
def test_malformed_receipts_are_refused(encoded):
    """Not four fields."""
    assert refusal_of(find_event, encoded, ANCHOR) == "MALFORMED_PROOF"


# -- headers and the whole


@pytest.mark.parametrize("others", [0, 1, 15, 16, 127, 128, 200])
def test_an_anchor_is_proved(others):
    """Anywhere in its block."""
    found = anchor(LOG, 5, others=others)
    proved = prove(found, proof_of(found))
    assert proved.event == EVENT
    assert proved.block_hashes == tuple(keccak256(raw) for raw in proof_of(found).headers)


def test_headers_of_later_forks_are_read():
    """They append fields."""
    fields = foreign_rlp.decode(header(7, bytes(32), bytes(32), 9))
    longer = foreign_rlp.encode([*fields, bytes(32), b"", b"", bytes(32)])
    found = parse_header(longer)
    assert (found.number, found.time, found.hash) == (7, 9, keccak256(longer))


@pytest.mark.parametrize("raw", [b"", b"\xc0", foreign_rlp.encode([b""] * 14), foreign_rlp.encode([[]] * 16)])
def test_malformed_headers_are_refused(raw):
    """Fewer fields than any fork, or lists in them."""
    assert refusal_of(parse_header, raw) == "MALFORMED_PROOF"


def changed(**changes):
    """The good proof with parts changed."""
    return replace(PROOF, **changes)


OTHER = proof_of(anchor(LOG, 6))
FALSE = {
    "another block": (changed(headers=OTHER.headers), {}),
    "a gap in the headers": (changed(headers=(PROOF.headers[0], PROOF.headers[2])), {}),
    "headers in another order": (changed(headers=PROOF.headers[::-1]), {}),
    "a foreign header upon it": (
        changed(headers=(PROOF.headers[0], header(8, bytes(32), bytes(32), BLOCK_TIME + 1))),
        {},
    ),
    "a header of another height upon it": (
        changed(
            headers=(PROOF.headers[0], header(9, keccak256(PROOF.headers[0]), bytes(32), BLOCK_TIME + 1))
        ),
        {},
    ),
    "another transaction": (changed(tx_index=2), {}),
    "no transaction": (changed(tx_index=99), {}),
    "another receipt": (changed(receipt_path=OTHER.receipt_path), {}),
    "a path cut short": (changed(receipt_path=PROOF.receipt_path[:-1]), {}),
    "a path too long": (changed(receipt_path=(*PROOF.receipt_path, b"\xc0")), {}),
    "the anchor names another block": (PROOF, {"block_hash": bytes(32)}),
    "the anchor names another height": (PROOF, {"block_number": 8}),
    "the anchor names another time": (PROOF, {"block_time": BLOCK_TIME + 1}),
    "the anchor names another contract": (PROOF, {"contract": bytes(20)}),
    "the anchor names another root": (PROOF, {"root": Root(bytes(32))}),
    "the anchor names another size": (PROOF, {"size": 6}),
}


@pytest.mark.parametrize(("proof", "claim"), FALSE.values(), ids=FALSE)
def test_false_anchors_are_refused(proof, claim):
    """Every link from event to header is checked."""
    assert refusal_of(prove, replace(ANCHOR, **claim), proof) == "PROOF_INVALID"


def test_a_proof_of_a_failed_transaction_is_refused():
    """Its event never happened."""
    block = Block(7, [receipt([anchored_log(EVENT)], status=b"")])
    claim = replace(ANCHOR, block_hash=keccak256(block.headers[0]))
    assert refusal_of(prove, claim, block.proof(0)) == "PROOF_INVALID"


@given(st.binary(max_size=100), st.integers(0, 2))
def test_any_bytes_in_a_proof_are_refused(raw, where):
    """As header, as node: nothing but a refusal."""
    proof = [
        AnchorProof((raw,), PROOF.tx_index, PROOF.receipt_path),
        AnchorProof(PROOF.headers, PROOF.tx_index, (raw, *PROOF.receipt_path)),
        AnchorProof((*PROOF.headers, raw), PROOF.tx_index, PROOF.receipt_path),
    ][where]
    assert refusal_of(prove, ANCHOR, proof) in {"PROOF_INVALID", "MALFORMED_PROOF"}
