"""Steps 6 to 9 of a verification: what makes exactly that step fail."""

from dataclasses import replace

import pytest

from tests.blocks import BLOCK_TIME, anchor, keccak256
from tests.logs import MILL, OPERATOR, STRANGER_KEY, Log, without_proof
from tests.verifications import ANCHOR, CHAIN, EVENT, LOG, NOW, TRUST, failure
from tracehold.core import merkle
from tracehold.core.anchor import Anchor
from tracehold.core.evidence import (
    Evidence,
    Trust,
    report,
    verify,
)
from tracehold.core.ids import LogId, NetworkId, Root
from tracehold.core.receipt import encode_receipt, make_receipt, parse_receipt

# -- step 6: sizes


def claimed(size=8, index=5, sealed=8, **changes):
    """Evidence whose anchor claims something else."""
    found = replace(anchor(LOG, size, 2), **changes)
    return LOG.evidence(index, sealed, found)


@pytest.mark.parametrize(
    "evidence",
    [
        claimed(index=1),  # covered by an earlier anchor
        claimed(prev_size=6),
        claimed(log=LogId(bytes(32))),
        claimed(root=Root(bytes(32))),
        claimed(size=8, sealed=7, root=Root(bytes(32))),
    ],
    ids=["entry before it", "previous size", "log", "root", "root grown into"],
)
def test_step_6_an_anchor_that_does_not_cover_the_entry(evidence):
    """The covering anchor is the first with a size over the index, of the same log and tree."""
    assert failure(evidence) == (6, "PROOF_INVALID")


def test_step_6_a_false_consistency_path():
    """A log that forked between checkpoint and anchor: the two cannot be joined."""
    raw = LOG.receipt(5, 7, ANCHOR)
    receipt = parse_receipt(raw)
    false = encode_receipt(replace(receipt, consistency=(bytes(32), *(receipt.consistency or ())[1:])))
    assert failure(replace(LOG.evidence(5, 7, ANCHOR), receipt=false)) == (6, "PROOF_INVALID")


def test_step_6_an_anchor_below_the_sealed_size():
    """Consistency leads forward only."""
    receipt = parse_receipt(LOG.receipt(5, 9))
    back = encode_receipt(replace(receipt, anchor=ANCHOR, consistency=()))
    assert failure(replace(LOG.evidence(5, 9), receipt=back)) == (6, "PROOF_INVALID")


# -- step 7: anchor


def test_step_7_sealed_is_not_anchored():
    """Its own code, so that nobody takes it for failure or for success; the state says SEALED."""
    assert failure(LOG.evidence(5, 8)) == (7, "NOT_ANCHORED")
    assert report(LOG.evidence(5, 8), TRUST, None, NOW).state == "SEALED"


def test_step_7_overdue():
    """The promised time is over."""
    by = parse_receipt(LOG.receipt(5, 8)).anchor_by_ms
    assert failure(LOG.evidence(5, 8), now=by) == (7, "NOT_ANCHORED")
    assert failure(LOG.evidence(5, 8), now=by + 1) == (7, "OVERDUE")


@pytest.mark.parametrize(
    "changes", [{"block_hash": bytes(32)}, {"block_time": BLOCK_TIME + 1}, {"node": 2}, {"chain_id": 1}]
)
def test_step_7_or_8_an_anchor_that_its_proof_does_not_show(changes):
    """What the proof can show is checked against it, the chain id against the trust file."""
    step, code = failure(claimed(**changes))
    assert (step, code) == ((8, "UNTRUSTED") if "chain_id" in changes else (7, "PROOF_INVALID"))


def test_step_7_an_anchor_without_proof_needs_a_chain():
    """A bare claim in the file is never enough."""
    assert failure(LOG.evidence(5, 8, without_proof(ANCHOR))) == (7, "UNTRUSTED")


@pytest.mark.parametrize("event", [None, replace(EVENT, size=9), replace(EVENT, node=2)])
def test_step_7_the_chain_has_no_such_event(event):
    """The verifier's chain does not confirm the claim."""
    evidence = LOG.evidence(5, 8, without_proof(ANCHOR))
    assert failure(evidence, None, replace(CHAIN, event=event)) == (7, "PROOF_INVALID")


# -- step 8: trust


def test_step_8_nothing_was_given():
    """The proof is whole, and proves nothing to a stranger."""
    assert failure(trust=None) == (8, "UNTRUSTED")
    assert failure(trust=Trust()) == (8, "UNTRUSTED")


