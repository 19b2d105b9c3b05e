"""A disputed record is shown by its fingerprint, with what is wrong, to those who may read it; and
counted.
"""

from dataclasses import replace

import pytest

from tests.journey.holding_scene import Scene, scene
from tests.journey.scene import FARM, FARM_KEY, MILL, MILL_KEY, SALTS, control, damaged, event, statement
from tracehold.adapters.memory.graph import MemoryGraph
from tracehold.core.access import Reader
from tracehold.core.control import Revoke
from tracehold.core.errors import Rejected
from tracehold.core.ids import Fingerprint
from tracehold.core.record import Audience, event_header, sign
from tracehold.core.roster import Level, Speaker
from tracehold.core.snapshot import RULES_VERSION
from tracehold.journey.kept_logs import KeptLogs
from tracehold.journey.knowledge import Knowledge
from tracehold.journey.locate import answer_record
from tracehold.journey.ports import Dispute
from tracehold.journey.speakers import Speakers
from tracehold.journey.states import State

ANYONE = Reader(authenticated=True)
FAULTS: list[str] = []


async def kept(*raws: bytes) -> tuple[Scene, Knowledge, list[str]]:
    """A holder with these records from entry 3 on, and the faults that it tells."""
    made = await scene()
    made.branch.seal(*raws)
    await made.holder.take(made.branch, made.branch.shipment(0))
    faults: list[str] = []
    return made, Knowledge(made.holder.store, MemoryGraph(), fault=faults.append), faults


def name(made: Scene, index: int) -> Fingerprint:
    """The fingerprint of an entry."""
    return made.branch.entries[index].fingerprint


async def test_a_disputed_record_is_shown_with_what_is_wrong() -> None:
    """Who signed soundly is named; where the signature is false, or the key may not, nobody is. It is no
    fault of this node.
    """
    odd = statement(1, payload=b"{}"), damaged(statement(2)), statement(3, key=MILL_KEY, party=MILL)
    made, knowledge, faults = await kept(*(each.raw for each in odd), statement(4).raw)
    wrong = {3: "NOT_EPCIS", 4: "BAD_SIGNATURE", 5: "UNKNOWN_PARTY"}
    farm = Speaker(FARM, made.branch.own.identity.operator, Level.SIGNED_BY_PARTY)
    for index, code in wrong.items():
        answer = await answer_record(knowledge, ANYONE, name(made, index))
        assert answer.record.raw == odd[index - 3].raw
        assert (answer.log, answer.index, answer.state) == (made.branch.log, index, State.SEALED)
        assert answer.disputes == (Dispute(index, code, RULES_VERSION),)
        assert answer.speaker == (farm if index == 3 else None)
    sound = await answer_record(knowledge, ANYONE, name(made, 6))
    assert (sound.disputes, sound.speaker) == ((), farm)
    assert faults == []


async def test_a_disputed_record_is_not_shown_to_everybody() -> None:
    """Its audience counts as for any other."""
    header = event_header(FARM_KEY.public, FARM, (await scene()).branch.own.identity.network, 1, SALTS(16))
    secret = sign(replace(header, audience=Audience.AUTHORITY), b"{}", FARM_KEY)
    made, knowledge, _ = await kept(secret)
    with pytest.raises(Rejected) as refusal:
        await answer_record(knowledge, ANYONE, name(made, 3))
    assert refusal.value.code == "FORBIDDEN"
    authority = Reader(authenticated=True, roles=frozenset({"authority"}))
    assert (await answer_record(knowledge, authority, name(made, 3))).disputes


async def test_bytes_that_are_no_record_are_shown_to_nobody() -> None:
    """Nobody can tell who may read them."""
    made, knowledge, faults = await kept(b"whatever it is")
    with pytest.raises(Rejected) as refusal:
        await answer_record(knowledge, ANYONE, name(made, 3))
    assert refusal.value.code == "PROOF_INVALID"
    assert faults == []


async def test_a_damaged_disk_is_a_fault_and_no_dispute() -> None:
    """Bytes that are not those that came are told as such, also of a disputed record."""
    made, knowledge, faults = await kept(statement(1, payload=b"{}").raw)
    made.holder.store.damage(made.branch.log, 3)
    with pytest.raises(Rejected) as refusal:
        await answer_record(knowledge, ANYONE, name(made, 3))
    assert refusal.value.code == "PROOF_INVALID"
    assert len(faults) == 1


async def test_kept_logs_are_counted() -> None:
    """Entries, acknowledgements, disputes as they become more, and forks."""
    made, _, _ = await kept(damaged(statement(1)).raw)
    store = made.holder.store
    logs = KeptLogs(store, made.holder.copies, Speakers(store), lambda log: 1)
    (first,) = await logs.all()
    assert (first.log, first.operator, first.node) == (made.branch.log, made.branch.own.identity.operator, 1)
    assert (first.entries, first.size, first.acknowledged, first.final) == (4, 4, 4, 0)
    assert (first.disputed, first.forked) == (1, False)
    fork = made.branch.fork()
    made.branch.seal(statement(2).raw, b"odd", control(Revoke(MILL_KEY.public.kid)).raw)
    await made.holder.take(made.branch, made.branch.shipment(4))
    fork.seal(statement(3).raw, statement(4, payload=event(4)).raw, statement(5).raw)
    await made.holder.take(fork, fork.shipment(7))
    (second,) = await logs.all()
    assert (second.entries, second.disputed, second.forked) == (7, 3, True)
    assert await logs.all() == [second]
