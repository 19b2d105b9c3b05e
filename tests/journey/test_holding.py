"""Holding: a creator's log is kept as it comes, acknowledged, and refused only for the creator's own
faults.
"""

from dataclasses import replace

import pytest

from tests.journey.holding_scene import Holder, scene
from tests.journey.scene import (
    FARM,
    FARM_KEY,
    MILL,
    MILL_KEY,
    NODE_KEY,
    OPERATOR,
    control,
    damaged,
    event,
    statement,
)
from tracehold.core.checkpoint import sign_checkpoint
from tracehold.core.control import Enrol, Revoke
from tracehold.core.errors import Rejected
from tracehold.core.ids import LogId, Root
from tracehold.core.record import fingerprint
from tracehold.journey.judge import Judge, tolerant
from tracehold.journey.ports import Kept, Role, Sent

STRANGE = LogId(b"\x03" * 32)


async def test_what_is_shipped_is_kept_and_acknowledged() -> None:
    """Entries, tiles and checkpoint are those of the creator, and the signature is over its root."""
    made = await scene()
    made.branch.seal(statement(1).raw, statement(2).raw)
    kept = await made.holder.take(made.branch, made.branch.shipment(0))
    assert (kept.size, kept.refused) == (5, "")
    await made.holder.check(made.branch, kept, 5)
    assert await made.holder.root(made.branch.log) == made.branch.checkpoints[5].root
    entries = await made.holder.store.read(made.branch.log, 0, 10)
    assert [(e.raw, e.kind) for e in entries] == [(e.raw, e.kind) for e in made.branch.entries]
    assert await made.holder.codes(made.branch.log) == {}


async def test_the_copy_grows_by_further_shipments_and_over_restarts() -> None:
    """Each continues where the copy ends; the state between them is on disk alone."""
    made = await scene()
    for number in range(4):
        start = 0 if number == 0 else made.branch.size
        made.branch.seal(statement(number).raw)
        kept = await made.holder.take(made.branch, made.branch.shipment(start, prev_size=3 if number else 0))
        await made.holder.check(made.branch, kept, made.branch.size, 3 if number else 0)
        made.holder.restart()
    assert await made.holder.store.size(made.branch.log) == 7


async def test_a_lost_reply_costs_nothing() -> None:
    """The same shipment again, also to another process, gets the same signature, and nothing is kept
    twice.
    """
    made = await scene()
    shipment = made.branch.shipment(0)
    first = await made.holder.take(made.branch, shipment)
    assert await made.holder.take(made.branch, shipment) == first
    made.holder.restart()
    assert await made.holder.take(made.branch, shipment) == first
    assert made.holder.store.appends == 2


async def test_an_empty_shipment_asks_where_the_copy_ends() -> None:
    """Nothing is kept at first; later the end is told, with an acknowledgement where the checkpoint is
    kept.
    """
    made = await scene()
    ask = made.branch.shipment(made.branch.size)
    assert await made.holder.take(made.branch, ask) == Kept(0)
    await made.holder.take(made.branch, made.branch.shipment(0))
    await made.holder.check(made.branch, await made.holder.take(made.branch, ask), 3)
    made.branch.seal(statement(1).raw)
    kept = await made.holder.take(made.branch, replace(made.branch.shipment(4), start=0))
    assert (kept.size, kept.acknowledgement) == (3, b"")


@pytest.mark.parametrize("start", [2, 4])
async def test_a_wrong_start_is_answered_with_the_right_one(start: int) -> None:
    """Entries that overlap the copy or leave a gap are not kept; the sender goes on at the end that is
    told.
    """
    made = await scene()
    await made.holder.take(made.branch, made.branch.shipment(0))
    made.branch.seal(*(statement(number).raw for number in range(4)))
    kept = await made.holder.take(made.branch, made.branch.shipment(start))
    assert (kept.size, kept.acknowledgement, kept.refused) == (3, b"", "")
    assert await made.holder.store.size(made.branch.log) == 3