@pytest.mark.parametrize(
    "changes",
    [
        {"block_hashes": frozenset({bytes(32)})},
        {"block_hashes": frozenset()},
        {"chain_id": 1},
        {"contract": bytes(20)},
        {"network": None},
        {"chain_id": None},
        {"contract": None},
        {"nodes": {}},
        {"nodes": {2: LOG.id}},
        {"nodes": {1: LogId(bytes(32)), 2: LOG.id}},
    ],
    ids=str,
)
def test_step_8_the_pins_do_not_fit(changes):
    """Each pin must be there, and each must fit."""
    assert failure(trust=replace(TRUST, **changes)) == (8, "UNTRUSTED")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"chain_id": 1}, "UNTRUSTED"),
        ({"contract": bytes(20)}, "UNTRUSTED"),
        ({"block_hash": bytes(32)}, "PROOF_INVALID"),
        ({"block_hash": None}, "PROOF_INVALID"),
        ({"event": None}, "PROOF_INVALID"),
        ({"event": replace(EVENT, root=Root(bytes(32)))}, "PROOF_INVALID"),
        ({"node_log": bytes(32)}, "PROOF_INVALID"),
        ({"node_log": None}, "PROOF_INVALID"),
        ({"node_key": STRANGER_KEY.public.raw}, "PROOF_INVALID"),
        ({"node_key": None}, "PROOF_INVALID"),
        ({"operator_hash": keccak256(MILL.encode())}, "PROOF_INVALID"),
        ({"operator_hash": None}, "PROOF_INVALID"),
        ({"final_number": ANCHOR.block_number - 1}, "NOT_ANCHORED"),
    ],
    ids=str,
)
def test_step_8_the_chain_does_not_agree(changes, code):
    """Another chain or contract, a block that is not canonical or not final, a node of another log."""
    assert failure(trust=None, chain=replace(CHAIN, **changes)) == (8, code)


@pytest.mark.parametrize(
    "changes",
    [{"chain_id": 1}, {"block_hashes": frozenset({bytes(32)})}, {"block_hashes": frozenset()}, {"nodes": {}}],
    ids=str,
)
def test_security_a_lying_chain_does_not_make_the_pins_forgotten(changes):
    """Where a trust file and a chain are given, both must agree; with or without proof in the receipt."""
    for found in (ANCHOR, without_proof(ANCHOR)):
        assert failure(LOG.evidence(5, 8, found), replace(TRUST, **changes), CHAIN) == (8, "UNTRUSTED")
    bare = replace(TRUST, block_hashes=frozenset({ANCHOR.block_hash}))
    assert verify(LOG.evidence(5, 8, without_proof(ANCHOR)), bare, CHAIN, NOW).state == "FINAL"


# -- who vouches


def impostor() -> tuple[Log, Anchor]:
    """A member's own log, anchored, whose header names another operator."""
    log = Log(node_key=STRANGER_KEY, operator=OPERATOR)
    log.fill(8)
    return log, anchor(log, 8, 2)


def test_security_a_borrowed_operators_name_is_not_verified_offline():
    """The pinned log of the node is another: this operator never vouched."""
    log, found = impostor()
    trust = replace(TRUST, block_hashes=frozenset({found.block_hash}))
    assert failure(log.evidence(5, 8, found), trust) == (2, "UNTRUSTED")
    assert failure(log.evidence(5, 8), trust) == (2, "UNTRUSTED")


def test_security_a_borrowed_operators_name_is_not_verified_by_the_chain():
    """The contract has the log under the member's own key and party, not under those of the header."""
    log, found = impostor()
    told = replace(CHAIN, block_hash=found.block_hash, event=replace(EVENT, root=found.root), node_log=log.id)
    assert failure(log.evidence(5, 8, found), None, told) == (8, "PROOF_INVALID")
    truth = replace(told, node_key=STRANGER_KEY.public.raw, operator_hash=keccak256(MILL.encode()))
    assert failure(log.evidence(5, 8, found), None, truth) == (8, "PROOF_INVALID")


def test_step_2_pins_bind_what_is_only_sealed():
    """SEALED says that somebody signed: in this network, in a pinned log, or the pins do not fit."""
    sealed = LOG.evidence(5, 8)
    assert failure(sealed) == (7, "NOT_ANCHORED")
    for changes in ({"network": NetworkId(bytes(32))}, {"nodes": {1: LogId(bytes(32))}}):
        assert failure(sealed, replace(TRUST, **changes)) == (2, "UNTRUSTED")
        assert failure(trust=replace(TRUST, **changes)) == (2, "UNTRUSTED")
    other = replace(CHAIN, network=NetworkId(bytes(32)))
    assert failure(sealed, None, other) == (2, "UNTRUSTED")


# -- step 9: times


def test_step_9_a_checkpoint_from_the_future():
    """More than five minutes after its anchor's block."""
    late = BLOCK_TIME * 1000 + 300_000

    def at(time_ms):
        checkpoint = LOG.checkpoint(8, time_ms)
        receipts = [
            make_receipt(checkpoint, index, merkle.inclusion_path(index, 8, LOG.node), found)
            for index, found in ((5, ANCHOR), (0, None), (1, None))
        ]
        return Evidence(LOG.entries[5], receipts[0], tuple(zip(LOG.entries[:2], receipts[1:], strict=True)))

    assert verify(at(late), TRUST, None, NOW).state == "FINAL"
    assert failure(at(late + 1)) == (9, "PROOF_INVALID")


def test_step_9_the_chain_tells_another_block_time():
    """The anchor's claim is checked where there is no header to check it."""
    evidence = LOG.evidence(5, 8, without_proof(ANCHOR))
    assert failure(evidence, None, replace(CHAIN, block_time=BLOCK_TIME + 1)) == (9, "PROOF_INVALID")
