"""Receipts and evidence made from the store."""

import pytest

from tests.journey.chain_scene import anchored
from tests.journey.scene import (
    FARM,
    FARM_KEY,
    MILL,
    MILL_KEY,
    NODE_KEY,
    OPERATOR,
    START,
    control,
    creator,
    event,
    statement,
)
from tracehold.core.control import Enrol, Mandate, Revoke
from tracehold.core.errors import Broken, Rejected
from tracehold.core.evidence import decode_evidence, report
from tracehold.core.ids import Fingerprint
from tracehold.core.keys import SigningKey
from tracehold.core.merkle import leaf_hash
from tracehold.core.receipt import check_receipt, parse_receipt
from tracehold.core.record import Kind, parse
from tracehold.core.roster import Level
from tracehold.journey.delegate import Delegated
from tracehold.journey.receipts import Receipts

NOW_MS = int(START * 1000)


async def test_every_entry_has_a_receipt_that_verifies() -> None:
    """Across several checkpoints and tiles; each leads to the root that its checkpoint signed."""
    async with creator() as made:
        for count in (1, 255, 7, 300):
            await made.upload(*[statement(at) for at in range(count)], receipts=False)
        entries = await made.store.read(made.sealer.own.log, 0, 1000)
        receipts = await Receipts(made.store).receipts([entry.fingerprint for entry in entries])
        assert len(receipts) == len(entries) == 566
        for entry in entries:
            receipt = parse_receipt(receipts[entry.fingerprint])
            assert receipt.index == entry.index
            check_receipt(receipt, leaf_hash(entry.fingerprint), NODE_KEY.public)


async def test_a_record_that_is_not_here_has_no_receipt() -> None:
    """NOT_FOUND, for receipt and evidence."""
    async with creator() as made:
        receipts = Receipts(made.store)
        for ask in (receipts.receipt, receipts.evidence):
            with pytest.raises(Rejected, match="NOT_FOUND"):
                await ask(Fingerprint(b"\x01" * 32))
        assert await receipts.receipts([Fingerprint(b"\x01" * 32)]) == {}


async def test_sealed_evidence_holds_up_to_the_anchor() -> None:
    """Record, signer, inclusion and operator verify offline; only the anchor is missing."""
    async with creator() as made:
        (outcome,) = await made.upload(statement(1))
        assert outcome.fingerprint is not None
        evidence = decode_evidence(await Receipts(made.store).evidence(outcome.fingerprint))
        result = report(evidence, None, None, NOW_MS)
        assert result.state == "SEALED"
        assert result.error is not None
        assert result.error.code == "NOT_ANCHORED"
        assert result.speaker is not None
        assert (result.speaker.party, result.speaker.level) == (FARM, Level.SIGNED_BY_PARTY)


async def test_evidence_carries_what_the_log_says_of_the_signer_and_nothing_of_others() -> None:
    """Header, its enrolments, its mandate, its revocation."""
    async with creator() as made:
        await made.upload(control(Enrol(MILL, MILL_KEY.public)))
        await made.upload(control(Mandate(OPERATOR), key=FARM_KEY, party=FARM))
        (outcome,) = await made.upload(Delegated(FARM, event(1)))
        await made.upload(control(Revoke(FARM_KEY.public.kid, suspect_since=2)), statement(9))
        assert outcome.fingerprint is not None
        evidence = decode_evidence(await Receipts(made.store).evidence(outcome.fingerprint))
        kinds = [parse(raw).header.kind for raw, _ in evidence.controls]
        assert kinds == [Kind.LOG_HEADER, Kind.ENROL, Kind.MANDATE]
        result = report(evidence, None, None, NOW_MS)
        assert result.speaker is not None
        assert (result.speaker.party, result.speaker.level) == (FARM, Level.DELEGATED_WITH_MANDATE)


async def test_a_strangers_revocation_of_the_same_key_does_not_spoil_the_evidence() -> None:
    """Two parties have one key enrolled, and one of them revokes it for itself: the other's evidence does not
    hold that revocation, and still verifies. The operator's revocation and the party's own are in it.
    """
    async with creator() as made:
        await made.upload(control(Enrol(MILL, MILL_KEY.public)), control(Enrol(MILL, FARM_KEY.public)))
        await made.upload(control(Enrol(FARM, MILL_KEY.public)))
        await made.upload(control(Revoke(FARM_KEY.public.kid), key=MILL_KEY, party=MILL))
        (outcome,) = await made.upload(statement(1))
        assert outcome.fingerprint is not None
        evidence = decode_evidence(await Receipts(made.store).evidence(outcome.fingerprint))
        assert [parse_receipt(receipt).index for _, receipt in evidence.controls] == [0, 2, 5]
        result = report(evidence, None, None, NOW_MS)
        assert (result.state, result.speaker and result.speaker.party) == ("SEALED", FARM)


@pytest.mark.parametrize("signer", [(NODE_KEY, OPERATOR), (FARM_KEY, FARM)])
async def test_a_revocation_by_operator_or_issuer_is_in_the_evidence(signer: tuple[SigningKey, str]) -> None:
    """One checkpoint covers record and revocation: the evidence may not leave the doubt out."""
    async with creator() as made:
        key, party = signer
        (outcome, revoked) = await made.upload(
            statement(1), control(Revoke(FARM_KEY.public.kid, suspect_since=2), key=key, party=party)
        )
        assert outcome.fingerprint is not None
        evidence = decode_evidence(await Receipts(made.store).evidence(outcome.fingerprint))
        assert [parse_receipt(receipt).index for _, receipt in evidence.controls] == [0, 2, revoked.index]
        result = report(evidence, None, None, NOW_MS)
        assert result.speaker is not None
        assert result.speaker.suspect


async def test_a_later_revocation_that_the_anchor_covers_is_in_the_evidence() -> None:
    """Final evidence is made under the covering anchor, and so is every control record before its size. The
    anchor is written once.
    """
    async with anchored() as it:
        (outcome,) = await it.creator.upload(statement(1))
        await it.creator.upload(control(Revoke(FARM_KEY.public.kid, suspect_since=2)))
        await it.finish()
        assert outcome.fingerprint is not None
        evidence = decode_evidence(await Receipts(it.creator.store).evidence(outcome.fingerprint))
        kinds = [parse(raw).header.kind for raw, _ in evidence.controls]
        assert kinds == [Kind.LOG_HEADER, Kind.ENROL, Kind.REVOKE]
        receipts = [parse_receipt(raw) for raw in (evidence.receipt, *(r for _, r in evidence.controls))]
        assert {receipt.size for receipt in receipts} == {5}
        assert [receipt.anchor is not None for receipt in receipts] == [True, False, False, False]


async def test_a_record_changed_on_disk_yields_no_evidence() -> None:
    """CORRUPT, never evidence over other bytes."""
    async with anchored() as it:
        (outcome,) = await it.creator.upload(statement(1))
        store = it.creator.store
        store.damage(it.log, 3)  # type: ignore[attr-defined]
        assert outcome.fingerprint is not None
        with pytest.raises(Broken, match="CORRUPT"):
            await Receipts(store).evidence(outcome.fingerprint)


async def test_a_lost_tile_is_named() -> None:
    """CORRUPT, not an exception of Python."""
    async with creator() as made:
        (outcome,) = await made.upload(statement(1))
        made.store._of(made.sealer.own.log).tiles.clear()  # type: ignore[attr-defined]
        assert outcome.fingerprint is not None
        with pytest.raises(Broken, match="CORRUPT"):
            await Receipts(made.store).receipt(outcome.fingerprint)
