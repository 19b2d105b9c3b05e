"""Receipts, evidence and proofs from a holder that keeps a part of a log: only what its tiles lead to."""

from copy import deepcopy
from dataclasses import replace

from tests.journey.holding_scene import anchor
from tests.journey.scene import MILL, MILL_KEY, damaged, statement
from tests.journey.segments_scene import CONTROLS, START, Long, long
from tests.journey.test_kept_anchors import follower
from tracehold.core.evidence import Evidence, decode_evidence, report
from tracehold.core.ids import Fingerprint
from tracehold.core.merkle import leaf_hash, verify_inclusion
from tracehold.core.receipt import parse_receipt
from tracehold.journey.ports import AnchorState
from tracehold.journey.proofs import Proofs
from tracehold.journey.receipts import Receipts
from tracehold.journey.speakers import Speakers
from tracehold.journey.states import State

FINAL = START + 3
"""So many entries are final; one more is sealed, and the holder has it too."""


async def settled() -> Long:
    """Two spans with a hole between: the first entries of the log, and four of the second segment."""
    made = await long(statement(1, key=MILL_KEY, party=MILL).raw, damaged(statement(2)).raw)
    made.branch.seal(statement(3).raw)
    await made.holder.take(made.branch, made.branch.shipment(0, 3))
    shipped = made.branch.shipment(START, FINAL)
    await made.holder.take(
        made.branch, replace(await made.first(), entries=shipped.entries, checkpoint=shipped.checkpoint)
    )
    await made.holder.take(made.branch, made.branch.shipment(FINAL, prev_size=START))
    await anchor(made.holder.chain, made.branch, FINAL)
    made.holder.chain.mine(3)
    anchors = follower(made.holder)
    await anchors.step()
    await anchors.step()
    return made


async def of_the_creator(made: Long) -> Receipts:
    """What the creator answers from, with the same anchors."""
    store = await replace(made.branch, store=deepcopy(made.branch.store)).disk()
    for task in await made.holder.store.anchors(made.branch.log, {AnchorState.FINAL}):
        await store.save_anchor(task)
    return Receipts(store)


def names(made: Long, *indices: int) -> list[Fingerprint]:
    """Fingerprints of these entries."""
    return [made.branch.entries[at].fingerprint for at in indices]


async def test_receipts_of_a_later_span_are_the_creators() -> None:
    """Byte for byte, final or not, with the control records that vouch for the signer out of the base; one
    with a false signature is not among them.
    """
    made = await settled()
    theirs, ours = await of_the_creator(made), Receipts(made.holder.store)
    known = names(made, START, START + 1, START + 2, START + 3)
    assert await ours.receipts(known) == await theirs.receipts(known)
    for name in known:
        assert await ours.evidence(name) == await theirs.evidence(name)
    evidence = decode_evidence(await ours.evidence(known[1]))
    assert parse_receipt(evidence.receipt).anchor is not None
    assert parse_receipt((await ours.receipts(known))[known[3]]).anchor is None
    vouching = [made.branch.entries[at].raw for at in (0, 300)]
    assert [raw for raw, _ in evidence.controls] == vouching
    assert _signed(evidence)


def _signed(evidence: Evidence) -> bool:
    result = report(evidence, None, None, 0)
    return result.speaker is not None and result.speaker.party == MILL


async def test_a_record_of_a_base_has_a_receipt_too() -> None:
    """Under the first checkpoint behind it, asked for alone or with others, which keep theirs."""
    made = await settled()
    ours = Receipts(made.holder.store)
    both = names(made, 300, START + 1)
    together = await ours.receipts(both)
    for name, index in zip(both, (300, START + 1), strict=True):
        assert together[name] == await ours.receipt(name)
        receipt = parse_receipt(together[name])
        assert receipt.index == index
        root = made.branch.checkpoints[receipt.size].root
        verify_inclusion(leaf_hash(name), index, receipt.size, receipt.path, root)
    assert parse_receipt(together[both[1]]).anchor is not None


async def test_entries_are_proved_under_a_root_of_their_own_span() -> None:
    """Those of the last one under its newest anchor, those before the hole under what was kept of them, and
    the control records of the base under what follows it. Everything that is asked is proved.
    """
    made = await settled()
    proofs, log = Proofs(made.holder.store), made.branch.log
    expected = {0: 3, 2: 3, 300: FINAL, 40_000: FINAL, START: FINAL, FINAL - 1: FINAL, FINAL: FINAL + 1}
    for index, size in expected.items():
        standing = await proofs.standing(log, index)
        assert standing is not None
        assert standing.size == size
        assert standing.state is (State.FINAL if size == FINAL else State.SEALED)
        (name,) = names(made, index)
        assert list(await proofs.failures(standing, {index: name})) == []
        assert list(await proofs.failures(standing, {index: Fingerprint(bytes(32))})) == [index]
    assert await proofs.standing(log, FINAL + 1) is None


async def test_speakers_of_a_span_are_those_of_the_whole_log() -> None:
    """A revocation with a false signature, which stands in the base, revokes nothing."""
    made = await settled()
    roster = await Speakers(made.holder.store).roster(made.branch.log)
    assert roster is not None
    assert roster.parties() >= {MILL}
    assert [entry.index for entry in await made.holder.store.controls(made.branch.log)] == [*CONTROLS, START]
    assert made.branch.own.roster.parties() >= roster.parties()
