"""Evidence: what verifies, and for each numbered step what makes exactly that step fail."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.blocks import BLOCK_TIME, CHAIN_ID, CONTRACT, anchor, keccak256, proof_of
from tests.logs import (
    FARM,
    FARM_KEY,
    MILL,
    MILL_KEY,
    NETWORK,
    NODE_KEY,
    OPERATOR,
    START,
    STRANGER_KEY,
    Log,
    header,
    without_proof,
)
from tracehold.core import cbor, merkle, record
from tracehold.core.anchorproof import AnchoredEvent
from tracehold.core.checkpoint import sign_checkpoint
from tracehold.core.control import Enrol, Mandate, Revoke
from tracehold.core.errors import Rejected
from tracehold.core.evidence import (
    ChainView,
    Evidence,
    Trust,
    decode_evidence,
    encode_evidence,
    parse_trust,
    report,
    verify,
)
from tracehold.core.ids import LogId, NetworkId, Root
from tracehold.core.receipt import encode_receipt, make_receipt, parse_receipt
from tracehold.core.roster import Level

NOW = (START + 1_000) * 1000
LOG = Log().fill(10)
ANCHOR = anchor(LOG, 8, 2)
TRUST = Trust(NETWORK, CHAIN_ID, CONTRACT, frozenset({keccak256(proof_of(ANCHOR).headers[-1])}))
EVIDENCE = LOG.evidence(5, 8, ANCHOR)
EVENT = AnchoredEvent(1, 2, 8, LOG.root(8), (2,))
CHAIN = ChainView(
    CHAIN_ID,
    CONTRACT,
    NETWORK,
    ANCHOR.block_hash,
    BLOCK_TIME,
    ANCHOR.block_number,
    EVENT,
    LOG.id,
)
STEPS = 9


def failure(evidence=EVIDENCE, trust=TRUST, chain=None, now=NOW):
    """(step, code) of a refusal; the report must tell the same, and claim nothing beyond it."""
    found = report(evidence, trust, chain, now)
    with pytest.raises(Rejected) as refusal:
        verify(evidence, trust, chain, now)
    assert found.error is not None
    assert (refusal.value.code, refusal.value.path) == (found.error.code, found.error.path)
    [step] = [line.number for line in found.steps if line.status == "failed"]
    statuses = [line.status for line in found.steps if line.required]
    assert statuses == ["ok"] * (step - 1) + ["failed"] + ["not checked"] * (STEPS - step)
    assert refusal.value.path.startswith(f"step {step} (")
    assert found.state != "FINAL"
    return step, refusal.value.code


def speaker(found):
    """Who speaks, of a report that says so."""
    assert found.speaker is not None
    return found.speaker


# -- what verifies


def test_final_evidence_verifies_offline():
    """Under a pinned block, with no chain at hand: every required line ok."""
    found = verify(EVIDENCE, TRUST, None, NOW)
    assert (found.state, found.error, found.index, found.log) == ("FINAL", None, 5, LOG.id)
    assert found.fingerprint == record.fingerprint(LOG.entries[5])
    assert [line.status for line in found.steps if line.required] == ["ok"] * STEPS
    assert (speaker(found).party, speaker(found).level) == (FARM, Level.SIGNED_BY_PARTY)
    assert found.anchor == ANCHOR
    assert not found.late


def test_what_is_not_checked_is_said():
    """Lines beyond the required ones are there, and never say ok."""
    for chain, names in (
        (None, {"revocations", "holders", "node number"}),
        (CHAIN, {"revocations", "holders"}),
    ):
        extra = [line for line in verify(EVIDENCE, TRUST, chain, NOW).steps if not line.required]
        assert {line.name for line in extra} == names
        assert {line.status for line in extra} == {"not checked"}


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
    assert speaker(verify(LOG.evidence(0, 8, found, controls=[0]), trust, None, NOW)).party == OPERATOR


def test_delegation_and_mandate_are_told_apart():
    """The level is that of the record's position."""
    log = Log()
    log.event(NODE_KEY, FARM)
    log.say(Mandate(OPERATOR), FARM_KEY, FARM)
    log.event(NODE_KEY, FARM)
    found = anchor(log, 5)
    trust = replace(TRUST, block_hashes=frozenset({found.block_hash}))
    levels = [
        speaker(verify(log.evidence(at, 5, found, controls=[0, 1, 3]), trust, None, NOW)).level
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


# -- step 1: bytes


@pytest.mark.parametrize(
    "evidence",
    [
        replace(EVIDENCE, record=b""),
        replace(EVIDENCE, record=EVIDENCE.record + b"\x00"),
        replace(EVIDENCE, receipt=b""),
        replace(EVIDENCE, controls=((b"", EVIDENCE.receipt),)),
        replace(EVIDENCE, controls=((EVIDENCE.record, b""),)),
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


@pytest.mark.parametrize("controls", [[1], [1, 0], [0, 0], [0, 1, 1], [2, 0, 1]])
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
        {"network": NetworkId(bytes(32))},
        {"chain_id": 1},
        {"contract": bytes(20)},
        {"network": None},
        {"chain_id": None},
        {"contract": None},
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
        ({"network": NetworkId(bytes(32))}, "UNTRUSTED"),
        ({"block_hash": bytes(32)}, "PROOF_INVALID"),
        ({"block_hash": None}, "PROOF_INVALID"),
        ({"event": None}, "PROOF_INVALID"),
        ({"event": replace(EVENT, root=Root(bytes(32)))}, "PROOF_INVALID"),
        ({"node_log": bytes(32)}, "PROOF_INVALID"),
        ({"node_log": None}, "PROOF_INVALID"),
        ({"final_number": ANCHOR.block_number - 1}, "NOT_ANCHORED"),
    ],
    ids=str,
)
def test_step_8_the_chain_does_not_agree(changes, code):
    """Another chain or contract, a block that is not canonical or not final, a node of another log."""
    assert failure(trust=None, chain=replace(CHAIN, **changes)) == (8, code)


def test_step_8_pins_bind_the_chain_too():
    """A trust file is not forgotten because an RPC was given."""
    assert failure(trust=replace(TRUST, chain_id=1), chain=CHAIN) == (8, "UNTRUSTED")


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


# -- the file


def test_file_round_trip():
    """A file gives back what was written."""
    assert decode_evidence(encode_evidence(EVIDENCE)) == EVIDENCE


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        cbor.encode({0: "tracehold/evidence/v2", 1: b"", 2: b"", 3: [[b"", b""]]}),
        cbor.encode({1: b"", 2: b"", 3: [[b"", b""]]}),
        cbor.encode({0: "tracehold/evidence/v1", 1: b"", 2: b"", 3: []}),
        cbor.encode({0: "tracehold/evidence/v1", 1: b"", 2: b"", 3: [[b""]]}),
        cbor.encode({0: "tracehold/evidence/v1", 1: b"", 2: b"", 3: [b""]}),
        cbor.encode({0: "tracehold/evidence/v1", 1: b"", 2: "", 3: [[b"", b""]]}),
        cbor.encode({0: "tracehold/evidence/v1", 1: b"", 2: b"", 3: [[b"", b""]], 4: 1}),
        encode_evidence(EVIDENCE) + b"\x00",
        bytes((16 << 20) + 1),
    ],
    ids=range(11),
)
def test_other_files_are_refused(raw):
    """Another version, missing or unknown parts, no control records."""
    with pytest.raises(Rejected) as refusal:
        decode_evidence(raw)
    assert refusal.value.code == "MALFORMED_PROOF"


