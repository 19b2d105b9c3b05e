"""Evidence that verifies, and what is said about what was not checked."""

from dataclasses import replace

import pytest

from tests.blocks import anchor, keccak256, proof_of
from tests.logs import (
    FARM,
    FARM_KEY,
    NODE_KEY,
    OPERATOR,
    START,
    Log,
    without_proof,
)
from tests.verifications import ANCHOR, CHAIN, EVIDENCE, LOG, NOW, STEPS, TRUST, speaker_of
from tracehold.core import merkle, record
from tracehold.core.control import Mandate
from tracehold.core.evidence import (
    Evidence,
    report,
    verify,
)
from tracehold.core.receipt import make_receipt
from tracehold.core.roster import Level


def test_final_evidence_verifies_offline():
    """Under a pinned block, with no chain at hand: every required line ok."""
    found = verify(EVIDENCE, TRUST, None, NOW)
    assert (found.state, found.error, found.index, found.log) == ("FINAL", None, 5, LOG.id)
    assert found.fingerprint == record.fingerprint(LOG.entries[5])
    assert [line.status for line in found.steps if line.required] == ["ok"] * STEPS
    assert (speaker_of(found).party, speaker_of(found).level) == (FARM, Level.SIGNED_BY_PARTY)
    assert found.anchor == ANCHOR
    assert not found.late


def test_what_is_not_checked_is_said():
    """Lines beyond the required ones are there, and never say ok."""
    sealed = LOG.evidence(5, 8)
    for evidence, trust, chain, names in (
        (EVIDENCE, TRUST, None, {"revocations", "holders"}),
        (EVIDENCE, None, CHAIN, {"revocations", "holders"}),
        (sealed, TRUST, None, {"revocations", "holders"}),
        (sealed, None, CHAIN, {"revocations", "holders", "operator"}),
        (EVIDENCE, None, None, {"revocations", "holders", "operator"}),
    ):
        extra = [line for line in report(evidence, trust, chain, NOW).steps if not line.required]
        assert {line.name for line in extra} == names
        assert {line.status for line in extra} == {"not checked"}


def test_what_is_only_a_hint_is_said():
    """The event is proved; transaction hash and log index are not, and may be anything."""
    found = replace(ANCHOR, tx_hash=b"\x05" * 32, log_index=99)
    steps = verify(LOG.evidence(5, 8, found), TRUST, None, NOW).steps
    assert "transaction hash and log index are hints" in steps[6].detail


def test_any_block_upon_the_anchor_may_be_pinned():
    """A trusted header vouches for its ancestors."""
    for raw in proof_of(ANCHOR).headers:
        trust = replace(TRUST, block_hashes=frozenset({keccak256(raw)}))
        assert verify(EVIDENCE, trust, None, NOW).state == "FINAL"


def test_a_chain_of_the_verifiers_choice_is_enough():
    """With or without the proof in the receipt, and without any trust file."""
    for found in (ANCHOR, without_proof(ANCHOR)):
        assert verify(LOG.evidence(5, 8, found), None, CHAIN, NOW).state == "FINAL"


def test_an_upgraded_receipt_verifies():
    """Sealed at size 7, anchored at size 8."""
    assert verify(LOG.evidence(5, 7, ANCHOR), TRUST, None, NOW).state == "FINAL"


@pytest.mark.parametrize("index", [2, 7])
def test_every_entry_of_the_anchor_verifies(index):
    """From the first that it covers to the last."""
    assert verify(LOG.evidence(index, 8, ANCHOR), TRUST, None, NOW).index == index


def test_control_records_have_evidence_too():
    """The log header is proved by itself."""
    found = anchor(LOG, 8, 0)
    trust = replace(TRUST, block_hashes=frozenset({found.block_hash}))
    assert speaker_of(verify(LOG.evidence(0, 8, found, controls=[0]), trust, None, NOW)).party == OPERATOR


def test_delegation_and_mandate_are_told_apart():
    """The level is that of the record's position."""
    log = Log()
    log.event(NODE_KEY, FARM)
    log.say(Mandate(OPERATOR), FARM_KEY, FARM)
    log.event(NODE_KEY, FARM)
    found = anchor(log, 5)
    trust = replace(TRUST, block_hashes=frozenset({found.block_hash}), nodes={found.node: log.id})
    levels = [
        speaker_of(verify(log.evidence(at, 5, found, controls=[0, 1, 3]), trust, None, NOW)).level
        for at in (2, 4)
    ]
    assert levels == [Level.DELEGATED_ASSERTED, Level.DELEGATED_WITH_MANDATE]


def test_a_late_anchor_is_proved_and_said():
    """Anchored after the promised time: the proof is whole, and the report says late."""
    early = START * 1000 - 3_600_000
    checkpoint = LOG.checkpoint(8, early)
    pairs = [
        (LOG.entries[at], make_receipt(checkpoint, at, merkle.inclusion_path(at, 8, LOG.node), found))
        for at, found in ((5, ANCHOR), (0, None), (1, None))
    ]
    found = verify(Evidence(*pairs[0], tuple(pairs[1:])), TRUST, None, NOW)
    assert (found.state, found.late) == ("FINAL", True)
