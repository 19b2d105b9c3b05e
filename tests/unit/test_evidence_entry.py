"""Steps 1 to 5 of a verification: what makes exactly that step fail."""

from dataclasses import replace

import pytest

from tests.blocks import anchor
from tests.logs import (
    FARM,
    FARM_KEY,
    MILL,
    MILL_KEY,
    NODE_KEY,
    OPERATOR,
    START,
    STRANGER_KEY,
    Log,
    header,
)
from tests.verifications import ANCHOR, EVIDENCE, LOG, failure
from tracehold.core import merkle, record
from tracehold.core.checkpoint import sign_checkpoint
from tracehold.core.control import Enrol, Revoke
from tracehold.core.evidence import (
    Evidence,
)
from tracehold.core.ids import LogId, NetworkId
from tracehold.core.receipt import encode_receipt, make_receipt, parse_receipt

# -- step 1: bytes


@pytest.mark.parametrize(
    "evidence",
    [
        replace(EVIDENCE, record=b""),
        replace(EVIDENCE, record=EVIDENCE.record + b"\x00"),
        replace(EVIDENCE, receipt=b""),
        replace(EVIDENCE, controls=((b"", EVIDENCE.receipt),)),
        replace(EVIDENCE, controls=((EVIDENCE.record, b""),)),
        replace(EVIDENCE, controls=(*EVIDENCE.controls, (LOG.entries[2], LOG.receipt(2, 8)))),
        replace(EVIDENCE, controls=((LOG.entries[0], LOG.receipt(0, 8, ANCHOR)), EVIDENCE.controls[1])),
    ],
)
def test_step_1_what_cannot_be_read(evidence):
    """Record, receipt, control records: malformed, not false."""
    assert failure(evidence) == (1, "MALFORMED_PROOF")


# -- step 2: signature


def test_step_2_zero_proofs_is_a_failure():
    """Nothing to check is not success."""
    assert failure(replace(EVIDENCE, controls=())) == (2, "PROOF_INVALID")


def test_step_2_a_stranger_signed():
    """Well-formed, in the log, and of nobody whom the log enrols."""
    log = Log()
    log.event(STRANGER_KEY, FARM)
    assert failure(log.evidence(2)) == (2, "PROOF_INVALID")


def test_step_2_the_enrolment_is_missing():
    """Without the control record there is no reason to believe the key."""
    assert failure(LOG.evidence(5, 8, ANCHOR, controls=[0])) == (2, "PROOF_INVALID")


def test_step_2_a_back_dated_record_of_a_revoked_key():
    """It claims an early time and stands behind the revocation."""
    log = Log()
    log.say(Revoke(FARM_KEY.public.kid))
    log.add(record.sign(header(FARM_KEY, FARM, number=-9_999), b"{}", FARM_KEY))
    assert failure(log.evidence(3, controls=[0, 1, 2])) == (2, "PROOF_INVALID")


def test_step_2_a_record_of_another_network():
    """Sealed by mistake or by intent: it speaks to nobody here."""
    log = Log()
    other = header(FARM_KEY, FARM, network=NetworkId(bytes(32)))
    log.add(record.sign(other, b"{}", FARM_KEY))
    assert failure(log.evidence(2)) == (2, "PROOF_INVALID")


@pytest.mark.parametrize("controls", [[1], [1, 0], [0, 0], [0, 1, 1]])
def test_step_2_control_records_out_of_place(controls):
    """The header first, then ascending, each once."""
    assert failure(LOG.evidence(5, 8, ANCHOR, controls=controls)) == (2, "PROOF_INVALID")


def test_step_2_an_enrolment_by_the_party_itself():
    """A control record that its signer may not say."""
    log = Log()
    log.say(Enrol(MILL, MILL_KEY.public), FARM_KEY, FARM)
    log.event(MILL_KEY, MILL)
    assert failure(log.evidence(3, controls=[0, 1, 2])) == (2, "PROOF_INVALID")