FILE = encode_evidence(EVIDENCE)


@settings(max_examples=300)
@given(st.integers(0, len(FILE) - 1), st.integers(0, 7))
def test_a_changed_bit_anywhere_in_the_file_is_noticed(at, bit):
    """But in two fields that only say where to look: transaction hash and log index."""
    changed = bytearray(FILE)
    changed[at] ^= 1 << bit
    try:
        found = verify(decode_evidence(bytes(changed)), TRUST, None, NOW)
    except Rejected:
        return
    assert found.anchor is not None
    assert replace(found.anchor, tx_hash=ANCHOR.tx_hash, log_index=ANCHOR.log_index) == ANCHOR


# -- the trust file

PINS = {
    "network": NETWORK.hex(),
    "chainId": CHAIN_ID,
    "contract": "0x" + CONTRACT.hex(),
    "blocks": ["0x" + block.hex() for block in TRUST.block_hashes],
}


def test_trust_file():
    """Four pins, with or without 0x."""
    assert parse_trust(json.dumps(PINS).encode()) == TRUST


@pytest.mark.parametrize(
    "pins",
    [
        [],
        {},
        {**PINS, "signers": ["0x00"]},
        {**PINS, "accounts": []},
        {**PINS, "block": []},
        {key: value for key, value in PINS.items() if key != "network"},
        {**PINS, "network": "00"},
        {**PINS, "network": "zz" * 32},
        {**PINS, "network": None},
        {**PINS, "chainId": "1337"},
        {**PINS, "chainId": 0},
        {**PINS, "chainId": True},
        {**PINS, "contract": "0x" + "00" * 19},
        {**PINS, "blocks": []},
        {**PINS, "blocks": "0x" + "00" * 32},
        {**PINS, "blocks": ["0x00"]},
        {**PINS, "blocks": [1]},
    ],
    ids=range(17),
)
def test_other_trust_files_are_refused(pins):
    """Unknown, missing, mistyped pins, and those that are not served yet: never overlooked."""
    with pytest.raises(Rejected) as refusal:
        parse_trust(json.dumps(pins).encode())
    assert refusal.value.code == "BAD_CONFIG"


@pytest.mark.parametrize("raw", [b"", b"\xff", b'{"network": 1, "network": 2}', b"[" * 100_000])
def test_trust_files_that_are_no_json(raw):
    """Broken, not UTF-8, a key twice, absurdly deep."""
    with pytest.raises(Rejected) as refusal:
        parse_trust(raw)
    assert refusal.value.code == "BAD_CONFIG"
