"""What a node announces: derived from its logs, whole after any crash, and nothing that is for few."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.journey.assess_scene import judged, keep
from tests.journey.holding_scene import scene
from tests.journey.network import begun, said
from tests.journey.scene import (
    FARM,
    FARM_KEY,
    NETWORK,
    SALTS,
    START,
    Clock,
    Creator,
    control,
    creator,
    damaged,
    event,
    settle,
    statement,
)
from tests.vectors.directory_cases import CLASS, LOT, NETWORK_KEY, SSCC
from tracehold.adapters.memory.directory import MemoryOffers
from tracehold.core.control import Enrol
from tracehold.core.dht.keys import Key, NetworkKey, item_key, names_of, segment_key
from tracehold.core.errors import Rejected
from tracehold.core.gs1 import canonical
from tracehold.core.header import Audience, Kind
from tracehold.core.ids import LogId
from tracehold.core.record import event_header, sign
from tracehold.journey.follow import Bell
from tracehold.journey.offering import Offering
from tracehold.journey.ports import RecordLog
from tracehold.journey.ports.directory import Offered
from tracehold.journey.upload import Statement

LAST = Key(b"\xff" * 20)


def record(payload: bytes, audience: Audience = Audience.NETWORK, kind: str = Kind.EVENT) -> Statement:
    """Something the farm says, for this audience."""
    header = event_header(FARM_KEY.public, FARM, NETWORK, int(START), SALTS(16))
    return Statement(sign(replace(header, audience=audience, kind=kind), payload, FARM_KEY))


async def offered(offers: MemoryOffers) -> dict[Key, int]:
    """All that would be announced."""
    return {each.key: each.count for each in await offers.due(0, None, LAST, 1_000)}


async def offer(made: Creator) -> dict[Key, int]:
    """What a node with this log announces, but for its segment."""
    offers = MemoryOffers()
    offering = Offering(made.store, offers, NETWORK_KEY)
    while await offering.once():
        pass
    found = await offered(offers)
    found.pop(segment_key(made.sealer.own.log, 0))
    return found


def key(name: str) -> Key:
    """The key of a name."""
    return item_key(NETWORK_KEY, name)


async def test_a_lot_is_offered_under_itself_and_its_class():
    """Each record counts once under each key."""
    async with creator() as made:
        await made.upload(record(begun(LOT, 1)), record(begun(LOT, 2)), record(event(1, item=SSCC)))
        assert await offer(made) == {key(LOT): 2, key(CLASS): 2, key(SSCC): 1}


async def test_master_data_is_offered_as_events_are():
    """Of a product, under its class; of a place, not at all."""
    async with creator() as made:
        place = said("https://id.gs1.org/414/9521000000018", "Mill")
        product = said(CLASS, "Flour").replace(b"vtype:Location", b"vtype:EPCClass")
        kind = Kind.MASTERDATA
        await made.upload(record(place, kind=kind), record(product, kind=kind))
        assert await offer(made) == {key(CLASS): 1}


@pytest.mark.parametrize(
    ("audience", "open_"),
    [
        (Audience.PUBLIC, True),
        (Audience.NETWORK, True),
        (Audience.INTEREST, True),
        (Audience.PARTIES, False),
        (Audience.AUTHORITY, False),
    ],
)
async def test_what_is_for_few_is_never_offered(audience, open_):
    """Members must not learn from the directory that it is there."""
    async with creator() as made:
        await made.upload(record(begun(LOT, 1), audience))
        assert await offer(made) == ({key(LOT): 1, key(CLASS): 1} if open_ else {})


async def test_control_records_have_no_keys():
    """A log of nothing else offers its segment alone."""
    async with creator() as made:
        await made.upload(control(Enrol("urn:x:party", FARM_KEY.public)))
        assert await offer(made) == {}


async def test_the_segment_is_offered_with_all_its_entries():
    """Whoever looks for holders of the log itself."""
    async with creator() as made:
        await made.upload(record(begun(LOT, 1), Audience.PARTIES))
        offers = MemoryOffers()
        await Offering(made.store, offers, NETWORK_KEY).once()
        log = made.sealer.own.log
        assert await offered(offers) == {segment_key(log, 0): await made.store.size(log)}


async def test_erased_records_are_passed_over():
    """Their bytes are gone; what follows is offered."""
    async with creator() as made:
        await made.upload(record(begun(SSCC, 1)), record(begun(LOT, 2)))
        log = made.sealer.own.log
        await made.store.erase(log, await made.store.size(log) - 2)
        assert await offer(made) == {key(LOT): 1, key(CLASS): 1}


async def test_security_disputed_records_are_never_offered():
    """Attack: a creator puts records into its log that it did not sign, to be named for their items."""
    made = await scene()
    made.branch.seal(statement(3).raw, damaged(statement(4)).raw)
    await keep(made)
    await judged(made.holder)
    offers = MemoryOffers()
    while await Offering(made.holder.store, offers, NETWORK_KEY).once():
        pass
    (name,) = names_of(canonical("urn:epc:id:sgtin:9521000.000123.7"))
    assert (await offered(offers))[key(name)] == 1
    assert (await offers.coverage())[made.branch.log, 0] == 5


class Restored:
    """A log that ends earlier than it did."""

    def __init__(self, store: RecordLog, size: int) -> None:
        self._store = store
        self._size = size

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def spans(self, log: LogId) -> Sequence[tuple[int, int]]:
        """Up to there."""
        return ((0, self._size),)


async def test_what_is_kept_no_more_is_taken_back():
    """A log that was restored from a backup ends earlier, and another is gone: neither is announced with what
    it had, and the first with what it has.
    """
    async with creator() as made:
        await made.upload(record(begun(LOT, 1)), record(begun(LOT, 2)), record(begun(LOT, 3)))
        offers, log, gone = MemoryOffers(), made.sealer.own.log, LogId(bytes(32))
        await Offering(made.store, offers, NETWORK_KEY).once()
        await offers.add(Offered(gone, 0, 5, {key(SSCC): 5, segment_key(gone, 0): 5}))
        before = await offered(offers)
        assert (before[key(LOT)], before[key(SSCC)]) == (3, 5)
        size = await made.store.size(log) - 2
        await Offering(Restored(made.store, size), offers, NETWORK_KEY).once()  # type: ignore[arg-type]
        assert await offered(offers) == {key(LOT): 1, key(CLASS): 1, segment_key(log, 0): size}
        assert await offers.coverage() == {(log, 0): size}


async def test_it_goes_on_where_it_was(monkeypatch):
    """In steps of one entry, with a new process for each, everything counts once."""
    monkeypatch.setattr("tracehold.journey.offering.STEP", 1)
    async with creator() as made:
        await made.upload(*(record(begun(LOT, minute)) for minute in range(5)))
        offers, steps = MemoryOffers(), 0
        while await Offering(made.store, offers, NETWORK_KEY).once():
            steps += 1
        assert steps == await made.store.size(made.sealer.own.log)
        assert (await offered(offers))[key(LOT)] == 5


async def test_it_follows_the_log_and_rings_for_the_announcer():
    """Once it is rung itself."""
    rung: list[int] = []
    async with creator() as made:
        offers, bell, clock = MemoryOffers(), Bell(), Clock()
        offering = Offering(made.store, offers, NETWORK_KEY, lambda: rung.append(1))
        task = asyncio.ensure_future(offering.run(bell, clock.sleep))
        await settle()
        before = len(rung)
        await made.upload(record(begun(LOT, 1)))
        bell.ring()
        await settle()
        task.cancel()
        assert (before, len(rung)) == (1, 2)
        assert (await offered(offers))[key(LOT)] == 1


def test_a_network_key_of_wrong_length_is_seen_at_once():
    """And not taken for odd records, which are passed over."""
    with pytest.raises(Rejected, match="BAD_KEY"):
        Offering(None, None, NetworkKey(b"short"))  # type: ignore[arg-type]
