"""SIGKILL of random processes of a network under upload: nothing answered is lost at its level."""

import asyncio
import json
import random
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from tests.e2e.labs import Network, network, until
from tests.e2e.loads import Load, loaded
from tests.e2e.test_sigkill import root_of
from tracehold.cli.demo.programs import run
from tracehold.core.anchorproof import ANCHORED_TOPIC
from tracehold.lab.plan import CHAIN
from tracehold_client import AsyncClient, State, wait_for_state
from tracehold_client.jsonrpc import JsonRpc

KILLS = 20


async def kill_at_random(over: Network, chance: random.Random) -> None:
    """SIGKILL of one or two processes, the chain among them, after up to a second and a half of load; then a
    start of what is down.
    """
    await asyncio.sleep(chance.uniform(0.1, 1.5))
    victims = chance.sample([*over.names, CHAIN], chance.choice([1, 1, 2]))
    for victim in victims:
        over.lab.kill(victim)
    await asyncio.sleep(chance.uniform(0.0, 1.0))
    if CHAIN in victims:
        await asyncio.to_thread(over.lab.start_chain)
    await asyncio.to_thread(over.lab.start, [name for name in victims if name != CHAIN])


@pytest.fixture
def over(tmp_path: Path) -> Iterator[Network]:
    """A network of three, up."""
    with network(tmp_path / "lab", 3) as made:
        yield made


@pytest.mark.slow
async def test_sigkill_of_random_processes_loses_nothing(over: Network):
    """20 kills: every answer holds at its level, all is FINAL with three copies in the end, no anchor is
    doubled, each log verifies from entry 0, and every copy equals the log that it is of.
    """
    chance = random.Random(20)
    async with loaded(over, over.names) as loads:
        for _ in range(KILLS):
            await kill_at_random(over, chance)
    for load in loads:
        assert len(load.answered) == load.sent > 0
    await all_final(over, loads)
    await asyncio.to_thread(until, lambda: all(complete(over, name) for name in over.names))
    logs = {name: over.reader(name).get("v1/status")["log"] for name in over.names}
    over.lab.stop(over.names)
    entries = {name: stored(over, name) for name in over.names}
    own = {name: entries[name][logs[name]] for name in over.names}
    for load in loads:
        for outcome in load.answered:
            assert outcome.state >= State.SEALED
            assert own[load.name][outcome.index].hex() == outcome.fingerprint
    for name, log in logs.items():
        for other in over.names:
            assert entries[other][log] == own[name]
    no_anchor_is_doubled(over, list(own.values()))
    for name in over.names:
        assert json.loads(run("doctor", "--dir", str(over.lab.home(name)), "--json"))["well"] is True


async def all_final(over: Network, loads: list[Load]) -> None:
    """Every record that was answered is FINAL in the end, at the node that answered."""
    for load in loads:
        async with AsyncClient(over.grpc(load.name), token=over.token(load.name)) as client:
            names = [outcome.fingerprint for outcome in load.answered]
            states = await wait_for_state(client, names, State.FINAL, 120)
        assert set(states.values()) == {State.FINAL}


def complete(over: Network, name: str) -> bool:
    """Whether the node's whole log is final and has its three copies."""
    status = over.reader(name).get("v1/status")
    return status["final"] == status["sealed"] and status["copies"] == {"kept": 3, "target": 3}


def stored(over: Network, name: str) -> dict[str, list[bytes]]:
    """The fingerprints of every log on a node's disk, by index, each proved to be its record's."""
    from blake3 import blake3

    path = over.lab.home(name) / "data" / "log.sqlite"
    found: dict[str, list[bytes]] = defaultdict(list)
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as log:
        rows = log.execute(
            "SELECT lower(hex(logs.id)), position & 0xFFFFFFFFFF, fingerprint, raw FROM entries"
            " JOIN logs ON logs.number = position >> 40 JOIN records ON records.id = entries.record"
            " ORDER BY position"
        )
        for owner, index, fingerprint, raw in rows:
            assert index == len(found[owner])
            assert blake3(raw).digest() == fingerprint
            found[owner].append(fingerprint)
    return found


def no_anchor_is_doubled(over: Network, logs: list[list[bytes]]) -> None:
    """The anchors of each node on the chain follow one another without a gap to the end of its log, with the
    root of its entries: looked at for the last one and ten others.
    """
    by_node: dict[str, list[tuple[int, int, bytes]]] = defaultdict(list)
    for found in anchored(over):
        by_node[found[0]].append(found[1:])
    assert len(by_node) == len(logs)
    for anchors, entries in zip((by_node[node] for node in sorted(by_node)), logs, strict=True):
        assert anchors[0][0] == 0
        assert all(before[1] == after[0] for before, after in pairwise(anchors))
        for _, size, root in anchors[-1:] + anchors[:: max(1, len(anchors) // 10)]:
            assert root_of(entries[:size]) == root
        assert anchors[-1][1] == len(entries)


def anchored(over: Network) -> Iterator[tuple[str, int, int, bytes]]:
    """(node, size before, size, root) of every anchor, as the chain has them; nodes are enrolled in order."""
    wanted = {
        "fromBlock": "0x0",
        "toBlock": "latest",
        "address": over.lab.plan.contract,
        "topics": ["0x" + ANCHORED_TOPIC.hex()],
    }
    for found in JsonRpc(over.lab.plan.rpc).call("eth_getLogs", wanted):
        data = bytes.fromhex(found["data"][2:])
        node = str(found["topics"][1])
        yield node, int.from_bytes(data[:32], "big"), int.from_bytes(data[32:64], "big"), data[64:96]
