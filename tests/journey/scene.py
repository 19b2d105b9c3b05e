"""A creator in memory with a clock of its own, for tests of the journey: keys, parties, events, uploads."""

import asyncio
import heapq
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from tracehold.adapters.memory.log import MemoryLog
from tracehold.core.control import KIND_OF, Control, Enrol, encode_control
from tracehold.core.ids import NetworkId
from tracehold.core.keys import Ed25519Key, SigningKey
from tracehold.core.record import Header, event_header, sign
from tracehold.journey.check import Checks
from tracehold.journey.delegate import Delegation
from tracehold.journey.fsck import check_log
from tracehold.journey.own_log import Identity, open_log
from tracehold.journey.ports import RecordLog
from tracehold.journey.seal import Sealer
from tracehold.journey.states import States
from tracehold.journey.upload import Disk, Item, Outcome, Statement, Uploads

NETWORK = NetworkId(b"\x07" * 32)
OPERATOR = "https://id.gs1.org/417/9521000000012"
FARM = "https://id.gs1.org/417/9521000000029"
MILL = "https://id.gs1.org/417/9521000000036"
NODE_KEY = Ed25519Key.from_seed(b"node" * 8)
FARM_KEY = Ed25519Key.from_seed(b"farm" * 8)
MILL_KEY = Ed25519Key.from_seed(b"mill" * 8)
START = 1_790_000_000.0
PLENTY = 1 << 40


class Clock:
    """Time that stands still until it is told to move; sleepers wake in order."""

    def __init__(self, start: float = START) -> None:
        self.time = start
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._count = 0

    def now(self) -> float:
        """Seconds since 1970."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Until the clock was moved so far."""
        woken = asyncio.Event()
        self._count += 1
        heapq.heappush(self._sleepers, (self.time + seconds, self._count, woken))
        await woken.wait()

    async def pass_by(self, seconds: float) -> None:
        """Move the clock, waking each sleeper at its time and letting it run."""
        end = self.time + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            self.time, _, woken = heapq.heappop(self._sleepers)
            woken.set()
            await settle()
        self.time = end


async def settle() -> None:
    """Let every task run until it waits for something."""
    for _ in range(50):
        await asyncio.sleep(0)


class Counter:
    """Random bytes that are different every time and the same in every run."""

    def __init__(self) -> None:
        self.drawn = 0

    def __call__(self, count: int) -> bytes:
        """The next `count` bytes."""
        self.drawn += 1
        return self.drawn.to_bytes(count, "big")


SALTS = Counter()


def event(number: int = 0, *, item: str = "urn:epc:id:sgtin:9521000.000123.7") -> bytes:
    """The payload of a small observation that no other number has."""
    body = {
        "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:00000000-0000-4000-8000-{number:012x}",
        "eventTime": "2026-03-01T10:00:00.000Z",
        "eventTimeZoneOffset": "+00:00",
        "epcList": [item],
        "action": "OBSERVE",
        "bizStep": "shipping",
    }
    return json.dumps(body, separators=(",", ":")).encode()


def statement(
    number: int = 0,
    *,
    key: SigningKey = FARM_KEY,
    party: str = FARM,
    network: NetworkId = NETWORK,
    payload: bytes | None = None,
    iat: int = int(START),
) -> Statement:
    """A signed event; the same arguments give other bytes each time, since the salt is new."""
    header = event_header(key.public, party, network, iat, SALTS(16))
    return Statement(sign(header, event(number) if payload is None else payload, key))


def control(says: Control, *, key: SigningKey = NODE_KEY, party: str = OPERATOR) -> Statement:
    """A signed control record."""
    header = Header(
        key.public.alg, KIND_OF[type(says)], key.public.kid, party, NETWORK, int(START), SALTS(16)
    )
    return Statement(sign(header, encode_control(says), key))


def damaged(item: Statement) -> Statement:
    """The statement with one bit of its signature turned."""
    return replace(item, raw=item.raw[:-1] + bytes([item.raw[-1] ^ 1]))


@dataclass
class Creator:
    """One creator at work; `restart` is what a new process does with the same disk."""

    store: RecordLog
    clock: Clock
    sealer: Sealer
    states: States
    uploads: Uploads
    sealing: "asyncio.Task[object]"
    free: Callable[[], int] = field(default=lambda: PLENTY)

    async def upload(self, *items: Item, **options: object) -> list[Outcome]:
        """Outcomes of one upload."""
        return await self.uploads.submit(items, **options)  # type: ignore[arg-type]

    def pause(self) -> None:
        """Let uploads wait: a sealer that is not run yet takes the place of the running one."""
        self.sealing.cancel()
        self.sealer = Sealer(self.store, self.sealer.own, self.clock.now)
        self.uploads._sealer = self.sealer

    def resume(self) -> None:
        """Seal what waits."""
        self.sealing = asyncio.ensure_future(self.sealer.run())

    async def crash(self) -> None:
        """End at once, as SIGKILL does: what is on disk stays."""
        self.sealing.cancel()
        await asyncio.gather(self.sealing, return_exceptions=True)


async def start(store: RecordLog, clock: Clock, *, free_bytes: Callable[[], int] = lambda: PLENTY) -> Creator:
    """A creator over what `store` holds, with its sealer running."""
    identity = Identity(OPERATOR, NODE_KEY, NETWORK)
    own = await open_log(store, identity, clock.now, SALTS)
    sealer = Sealer(store, own, clock.now)
    states = States(store)
    delegation = Delegation(identity, clock.now, SALTS)
    uploads = Uploads(store, sealer, states, Checks(), delegation, sleep=clock.sleep, disk=Disk(free_bytes))
    return Creator(store, clock, sealer, states, uploads, asyncio.ensure_future(sealer.run()))


@asynccontextmanager
async def creator(
    store: RecordLog | None = None, *, enrolled: bool = True, free_bytes: Callable[[], int] = lambda: PLENTY
) -> AsyncIterator[Creator]:
    """A creator in memory, with the farm's key enrolled."""
    made = await start(store or MemoryLog(), Clock(), free_bytes=free_bytes)
    try:
        if enrolled and await made.store.size(made.sealer.own.log) == 2:
            (outcome,) = await made.upload(control(Enrol(FARM, FARM_KEY.public)))
            assert outcome.error is None, outcome.error
        yield made
    finally:
        await made.crash()


def codes(outcomes: list[Outcome]) -> list[str]:
    """The error of each outcome, "" where there is none."""
    return ["" if outcome.error is None else outcome.error.code for outcome in outcomes]


async def whole(made: Creator) -> int:
    """Entries of the own log, every one of them verified."""
    return (await check_log(made.store, made.sealer.own.log)).entries