async def test_an_older_state_is_acknowledged_too() -> None:
    """An anchor may be of a size that the copy has gone past."""
    made = await scene()
    made.branch.seal(statement(1).raw)
    made.branch.seal(statement(2).raw)
    await made.holder.take(made.branch, made.branch.shipment(0))
    older = made.branch.shipment(4, 4, prev_size=3)
    kept = await made.holder.take(made.branch, older)
    assert kept.size == 5
    await made.holder.check(made.branch, kept, 4, 3)
    # Kept too: receipts of an anchor of that size are made from it.
    assert await made.holder.store.checkpoint(made.branch.log, 4) == made.branch.checkpoints[4]


async def test_an_older_state_of_a_strange_time_is_not_acknowledged() -> None:
    """A second checkpoint of a size that was gone past stands between those around it in time too."""
    made = await scene()
    made.branch.seal(statement(1).raw)
    made.branch.seal(statement(2).raw)
    await made.holder.take(made.branch, made.branch.shipment(0))
    old = made.branch.checkpoints[4]
    for time_ms in (1, old.time_ms + 100_000):
        odd = sign_checkpoint(old.log, 4, old.root, time_ms, time_ms, operator=OPERATOR, key=NODE_KEY)
        await made.holder.take(made.branch, made.branch.shipment(0, 3))
        await made.holder.take(made.branch, made.branch.shipment(5, 3))
        kept = await made.holder.take(made.branch, replace(made.branch.shipment(5), checkpoint=odd))
        assert kept.refused == "CLOCK_JUMPED"


async def test_another_root_stores_nothing() -> None:
    """A record that was changed, left out or added on the way does not meet the checkpoint."""
    made = await scene()
    made.branch.seal(statement(1).raw)
    good = made.branch.shipment(0)
    wrong = (*good.entries[:3], Sent(statement(2).raw, good.entries[3].fingerprint))
    kept = await made.holder.take(made.branch, replace(good, entries=wrong))
    assert (kept.refused, kept.acknowledgement) == ("ROOT_MISMATCH", b"")
    short = await made.holder.take(made.branch, replace(good, entries=good.entries[:3]))
    assert short.refused == "BAD_REQUEST"
    assert await made.holder.logs() == []
    assert await made.holder.copies.witness(made.branch.log) is None


async def test_a_poison_record_stops_no_log() -> None:
    """One holder finds a record bad and another good: both keep and acknowledge it, at one it is disputed,
    and the log goes on at both.
    """

    def stricter(kind: str, payload: bytes) -> object:
        if b"receiving" in payload:
            raise Rejected("EPCIS_MEANING", "by the rules of another release")
        return tolerant(kind, payload)

    made = await scene()
    made.other.judge = Judge(content=stricter)
    made.other.restart()
    poison = statement(9, payload=event(9).replace(b"shipping", b"receiving"))
    made.branch.seal(statement(1).raw, poison.raw, statement(2).raw)
    made.branch.seal(statement(3).raw)
    for holder in (made.holder, made.other):
        for start, size in ((0, 6), (6, 7)):
            kept = await holder.take(made.branch, made.branch.shipment(start, size))
            await holder.check(made.branch, kept, size)
        assert await holder.root(made.branch.log) == made.branch.checkpoints[7].root
    assert await made.holder.codes(made.branch.log) == {}
    assert await made.other.codes(made.branch.log) == {4: "EPCIS_MEANING"}


async def test_odd_records_are_kept_and_disputed() -> None:
    """Bytes that are no record, a false signature, a stranger, no event: each is found by its rule, and none
    is refused.
    """
    made = await scene()
    first = made.branch.size
    made.branch.seal(
        b"no record at all",
        damaged(statement(1)).raw,
        statement(2, key=MILL_KEY, party=MILL).raw,
        statement(3, payload=b"{}").raw,
        statement(4).raw,
    )
    kept = await made.holder.take(made.branch, made.branch.shipment(0))
    await made.holder.check(made.branch, kept, first + 5)
    assert await made.holder.codes(made.branch.log) == {
        first: "MALFORMED_COSE",
        first + 1: "BAD_SIGNATURE",
        first + 2: "UNKNOWN_PARTY",
        first + 3: "NOT_EPCIS",
    }


