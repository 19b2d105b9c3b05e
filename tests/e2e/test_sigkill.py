"""SIGKILL of node and chain at seeded random moments while records are uploaded: nothing answered is lost."""

import asyncio
import hashlib
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field

import pytest

from tests.e2e.conftest import SENDER, Running
from tests.e2e.signing import event
from tests.e2e.world import World
from tracehold.core.anchorproof import ANCHORED_TOPIC
from tracehold.core.errors import Unavailable
from tracehold_client import AsyncClient, State, Uploaded, event_json, wait_for_state
from tracehold_client.jsonrpc import JsonRpc

KILLS = 20
ENOUGH = 1_000
"""Uploads at least, however busy the machine is."""


@dataclass
class Load:
    """Uploads without pause until told to stop; keeps every answer."""

    world: World
    token: str
    answered: list[Uploaded] = field(default_factory=list)
    sent: int = 0
    stopping: bool = False

    async def run(self) -> None:
        """Batches of ten, as many as are enough; a batch without an answer is sent again as it is."""
        async with AsyncClient(self.world.grpc, token=self.token, timeout=10) as client:
            while not self.stopping or self.sent <= ENOUGH:
                items = [event_json(event(SENDER.piece(3, f"K{self.sent + n}").link)) for n in range(10)]
                self.sent += 10
                self.answered += [outcome.unwrap() for outcome in await self._answer(client, items)]

    async def _answer(self, client: AsyncClient, items: list) -> list[Uploaded]:
        while True:
            with suppress(Unavailable):
                outcomes = await client.upload(items, receipts=False)
                if not any(isinstance(outcome.error, Unavailable) for outcome in outcomes):
                    return outcomes
            await asyncio.sleep(0.1)


async def kill_at_random(world: World, chance: random.Random) -> None:
    """One SIGKILL of node, chain or both after up to a second of load; then a start of what is down."""
    await asyncio.sleep(chance.uniform(0.05, 1.0))
    victims = chance.choice([(world.node,), (world.chain,), (world.node, world.chain)])
    for victim in victims:
        assert victim is not None
        victim.kill()
    await asyncio.to_thread(world.start)


@pytest.mark.slow
async def test_sigkill_at_random_moments_loses_nothing(own: Running):
    """20 kills: every answered record is FINAL in the end, no anchor is doubled, the log verifies from entry
    0.
    """
    world, chance = own.world, random.Random(20)
    load = Load(world, own.sender)
    uploading = asyncio.create_task(load.run())
    for _ in range(KILLS):
        await kill_at_random(world, chance)
    load.stopping = True
    await uploading
    assert len(load.answered) == load.sent
    assert len({outcome.fingerprint for outcome in load.answered}) == load.sent
    async with AsyncClient(world.grpc, token=own.sender) as client:
        states = await wait_for_state(client, [o.fingerprint for o in load.answered], State.FINAL, 120)
        sealed = (await client.status()).sealed
    assert set(states.values()) == {State.FINAL}
    check(world, load, sealed)


def check(world: World, load: Load, sealed: int) -> int:
    """Every answered record is where it was said to be; each size is anchored once, without a gap, up to the
    newest entry, with the log's root. How many anchors there are.
    """
    entries = stored(world)
    assert len(entries) == sealed
    for outcome in load.answered:
        assert entries[outcome.index].hex() == outcome.fingerprint
    anchors = list(anchored(world))
    assert [before for before, _, _ in anchors] == [0, *(size for _, size, _ in anchors[:-1])]
    for _, size, root in anchors:
        assert root_of(entries[:size]) == root
    assert anchors[-1][1] == len(entries)
    return len(anchors)


def stored(world: World) -> list[bytes]:
    """The fingerprints of the node's own log, by index, each proved to be its record's."""
    from blake3 import blake3

    path = world.home / "data" / "log.sqlite"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as log:
        rows = log.execute(
            "SELECT position & 0xFFFFFFFFFF, fingerprint, raw FROM entries"
            " JOIN records ON records.id = entries.record ORDER BY position"
        )
        found: list[bytes] = []
        for index, fingerprint, raw in rows:
            assert index == len(found)
            assert blake3(raw).digest() == fingerprint
            found.append(fingerprint)
        return found


def anchored(world: World) -> Iterator[tuple[int, int, bytes]]:
    """(size before, size, root) of every anchor, as the chain has them."""
    chain = JsonRpc(world.rpc)
    wanted = {
        "fromBlock": "0x0",
        "toBlock": "latest",
        "address": world.contract,
        "topics": ["0x" + ANCHORED_TOPIC.hex()],
    }
    for found in chain.call("eth_getLogs", wanted):
        data = bytes.fromhex(found["data"][2:])
        yield int.from_bytes(data[:32], "big"), int.from_bytes(data[32:64], "big"), data[64:96]


def root_of(entries: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, written down as it stands there and sharing nothing with core/merkle."""
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    half = 1
    while half * 2 < len(entries):
        half *= 2
    return hashlib.sha256(b"\x01" + root_of(entries[:half]) + root_of(entries[half:])).digest()
