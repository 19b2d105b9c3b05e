"""Questions, signed answers, and transcripts that anybody can recompute."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.audits import ASKED_MS, BLOCK, EPOCH, EPOCH_S, NONCE, SIZE, World, hashes_only
from tests.logs import STRANGER_KEY
from tracehold.core import merkle
from tracehold.core.audit import (
    EntryAnswer,
    Mark,
    Outcome,
    State,
    Told,
    check_answer,
    sign_answer,
    told,
)
from tracehold.core.audit_transcript import MAX_BYTES, decode_transcript, sign_transcript
from tracehold.core.audit_verdict import examine, recompute
from tracehold.core.custody import Custody, nonce_hash
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint, LogId
from tracehold.core.limits import SEGMENT_ENTRIES
from tracehold.core.owed import Anchored

CREATOR, AUDITOR = LogId(b"\x0c" * 32), LogId(b"\x0a" * 32)
S = SEGMENT_ENTRIES


@pytest.fixture
def world():
    """A holder that keeps the whole log, and an auditor that does too."""
    return World()


def test_an_honest_holder_passes(world):
    """And anybody recomputes it from the bytes."""
    made = world.made()
    found = examine(made, world.view())
    assert (made.outcome, found.outcome) == (Outcome.PASS, Outcome.PASS)
    assert set(found.marks) == {Mark.OK}
    assert len(found.places) == 46
    assert found.failed == ()
    assert made.latency_ms == 250


def test_security_a_holder_that_keeps_only_hashes_fails_at_once(world):
    """Every place is wrong: what leads to the root is the hash of bytes, not the hash itself."""
    made = world.made(lambda place: hashes_only(place, world))
    found = examine(made, world.view())
    assert made.outcome is Outcome.FAIL
    assert set(found.marks) == {Mark.WRONG}


def test_security_a_digest_in_place_of_an_erasure_is_wrong_where_nothing_was_redacted(world):
    """It has the tree, so fingerprint and path are right."""
    said = world.honest

    def erased(place):
        return EntryAnswer(erased=Fingerprint(told(said(place)).fingerprint), path=said(place).path)

    draft = world.draft([world.part(world.answered(world.question(), erased))])
    assert set(recompute(draft, world.view()).marks) == {Mark.ERASED}
    strict = world.view(redacted=lambda place, fingerprint: False)
    assert recompute(draft, strict).outcome is Outcome.FAIL
    known = world.view(redacted=lambda place, fingerprint: True)
    assert recompute(draft, known).outcome is Outcome.PASS


def test_a_place_that_is_missing_is_signed_and_fails(world):
    """One of 46 is enough."""
    one = world.question().entries[5]
    made = world.made(lambda place: EntryAnswer(missing=True) if place == one else world.honest(place))
    found = examine(made, world.view())
    assert found.outcome is Outcome.FAIL
    assert one in found.failed


def test_security_right_bytes_with_a_wrong_path_are_wrong(world):
    """The path of the entry beside it, a path cut short, and one under another size."""
    for false in (
        lambda place: merkle.inclusion_path(place.index ^ 1, SIZE, world.creator.node),
        lambda place: world.honest(place).path[:-1],
        lambda place: (*world.honest(place).path, bytes(32)),
    ):
        made = world.made(lambda place, false=false: replace(world.honest(place), path=tuple(false(place))))
        assert examine(made, world.view()).outcome is Outcome.FAIL


def test_an_answer_after_the_window_is_contained(world):
    """Never a failure: nothing it said was wrong. A wrong one is wrong however late."""
    assert world.made(took_ms=600_001).outcome is Outcome.CONTAINED
    assert world.made(took_ms=600_000).outcome is Outcome.PASS
    late = world.made(lambda place: EntryAnswer(missing=True), took_ms=600_001)
    assert late.outcome is Outcome.FAIL


def test_answers_that_come_in_parts_are_one_audit(world):
    """Each part is signed for its own places; without the last ones it is contained."""
    question = world.question()
    parts = []
    for begin in range(0, 46, 20):
        rest = replace(question, entries=question.entries[begin : begin + 20])
        parts.append(world.part(world.answered(rest)))
    whole = world.draft(parts, outcome=Outcome.PASS)
    assert examine(world.signed(whole), world.view()).outcome is Outcome.PASS
    short = world.draft(parts[:-1], outcome=Outcome.CONTAINED)
    assert examine(world.signed(short), world.view()).outcome is Outcome.CONTAINED
    with pytest.raises(Rejected):
        examine(world.signed(replace(whole, parts=tuple(parts[::-1]))), world.view())


def test_silence_is_contained(world):
    """And so is a custody record that was never written."""
    for changes in ({}, {"custody": None}):
        made = world.signed(world.draft((), **changes))
        assert examine(made, world.view()).outcome is Outcome.CONTAINED


def refused(made, view, code="PROOF_INVALID"):
    """Nobody takes this transcript."""
    with pytest.raises(Rejected) as refusal:
        examine(made, view)
    assert refusal.value.code == code


def test_security_an_auditor_that_frames_is_seen(world):
    """It says fail where the answers show pass; puts missing where bytes were; turns a path; asks for places
    that were not drawn; signs for the holder.
    """
    honest = world.made()
    refused(world.signed(replace(honest, outcome=Outcome.FAIL)), world.view())
    part = honest.parts[0]
    gone = replace(part, answers=(Told(State.MISSING), *part.answers[1:]))
    turned = replace(
        part, answers=(replace(part.answers[0], path=part.answers[0].path[::-1]), *part.answers[1:])
    )
    for false in (gone, turned):
        made = world.signed(replace(honest, parts=(false,), outcome=Outcome.FAIL))
        refused(made, world.view(), "BAD_SIGNATURE")
    question = world.question()
    chosen = replace(question, entries=question.entries[::-1])
    made = world.draft([world.part(world.answered(chosen))], outcome=Outcome.FAIL)
    refused(world.signed(made), world.view(), "BAD_SIGNATURE")
    own = world.answered(question, lambda place: EntryAnswer(missing=True), world.auditor.node_key)
    refused(world.signed(world.draft([world.part(own)], outcome=Outcome.FAIL)), world.view(), "BAD_SIGNATURE")


def test_security_an_auditor_that_hides_a_failure_is_seen(world):
    """It cannot say pass, nor drop what was wrong and say contained, without the holder's signature."""
    made = world.made(lambda place: EntryAnswer(missing=True))
    for outcome in (Outcome.PASS, Outcome.CONTAINED):
        refused(world.signed(replace(made, outcome=outcome)), world.view())
    (part,) = made.parts
    cut = replace(part, answers=part.answers[:1])
    refused(world.signed(replace(made, parts=(cut,))), world.view(), "BAD_SIGNATURE")


