"""Evidence of forks as files: what they show without any node, and what they cannot be made to show."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.journey.holding_scene import Branch, Holder, scene
from tests.journey.scene import FARM_KEY, OPERATOR, control, statement
from tests.ports.batches import task
from tracehold.core import cbor
from tracehold.core.anchor import encode_anchor
from tracehold.core.checkpoint import sign_checkpoint
from tracehold.core.control import Rotate
from tracehold.core.errors import Rejected
from tracehold.core.forkproof import ForkProof, Verdict, check_fork, decode_fork, encode_fork
from tracehold.core.ids import LogId, Root
from tracehold.core.keys import Ed25519Key
from tracehold.journey.fork_evidence import seen_forks
from tracehold.journey.ports import AnchorState, Fork


async def forked() -> tuple[Holder, Branch, Branch]:
    """A holder of one branch, of entries 0 to 5 in two batches, that was shown another of size 4."""
    made = await scene()
    fork = made.branch.fork()
    made.branch.seal(statement(1).raw)
    made.branch.seal(statement(2).raw)
    fork.seal(statement(3).raw)
    await made.holder.take(made.branch, made.branch.shipment(0))
    assert (await made.holder.take(fork, fork.shipment(4))).refused == "FORK_SEEN"
    return made.holder, made.branch, fork


async def proof_of(holder: Holder) -> ForkProof:
    """The one that it has, through a file."""
    (found,) = await seen_forks(holder.store, holder.copies)
    assert decode_fork(encode_fork(found.proof)) == found.proof
    return found.proof


async def test_two_signed_states_are_shown_by_the_file_alone() -> None:
    """Also where what is kept is a later state, from which a path leads to the size in question."""
    holder, branch, fork = await forked()
    proof = await proof_of(holder)
    report = check_fork(proof)
    assert (report.verdict, report.operator, report.log, report.size) == (
        Verdict.TWO_STATES, OPERATOR, branch.log, 4
    )  # fmt: skip
    assert len(proof.path) > 0
    assert report.kept_root == branch.checkpoints[4].root
    assert report.shown_root == fork.checkpoints[4].root


async def test_a_state_against_the_chain_names_the_anchor() -> None:
    """Who reads it asks the chain for this one event."""
    holder, branch, _ = await forked()
    made = task(branch.log, 3, 4, AnchorState.FINAL).anchor
    assert made is not None
    anchor = replace(made, root=Root(b"\x09" * 32))
    shown = cbor.encode(encode_anchor(anchor))
    proof = replace(await proof_of(holder), shown=shown, by_chain=True)
    report = check_fork(decode_fork(encode_fork(proof)))
    assert (report.verdict, report.anchor) == (Verdict.STATE_AND_ANCHOR, anchor)
    assert report.shown_root == b"\x09" * 32


async def test_where_what_was_kept_is_lost_nothing_is_claimed() -> None:
    """The holder knows only that it signed for another state."""
    holder, branch, fork = await forked()
    note = fork.checkpoints[4].note
    await holder.copies.save_fork(Fork(branch.log, 3, b"", note, False, 1))
    first, _ = await seen_forks(holder.store, holder.copies)
    assert first.failed.startswith("PROOF_INVALID")  # of another size than it was kept under
    proof = replace(await proof_of_size(holder, 4), kept=b"", kept_root=b"", path=())
    assert check_fork(proof).verdict is Verdict.ONE_STATE


async def proof_of_size(holder: Holder, size: int) -> ForkProof:
    """The one of this size."""
    found = await seen_forks(holder.store, holder.copies)
    return next(each.proof for each in found if each.fork.size == size)


async def test_a_key_that_was_rotated_in_signs_for_the_log() -> None:
    """The rotation stands in the file, signed by the key before it."""
    made = await scene()
    key = Ed25519Key.from_seed(b"\x31" * 32)
    rotated = control(Rotate(key.public))
    made.branch.own = made.branch.own.followed_by(key)
    made.branch.seal(rotated.raw)
    fork = made.branch.fork()
    made.branch.seal(statement(1).raw)
    fork.seal(statement(2).raw)
    await made.holder.take(made.branch, made.branch.shipment(0))
    assert (await made.holder.take(fork, fork.shipment(4))).refused == "FORK_SEEN"
    proof = await proof_of(made.holder)
    assert proof.keys[1:] == (rotated.raw,)
    assert check_fork(proof).verdict is Verdict.TWO_STATES
    with pytest.raises(Rejected, match="BAD_SIGNATURE"):
        check_fork(replace(proof, keys=proof.keys[:1]))


def same_state(proof: ForkProof) -> ForkProof:
    """Attack: an honest creator's one state, given twice."""
    return replace(proof, shown=proof.kept, size=5, path=())


def other_root(proof: ForkProof) -> ForkProof:
    """Attack: a root that nobody signed."""
    return replace(proof, kept_root=bytes(32))


def other_log(proof: ForkProof) -> ForkProof:
    """Attack: the states of one log, held against another."""
    return replace(proof, log=LogId(b"\x01" * 32))


def other_size(proof: ForkProof) -> ForkProof:
    """Attack: an earlier and a later state of one log, said to be of one size."""
    return replace(proof, size=3)


def false_signature(proof: ForkProof) -> ForkProof:
    """Attack: a state that somebody else signed in the creator's name."""
    forged = sign_checkpoint(proof.log, 4, Root(bytes(32)), 1, 1, operator=OPERATOR, key=FARM_KEY)
    return replace(proof, shown=forged.note)


def false_rotation(proof: ForkProof) -> ForkProof:
    """Attack: a key that makes itself the log's, and signs."""
    forged = sign_checkpoint(proof.log, 4, Root(bytes(32)), 1, 1, operator=OPERATOR, key=FARM_KEY)
    own = control(Rotate(FARM_KEY.public), key=FARM_KEY)
    return replace(proof, keys=(*proof.keys, own.raw), shown=forged.note)


def cut_path(proof: ForkProof) -> ForkProof:
    """A proof that does not lead from one state to the other."""
    return replace(proof, path=proof.path[1:])


@pytest.mark.parametrize(
    "attack",
    [same_state, other_root, other_log, other_size, false_signature, false_rotation, cut_path],
    ids=lambda attack: attack.__name__,
)
async def test_nobody_is_accused_by_false_evidence(attack: Callable[[ForkProof], ForkProof]) -> None:
    """Each is refused."""
    holder, _, _ = await forked()
    with pytest.raises(Rejected) as refusal:
        check_fork(attack(await proof_of(holder)))
    assert refusal.value.code in {"PROOF_INVALID", "BAD_SIGNATURE"}


@pytest.mark.parametrize("raw", [b"", b"\xa0", b"junk", b"\x82" * 40, cbor.encode({0: "tracehold/fork/v1"})])
def test_what_is_no_such_file_is_malformed(raw: bytes) -> None:
    """Whatever it is."""
    with pytest.raises(Rejected, match="MALFORMED_PROOF"):
        decode_fork(raw)