async def test_a_disputed_control_record_has_no_effect() -> None:
    """An enrolment by somebody who may not, or with a false signature, lets nobody speak; a sound one does,
    and a revocation ends it, also when they come in one shipment.
    """
    made = await scene()
    enrol = Enrol(MILL, MILL_KEY.public)
    made.branch.seal(
        control(enrol, key=FARM_KEY, party=FARM).raw,
        damaged(control(enrol)).raw,
        statement(1, key=MILL_KEY, party=MILL).raw,
        control(enrol).raw,
        statement(2, key=MILL_KEY, party=MILL).raw,
        control(Revoke(MILL_KEY.public.kid)).raw,
        statement(3, key=MILL_KEY, party=MILL).raw,
    )
    await made.holder.take(made.branch, made.branch.shipment(0))
    wrong = {3: "BAD_CONTROL", 4: "BAD_SIGNATURE", 5: "UNKNOWN_PARTY", 9: "KEY_REVOKED"}
    assert await made.holder.codes(made.branch.log) == wrong
    made.holder.restart()
    made.branch.seal(statement(4, key=MILL_KEY, party=MILL).raw)
    await made.holder.take(made.branch, made.branch.shipment(10))
    assert await made.holder.codes(made.branch.log) == {**wrong, 10: "KEY_REVOKED"}


async def test_an_erased_entry_keeps_its_place() -> None:
    """Redacted bytes do not come back; the fingerprint stands in the tree all the same."""
    made = await scene()
    made.branch.seal(statement(1).raw, statement(2).raw)
    whole = made.branch.shipment(0)
    sent = (*whole.entries[:3], Sent(b"", whole.entries[3].fingerprint), whole.entries[4])
    kept = await made.holder.take(made.branch, replace(whole, entries=sent))
    await made.holder.check(made.branch, kept, 5)
    (entry,) = await made.holder.store.read(made.branch.log, 3, 4)
    assert entry.erased
    assert await made.holder.codes(made.branch.log) == {3: "REDACTED"}


async def test_only_active_creators_ship_and_only_their_own_log() -> None:
    """A member without the role, a member with another's log, a checkpoint of another log: nothing is
    read.
    """
    made = await scene()
    shipment = made.branch.shipment(0)
    holder_only = made.branch.neighbour(roles=frozenset({Role.HOLDER}))
    assert (await made.holder.take(made.branch, shipment, holder_only)).refused == "NOT_A_MEMBER"
    another = made.branch.neighbour(number=3, log=STRANGE)
    assert (await made.holder.take(made.branch, shipment, another)).refused == "NOT_A_MEMBER"
    assert await made.holder.logs() == []


async def test_a_log_begins_with_its_header() -> None:
    """Entry 0 of another log, or of an operator that the contract does not name, is no beginning."""
    made = await scene()
    good = made.branch.shipment(0)
    other = made.branch.neighbour(operator="https://elsewhere.example")
    assert (await made.holder.take(made.branch, good, other)).refused == "LOG_BROKEN"
    for raw in (b"no record", statement(1).raw, control(Enrol(FARM, FARM_KEY.public)).raw):
        wrong = replace(good, entries=(Sent(raw, fingerprint(raw)), *good.entries[1:]))
        assert (await made.holder.take(made.branch, wrong)).refused == "LOG_BROKEN"
    assert await made.holder.logs() == []


async def test_a_record_that_stands_twice_breaks_the_log() -> None:
    """A creator seals one statement once."""
    made = await scene()
    again = statement(1).raw
    made.branch.seal(again, statement(2).raw, again)
    assert (await made.holder.take(made.branch, made.branch.shipment(0))).refused == "LOG_BROKEN"
    assert await made.holder.logs() == []