def test_security_an_auditor_that_changes_its_nonce_is_seen(world):
    """It committed before the block; another one would let it choose the places."""
    refused(world.signed(world.draft((), nonce=b"\x18" * 32)), world.view())


def test_security_a_nonce_committed_after_the_block_is_none(world):
    """Also in the very block: whoever seals it could choose both."""
    for block in (BLOCK[0], BLOCK[0] + 1):
        says = Custody(EPOCH_S, EPOCH, nonce_hash(b"\x18" * 32), world.kept)
        late = world.keep(world.auditor, says, block)
        refused(world.signed(world.draft((), own=late, nonce=b"\x18" * 32)), world.view())


def test_security_a_holder_that_says_after_the_block_what_it_keeps_is_seen(world):
    """It would leave out what it is about to be asked for."""
    late = world.keep(world.holder, Custody(EPOCH_S, EPOCH, bytes(32), ()), BLOCK[0])
    refused(world.signed(world.draft((), custody=late)), world.view())


def test_security_a_custody_record_of_somebody_else_is_refused(world):
    """One that a party signed, that of another epoch, of other seconds, or one of another log."""
    says = Custody(EPOCH_S, EPOCH, nonce_hash(NONCE), world.kept)
    false = [
        world.keep(world.holder, says, key=STRANGER_KEY),
        world.keep(world.holder, replace(says, epoch=EPOCH - 1)),
        world.keep(world.holder, replace(says, epoch_s=3600)),
        world.own,
        replace(world.custody, receipt=world.own.receipt),
        replace(world.custody, record=world.creator.entries[3]),
        replace(world.custody, record=b""),
    ]
    for custody in false:
        refused(world.signed(world.draft((), custody=custody)), world.view())