def test_step_2_a_changed_byte_in_the_payload():
    """The record is still well-formed; its signature is not its own."""
    changed = EVIDENCE.record.replace(b'{"a":1}', b'{"a":2}')
    assert failure(replace(EVIDENCE, record=changed)) == (2, "PROOF_INVALID")


# -- step 3: control records


def test_step_3_control_records_of_another_checkpoint():
    """All receipts of a file share one checkpoint."""
    pairs = tuple((LOG.entries[at], LOG.receipt(at, 9)) for at in (0, 1))
    assert failure(replace(EVIDENCE, controls=pairs)) == (3, "PROOF_INVALID")


def test_step_3_a_control_record_that_is_not_in_the_log():
    """A forged enrolment, well signed by the operator, with the receipt of another entry."""
    other = Log()
    forged = other.say(Enrol(FARM, STRANGER_KEY.public))
    pairs = ((LOG.entries[0], LOG.receipt(0, 8)), (other.entries[forged], LOG.receipt(1, 8)))
    raw = record.sign(header(STRANGER_KEY, FARM), b"{}", STRANGER_KEY)
    assert failure(Evidence(raw, EVIDENCE.receipt, pairs)) == (3, "PROOF_INVALID")


# -- step 4: entry in root


def test_step_4_a_record_that_is_not_in_the_log():
    """Well signed by the party, and never sealed."""
    raw = record.sign(header(FARM_KEY, FARM, number=77), b"{}", FARM_KEY)
    assert failure(replace(EVIDENCE, record=raw)) == (4, "PROOF_INVALID")


def test_step_4_the_receipt_of_a_neighbour():
    """A proof is of one entry."""
    assert failure(replace(EVIDENCE, receipt=LOG.receipt(6, 8, ANCHOR))) == (4, "PROOF_INVALID")


# -- step 5: the operator's signature


def forge(**changes):
    """Evidence whose receipts are signed by a key or for a log that are not the header's."""
    given_key = changes.pop("key", NODE_KEY)
    operator = changes.pop("operator", OPERATOR)
    log_id = changes.pop("log", LOG.id)
    time_ms = (START + 100) * 1000
    checkpoint = sign_checkpoint(
        log_id, 8, LOG.root(8), time_ms, time_ms + 3_600_000, operator=operator, key=given_key
    )
    receipts = [
        make_receipt(checkpoint, at, merkle.inclusion_path(at, 8, LOG.node), found)
        for at, found in ((5, replace(ANCHOR, log=log_id)), (0, None), (1, None))
    ]
    pairs = tuple(zip(LOG.entries[:2], receipts[1:], strict=True))
    return Evidence(LOG.entries[5], receipts[0], pairs)


@pytest.mark.parametrize(
    "changes", [{"key": STRANGER_KEY}, {"log": LogId(bytes(32))}, {"operator": MILL}], ids=str
)
def test_step_5_somebody_else_signed_the_root(changes):
    """Another key, another log, another operator."""
    assert failure(forge(**changes)) == (5, "PROOF_INVALID")


def test_step_5_a_changed_signature():
    """In all receipts alike, so that only this step can see it."""

    def changed(raw):
        receipt = parse_receipt(raw)
        return encode_receipt(replace(receipt, signature=bytes(64)))

    pairs = tuple((raw, changed(receipt)) for raw, receipt in EVIDENCE.controls)
    assert failure(Evidence(EVIDENCE.record, changed(EVIDENCE.receipt), pairs)) == (5, "PROOF_INVALID")


def test_step_5_a_size_that_is_not_signed():
    """The same path fits other (size, index) pairs; only the signed size is taken."""
    log = Log().fill(5)
    found = anchor(log, 5)

    def resized(raw, **changes):
        return encode_receipt(replace(parse_receipt(raw), anchor=None, **changes))

    pairs = tuple((log.entries[at], log.receipt(at, 5)) for at in (0, 1))
    forged = resized(log.receipt(4, 5, found), size=3, index=2)
    assert failure(Evidence(log.entries[4], forged, pairs)) == (5, "PROOF_INVALID")
