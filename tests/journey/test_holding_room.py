"""What is kept without its bytes, and what everything counts: nobody fills a holder's disk with nothing."""

from dataclasses import replace

from tests.journey.holding_scene import Branch, scene
from tests.journey.scene import FARM, FARM_KEY, control, statement
from tests.journey.segments_scene import CONTROLS, START, long
from tracehold.core.control import Redact
from tracehold.core.record import fingerprint
from tracehold.journey.kept_logs import KeptLogs
from tracehold.journey.ports import Sent, Shipment
from tracehold.journey.speakers import Speakers


def erased(shipment: Shipment, *places: int) -> Shipment:
    """The shipment with these entries by their fingerprints only."""
    sent = [
        Sent(b"" if at in places else each.raw, each.fingerprint)
        for at, each in enumerate(shipment.entries, shipment.start)
    ]
    return replace(shipment, entries=sent)


def redaction(branch: Branch, at: int) -> bytes:
    """What redacts entry `at` of the branch, by its party."""
    return control(Redact(branch.entries[at].fingerprint, at), key=FARM_KEY, party=FARM).raw


async def test_entries_without_bytes_are_disputed_until_a_redaction_names_them() -> None:
    """They are kept and acknowledged, since the redaction may come later; until then they are counted."""
    made = await scene()
    branch, holder = made.branch, made.holder
    branch.seal(statement(1).raw, statement(2).raw)
    await holder.check(branch, await holder.take(branch, erased(branch.shipment(0), 3, 4)), 5)
    assert await holder.codes(branch.log) == {3: "REDACTED", 4: "REDACTED"}
    logs = KeptLogs(holder.store, holder.copies, Speakers(holder.store), lambda _: 0)
    assert [each.disputed for each in await logs.all()] == [2]
    branch.seal(redaction(branch, 3))
    await holder.take(branch, branch.shipment(5))
    assert [each.disputed for each in await logs.all()] == [1]
    fresh = KeptLogs(holder.store, holder.copies, Speakers(holder.store), lambda _: 0)
    assert [each.disputed for each in await fresh.all()] == [1]


async def test_what_was_redacted_before_it_is_shipped_is_plainly_erased() -> None:
    """The redaction comes with it; a redaction of another record at that place changes nothing."""
    made = await scene()
    branch = made.branch
    branch.seal(statement(1).raw, statement(2).raw)
    branch.seal(
        redaction(branch, 3), control(Redact(fingerprint(b"another"), 4), key=FARM_KEY, party=FARM).raw
    )
    await made.holder.take(branch, erased(branch.shipment(0), 3, 4))
    assert await made.holder.codes(branch.log) == {4: "REDACTED"}


async def test_fingerprints_that_nobody_redacted_fill_the_share() -> None:
    """Attack: thousands of entries without bytes are beyond a quota too."""
    made = await scene()
    made.holder.quota = 20_000
    made.holder.restart()
    made.branch.seal(*(statement(number).raw for number in range(100)))
    lie = erased(made.branch.shipment(0), *range(3, made.branch.size))
    assert (await made.holder.take(made.branch, lie)).refused == "QUOTA"
    assert await made.holder.logs() == []


async def test_a_base_counts_too() -> None:
    """Control records and tiles before a later segment take room; what they take stays counted."""
    made = await long(statement(1).raw)
    (base,) = await made.bases()
    size = sum(len(tile) for _, tile in base.tiles) + 256 * len(CONTROLS)
    made.holder.quota = size
    made.holder.restart()
    alone = replace(await made.first(), entries=(), base=base)
    assert (await made.holder.take(made.branch, alone)).refused == "QUOTA"
    made.holder.quota = size + 4_000
    made.holder.restart()
    assert (await made.holder.take(made.branch, alone)).size == START
    made.holder.quota = 3 * 8_192
    made.holder.restart()
    assert (await made.holder.take(made.branch, await made.first())).refused == "QUOTA"


async def test_a_control_record_that_comes_erased_breaks_the_log() -> None:
    """Attack: into a hole, before a base that has it: what says who may speak would be lost."""
    made = await long(statement(1).raw)
    await made.holder.take(made.branch, await made.first())
    for at in (1, 300):
        lie = erased(made.branch.shipment(0, 302), at)
        assert (await made.holder.take(made.branch, lie)).refused == "LOG_BROKEN"
    lie = erased(made.branch.shipment(0, 302), 0)
    assert (await made.holder.take(made.branch, lie)).refused == "LOG_BROKEN"
    assert [entry.index for entry in await made.holder.store.controls(made.branch.log)][:6] == list(CONTROLS)