async def test_the_room_is_bounded() -> None:
    """A full disk and a full share refuse, and what was kept stays; when there is room again it goes on."""
    made = await scene()
    free = [1 << 40]
    small = await Holder.started(made.clock, made.chain, 2, free=lambda: free[0], quota=3_000)
    assert (await small.take(made.branch, made.branch.shipment(0))).size == 3
    made.branch.seal(*(statement(number).raw for number in range(10)))
    assert (await small.take(made.branch, made.branch.shipment(3))).refused == "QUOTA"
    free[0] = 1 << 20
    assert (await small.take(made.branch, made.branch.shipment(3))).refused == "DISK_LOW"
    assert await small.store.size(made.branch.log) == 3
    free[0], small.quota = 1 << 40, 1 << 20
    small.restart()
    await small.check(made.branch, await small.take(made.branch, made.branch.shipment(3)), 13)


async def test_a_time_ahead_of_everybody_is_refused() -> None:
    """A creator whose clock leapt ahead is not followed; within five minutes it is, or where the chain
    agrees.
    """
    made = await scene()
    made.clock.time += 3_600
    made.branch.seal(statement(1).raw)
    made.clock.time -= 3_600
    assert (await made.holder.take(made.branch, made.branch.shipment(0))).refused == "CLOCK_JUMPED"
    assert await made.holder.logs() == []
    made.clock.time += 3_600
    made.chain.mine()
    made.clock.time -= 3_600
    assert (await made.holder.take(made.branch, made.branch.shipment(0))).size == 4


async def test_a_time_that_goes_back_is_refused() -> None:
    """Checkpoint time never decreases."""
    made = await scene()
    await made.holder.take(made.branch, made.branch.shipment(0))
    made.branch.seal(statement(1).raw)
    shipment = made.branch.shipment(3)
    old = shipment.checkpoint
    past = sign_checkpoint(old.log, old.size, old.root, 1, 2, operator=OPERATOR, key=NODE_KEY)
    assert (await made.holder.take(made.branch, replace(shipment, checkpoint=past))).refused == "CLOCK_JUMPED"
    assert await made.holder.store.size(made.branch.log) == 3


async def test_forged_checkpoint() -> None:
    """Attack: another member signs a larger state of the log with its own key. It is no evidence, and changes
    nothing.
    """
    made = await scene()
    await made.holder.take(made.branch, made.branch.shipment(0))
    old = made.branch.checkpoints[3]
    forged = sign_checkpoint(
        old.log, 3, Root(b"f" * 32), old.time_ms, old.time_ms, operator=OPERATOR, key=FARM_KEY
    )
    kept = await made.holder.take(made.branch, replace(made.branch.shipment(3), checkpoint=forged))
    assert kept.refused == "PROOF_INVALID"
    made.branch.seal(statement(1).raw)
    good = made.branch.shipment(3)
    true = good.checkpoint
    grown = sign_checkpoint(true.log, 4, true.root, true.time_ms, true.time_ms, operator=FARM, key=FARM_KEY)
    assert (await made.holder.take(made.branch, replace(good, checkpoint=grown))).refused == "PROOF_INVALID"
    assert await made.holder.store.size(made.branch.log) == 3
    assert await made.holder.copies.forks() == []
    await made.holder.check(made.branch, await made.holder.take(made.branch, good), 4)


async def test_swapped_log_id() -> None:
    """Attack: a creator ships its own checkpoint and entries under the log id of another member."""
    made = await scene()
    shipment = replace(made.branch.shipment(0), log=STRANGE)
    for caller in (made.branch.neighbour(), made.branch.neighbour(log=STRANGE)):
        assert (await made.holder.take(made.branch, shipment, caller)).refused == "NOT_A_MEMBER"
    assert await made.holder.logs() == []


async def test_replayed_shipment() -> None:
    """Attack: another member sends a shipment that it saw. It is not its log; and from the creator itself an
    old one moves nothing back.
    """
    made = await scene()
    old = made.branch.shipment(0)
    made.branch.seal(statement(1).raw)
    await made.holder.take(made.branch, made.branch.shipment(0))
    assert (await made.holder.take(made.branch, old)).size == 4
    witness = await made.holder.copies.witness(made.branch.log)
    assert witness is not None
    assert witness.size == 4
