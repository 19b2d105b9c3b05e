"""What came of an audit, recomputed from its transcript and the chain (docs/spec/audit.md).

Nobody's word is taken, the auditor's neither, but for three things that can do no harm: when it asked and was
answered, that no answer came, and that it found no custody record. None of these is ever more than
`contained`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tracehold.core.audit import (
    MAX_PLACES,
    Asked,
    AskedEntry,
    Mark,
    Outcome,
    check_answer,
    mark,
    seed_of,
)
from tracehold.core.audit_transcript import Said, Transcript, signed_text
from tracehold.core.custody import Custody, decode_custody, nonce_hash
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId, NetworkId
from tracehold.core.keys import PublicKey
from tracehold.core.merkle import leaf_hash, root_from_inclusion, verify_consistency
from tracehold.core.owed import Anchors, owed
from tracehold.core.receipt import Receipt, parse_receipt
from tracehold.core.record import Kind, Record, check_signature, parse
from tracehold.core.sampling import draw

Redacted = Callable[[AskedEntry, bytes], bool | None]
"""Whether a redaction names the record with this fingerprint at a place; None where that is not known."""


def unknown(_: AskedEntry, __: bytes) -> bool | None:
    """Nothing is known of redactions."""
    return None


@dataclass(frozen=True, slots=True)
class NodeKey:
    """A node key, and the number of the block that ended it; None while it is in force."""

    key: PublicKey
    ended: int | None = None


@dataclass(frozen=True, slots=True)
class AuditView:
    """What a verifier knows of its own: the network and its epoch in seconds, the first final block of the
    transcript's epoch (number, hash), all node keys of both nodes by log, the final anchors of their logs and
    of those that they keep.
    """

    network: NetworkId
    epoch_s: int
    block: tuple[int, bytes]
    keys: Mapping[LogId, Sequence[NodeKey]]
    anchors: Anchors
    redacted: Redacted = unknown


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of an audit: of each place that was answered, and of all."""

    outcome: Outcome
    places: tuple[AskedEntry, ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def failed(self) -> tuple[AskedEntry, ...]:
        """The places that the holder signed a wrong answer to, or none."""
        marked = zip(self.places, self.marks, strict=False)
        return tuple(place for place, found in marked if found in (Mark.WRONG, Mark.MISSING))


def examine(transcript: Transcript, view: AuditView) -> Verdict:
    """The verdict of a transcript that was read, recomputed. Raises PROOF_INVALID where anything in it is not
    as it must be, or its outcome is another; BAD_SIGNATURE where its auditor did not sign it.
    """
    keys = [each.key for each in view.keys.get(transcript.auditor, ()) if _late(each, transcript)]
    _any_of(keys, lambda key: key.verify(transcript.signature, signed_text(transcript)))
    found = recompute(transcript, view)
    if found.outcome is not transcript.outcome:
        raise _false(f"the transcript says {transcript.outcome}, and shows {found.outcome}")
    return found


def recompute(transcript: Transcript, view: AuditView) -> Verdict:
    """The same before it is signed, whatever outcome it says."""
    of = transcript
    if (of.network, of.epoch_s, of.block) != (view.network, view.epoch_s, view.block):
        raise _false("another network or epoch, or not the epoch's first final block")
    if not 0 < of.samples <= MAX_PLACES:
        raise _false(f"an audit has 1 to {MAX_PLACES} samples")
    own = _custody(of, of.own, of.auditor, view)
    if nonce_hash(of.nonce) != own.nonce_hash:
        raise _false("the auditor committed to another nonce")
    if of.custody is None:
        if of.parts:
            raise _false("answers by a holder that owed nothing")
        return Verdict(Outcome.CONTAINED)
    holder = _custody(of, of.custody, of.holder, view)
    places = places_of(of, own, holder, view.anchors)
    if not places:
        raise _false("the holder owed this auditor nothing")
    _check_answers(of, places, view)
    marks = tuple(_marks(of, places, view))
    return Verdict(_outcome(of, places, marks), places, marks)


def places_of(of: Transcript, own: Custody, holder: Custody, anchors: Anchors) -> tuple[AskedEntry, ...]:
    """What the auditor has to ask. `own` is its custody record, `holder` that of whom it asks."""
    number, block = of.block
    seed = seed_of(of.between, of.epoch, block, of.nonce)
    return draw(seed, owed(holder, of.auditor, own, anchors, number), of.samples, of.epoch)


def asked(of: Transcript, places: Sequence[AskedEntry]) -> Asked:
    """The question for these places."""
    return Asked(of.epoch_s, of.epoch, of.nonce, of.block[1], (*places,))


def read_custody(
    said: Said, network: NetworkId, keys: Sequence[NodeKey], of: LogId, anchors: Anchors, before: int
) -> Custody:
    """What a custody record of this network says that one of these node keys signed and that a final anchor
    of its log in a block before this number covers. PROOF_INVALID otherwise.
    """
    try:
        record, receipt = parse(said.record), parse_receipt(said.receipt)
        if (record.header.kind, record.header.aud) != (Kind.CUSTODY, network):
            raise _false("another kind, or of another network")
        _any_of([each.key for each in keys], lambda key: check_signature(record, key))
        _check_anchored(record, receipt, of, anchors, before)
        return decode_custody(record.payload)
    except Rejected as refusal:
        raise _false(f"custody record: {refusal.message}") from refusal


def _custody(transcript: Transcript, said: Said, of: LogId, view: AuditView) -> Custody:
    found = read_custody(said, view.network, view.keys.get(of, ()), of, view.anchors, view.block[0])
    if (found.epoch_s, found.epoch) != (transcript.epoch_s, transcript.epoch):
        raise _false("a custody record of another epoch")
    return found


def _check_anchored(record: Record, receipt: Receipt, log: LogId, anchors: Anchors, before: int) -> None:
    if receipt.anchor is None:
        raise _false("it is not anchored")
    size, root = receipt.anchor.size, receipt.anchor.root
    if not any(
        (each.size, each.root) == (size, root) and each.block < before for each in anchors.get(log, ())
    ):
        raise _false("no final anchor before the epoch covers it")
    reached = root_from_inclusion(leaf_hash(record.fingerprint), receipt.index, receipt.size, receipt.path)
    verify_consistency(receipt.size, size, reached, root, receipt.consistency or ())


def _check_answers(of: Transcript, places: Sequence[AskedEntry], view: AuditView) -> None:
    """Every part is signed by the holder, for the next places. The key is one that was in force in the epoch
    or later.
    """
    keys = [each.key for each in view.keys.get(of.holder, ()) if _late(each, of)]
    begin = 0
    for part in of.parts:
        question = asked(of, places[begin:])
        _any_of(keys, lambda key: check_answer(of.between, question, part.answers, part.signature, key))  # noqa: B023
        begin += len(part.answers)


def _marks(of: Transcript, places: Sequence[AskedEntry], view: AuditView) -> Iterator[Mark]:
    roots = {(log, each.size): each.root for log, found in view.anchors.items() for each in found}
    for place, answer in zip(places, of.answers, strict=False):
        found = mark(place, answer, roots[place.log, place.size])
        if found is Mark.ERASED and view.redacted(place, answer.fingerprint) is False:
            found = Mark.WRONG
        yield found


def _outcome(of: Transcript, places: Sequence[AskedEntry], marks: Sequence[Mark]) -> Outcome:
    if any(found in (Mark.WRONG, Mark.MISSING) for found in marks):
        return Outcome.FAIL
    late = any(part.answered_ms - part.asked_ms > of.window_ms for part in of.parts)
    return Outcome.CONTAINED if late or len(marks) < len(places) else Outcome.PASS


def _late(key: NodeKey, of: Transcript) -> bool:
    """Whether the key was in force at the epoch's first block, or later."""
    return key.ended is None or key.ended > of.block[0]


def _any_of(keys: Sequence[PublicKey], check: Callable[[PublicKey], None]) -> None:
    """Returns if the check returns for one of the keys; raises what it raised for the last."""
    refusal = Rejected("BAD_SIGNATURE", "no key of this node is known")
    for key in keys:
        try:
            return check(key)
        except Rejected as error:
            refusal = error
    raise refusal


def _false(message: str) -> Rejected:
    return Rejected("PROOF_INVALID", message, path="transcript")