def test_security_a_holder_that_writes_two_custody_records_signed_both(world):
    """To each auditor the one that spares it: both transcripts hold, and show two records of one epoch."""
    first = world.made()
    shorter = (replace(world.kept[0], stop=SIZE + 1),)
    second = world.keep(world.holder, Custody(EPOCH_S, EPOCH, bytes(32), shorter))
    other = world.made(custody=second)
    for made in (first, other):
        assert examine(made, world.view()).outcome is Outcome.PASS
    assert (first.holder, first.epoch) == (other.holder, other.epoch)
    assert first.custody.record != other.custody.record


def test_security_answers_of_another_holder_are_replayed(world):
    """Its signature and its seed are of its own name, so neither places nor signature fit."""
    other = World()
    other.holder = world.creator
    draft = other.draft((), custody=world.custody)
    question = replace(world.question(), entries=tuple(other.places(draft)))
    assert question.entries != world.question().entries
    stolen = world.draft([world.part(other.answered(question, key=STRANGER_KEY))], outcome=Outcome.PASS)
    refused(world.signed(stolen), world.view(), "BAD_SIGNATURE")
    bound = [told(world.honest(place)) for place in world.question().entries]
    for field in ("network", "auditor", "holder"):
        between = replace(world.between, **{field: bytes(32)})
        signature = sign_answer(between, world.question(), bound, world.holder.node_key)
        with pytest.raises(Rejected):
            check_answer(world.between, world.question(), bound, signature, world.holder.node_key.public)


@pytest.mark.parametrize(
    "changes",
    [
        {"network": bytes(32)},
        {"epoch_s": 3600},
        {"block": (BLOCK[0] + 1, BLOCK[1])},
        {"block": (BLOCK[0], bytes(32))},
        {"keys": {}},
        {"anchors": {}},
    ],
)
def test_a_transcript_of_another_chain_is_refused(world, changes):
    """Or of one whose history is another."""
    made = world.made()
    with pytest.raises(Rejected):
        examine(made, world.view(**changes))


def test_a_key_that_ended_before_the_epoch_signs_nothing_in_it(world):
    """Its custody record of before is good; one that ended within the epoch is, too."""
    made = world.made()
    for log in (world.holder, world.auditor):
        for ended, good in ((BLOCK[0], False), (BLOCK[0] + 1, True)):
            old = replace(world.keys[log.id][0], ended=ended)
            view = world.view(keys={**world.keys, log.id: [old]})
            if good:
                assert examine(made, view).outcome is Outcome.PASS
            else:
                refused(made, view, "BAD_SIGNATURE")


def test_a_transcript_that_anybody_else_signed_is_refused(world):
    """Or nobody."""
    refused(world.signed(world.made(), STRANGER_KEY), world.view(), "BAD_SIGNATURE")


@pytest.mark.parametrize("samples", [0, 129])
def test_an_audit_of_no_or_too_many_samples_is_none(world, samples):
    """One to 128."""
    refused(world.signed(world.draft((), samples=samples)), world.view())


def test_nothing_owed_is_no_audit(world):
    """Where nothing was anchored before the epoch, or the two share nothing."""
    world.anchors[world.creator.id] = [Anchored(SIZE, world.creator.root(), BLOCK[0])]
    refused(world.signed(world.draft(())), world.view())


def test_what_is_read_is_what_was_written(world):
    """All fields."""
    made = world.made()
    again = decode_transcript(sign_transcript(made, world.auditor.node_key))
    assert again == made
    assert again.asked_ms == ASKED_MS


def silent():
    """A world, and a small transcript of it."""
    world = World()
    return world, sign_transcript(world.draft(()), world.auditor.node_key)


SILENT = silent()


@given(st.integers(0, 1 << 16), st.integers(0, 255))
def test_a_changed_byte_is_refused_or_the_same(at, value):
    """With a code, wherever it is."""
    world, raw = SILENT
    changed = bytearray(raw)
    changed[at % len(raw)] = value
    if changed == raw:
        return
    with pytest.raises(Rejected):
        examine(decode_transcript(bytes(changed)), world.view())


def test_an_endless_transcript_is_not_read():
    """Nor one of no form."""
    for raw in (bytes(MAX_BYTES + 1), b"", b"\x82\x40\x40", b"\xa0"):
        with pytest.raises(Rejected) as refusal:
            decode_transcript(raw)
        assert refusal.value.code == "MALFORMED_PROOF"
