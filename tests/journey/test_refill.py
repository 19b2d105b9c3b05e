"""What a node kept of others is known from what it said in public, and comes back proved."""

from dataclasses import dataclass, field, replace

import pytest

from tests.journey.holding_scene import CREATOR, Holder
from tests.journey.pull_scene import SEGMENT, Village, grown, short_segments, village
from tests.journey.scene import NETWORK, SALTS
from tests.journey.test_own_head import Shows
from tests.journey.test_own_head_attacks import Erases
from tracehold.adapters.memory.ledger import MemoryLedger
from tracehold.adapters.memory.peers import MemoryLine
from tracehold.core.custody import Custody, Run, encode_custody
from tracehold.core.errors import TraceholdError
from tracehold.core.ids import LogId
from tracehold.core.keys import Ed25519Key
from tracehold.core.limits import SALT_BYTES
from tracehold.core.record import Header, Kind, parse, sign
from tracehold.journey.custodian import custody_key
from tracehold.journey.fetching import Means
from tracehold.journey.holding import Holding
from tracehold.journey.own_log import Identity, new_entry, open_log
from tracehold.journey.pacing import Pace
from tracehold.journey.ports import Acknowledgement, Member, Peer
from tracehold.journey.received import received_under
from tracehold.journey.refill import Lacking, Refilling, Segment, kept_before
from tracehold.journey.room import Room
from tracehold.journey.underway import Underway
from tracehold.journey.upload import Disk
from tracehold.journey.witness import Witnessing

ME = 2


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    short_segments(monkeypatch)


@dataclass
class Emptied:
    """Node 2, whose copies of others are gone. Its own log is back already."""

    it: Village
    faults: list[TraceholdError] = field(default_factory=list)
    liars: dict[int, type[Shows]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.holder = Holder(self.it.clock, self.it.chain, ME)
        self.ledger = MemoryLedger(self.it.chain, bytes([ME]) * 20)
        self.me = self.it.chain.members[ME - 1]
        self.identity = Identity(self.me.operator, Ed25519Key.from_seed(bytes([ME]) * 32), NETWORK)

    async def say(self, *runs: Run) -> None:
        """Seal a custody record into the own log."""
        own = await open_log(self.holder.store, self.identity, self.it.clock.now, SALTS)
        self.me = self.it.chain.members[ME - 1] = _with_log(self.it, own.log)
        key, now = self.identity.key, int(self.it.clock.now())
        if runs:
            header = Header(
                key.public.alg,
                Kind.CUSTODY,
                key.public.kid,
                self.me.operator,
                NETWORK,
                now,
                SALTS(SALT_BYTES),
            )
            says = Custody(86_400, now // 86_400 + 1, bytes(32), runs)
            record = parse(sign(header, encode_custody(says), key))
            batch, _ = own.extend([new_entry(record)], own.roster, now * 1000)
            await self.holder.store.append(batch)

    async def known(self) -> set[Segment]:
        """What it said it keeps."""
        return await kept_before(self.holder.store, self.ledger, self.me, self.it.chain.members)

    async def fetch(self, wanted: set[Segment]) -> list[Lacking]:
        """Fetch it from the others."""
        holder, clock = self.holder, self.it.clock
        witnessing = Witnessing(holder.store, holder.copies, self.ledger, clock.now, holder.faults.append)
        underway = Underway(clock.now)
        holding = Holding(witnessing, Room(Disk(holder.free)), underway=underway)
        pace = Pace(0, clock.sleep, clock.now)
        means = Means(witnessing, holding, underway, pace, clock.sleep, clock.now)
        peers: list[Peer] = []
        for number, node in self.it.nodes.items():
            line = MemoryLine(node.table.peers[number])
            if number != ME:
                peers.append(self.liars[number](line) if number in self.liars else line)
        sources = [(peer, (await peer.hello()).coverage) for peer in peers]
        refilling = Refilling(means, self.me, self.ledger, sources, self.faults.append)
        return list(await refilling.fetch(wanted, self.it.chain.members))

    async def has(self, start: int, stop: int) -> bool:
        """Whether it keeps these entries of the creator, byte for byte."""
        found = await self.holder.store.read(self.it.log, start, stop, 1 << 40)
        return [entry.raw for entry in found] == [e.raw for e in self.it.branch.entries[start:stop]]


def _with_log(it: Village, log: LogId) -> Member:
    return replace(it.chain.members[ME - 1], log=log)


async def emptied(size: int = 300) -> Emptied:
    """Three nodes kept all of a log of `size` entries; node 2 acknowledged every anchor of it."""
    made = await village(3)
    grown(made.branch, size, step=100)
    ledger, before = MemoryLedger(made.chain, bytes([CREATOR]) * 20), 0
    for at in sorted({100, min(size, SEGMENT), size}):
        for number in made.nodes:
            await made.ship(number, at, before)
        shipment = made.branch.shipment(at, at, before)
        kept = await made.nodes[ME].holder.take(made.branch, shipment)
        acks = [Acknowledgement(ME, ME, kept.acknowledgement)]
        await ledger.send(await ledger.prepare_anchor(before, at, made.branch.checkpoints[at].root, acks))
        made.chain.mine()
        before = at
    return Emptied(made)


async def test_what_it_acknowledged_on_the_chain_comes_back() -> None:
    """Both segments, whole, and nothing else; a second run fetches nothing."""
    made = await emptied()
    await made.say()
    assert await made.known() == {(made.it.log, 0), (made.it.log, 1)}
    assert await made.fetch(await made.known()) == []
    assert await made.has(0, 300)
    assert await made.fetch(await made.known()) == []
    assert made.faults == []


async def test_a_custody_record_says_it_all_up_to_its_time() -> None:
    """What was acknowledged before it, and is not in it, was handed on since."""
    made = await emptied()
    made.it.clock.time += 1_000
    await made.say(Run(made.it.log, SEGMENT, 300))
    assert await made.known() == {(made.it.log, 1)}


async def test_a_custody_record_is_known_by_its_epoch() -> None:
    """As it comes back it has the key under which it was sealed: there is no second one of the epoch."""
    made = await emptied()
    await made.say(Run(made.it.log, SEGMENT, 300))
    (entry,) = await made.holder.store.read(made.me.log, 2, 3)
    record, key = parse(entry.raw), made.identity.key.public
    epoch = record.header.iat // 86_400 + 1
    assert received_under(key, record) == custody_key(86_400, epoch)
    assert received_under(Ed25519Key.from_seed(b"else" * 8).public, record) is None


async def test_who_says_nothing_of_it_in_public_kept_nothing() -> None:
    """Another node's acknowledgements are not ours."""
    made = await emptied()
    await made.say()
    made.me = made.it.chain.members[2]
    assert await made.known() == set()


async def test_other_entries_are_not_kept_and_the_next_is_asked() -> None:
    """Attack: a holder leaves out all bytes, the next one has them."""
    made = await emptied()
    await made.say()
    made.liars[3] = Erases
    assert await made.fetch({(made.it.log, 0)}) == []
    assert await made.has(0, SEGMENT)


async def test_what_nobody_has_is_named() -> None:
    """And the rest comes."""
    made = await emptied()
    await made.say()
    for number in (3, 4):
        await _forget(made.it, number)
    (lacking,) = await made.fetch({(made.it.log, 1)})
    assert (lacking.log, lacking.start, lacking.stop) == (made.it.log, SEGMENT, 300)
    assert lacking.why == "nobody who answers says that it keeps it"


async def _forget(it: Village, number: int) -> None:
    peer = it.nodes[number].table.peers[number]
    peer.log = (await village(1)).nodes[2].holder.store
