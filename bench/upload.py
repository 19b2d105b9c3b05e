"""How fast records become durable, where the time goes, and what anchoring them costs.

    .venv/bin/python -m bench.upload [--events 20000]

One node, one chain, one client on this machine. Writes bench/results/upload.json and upload.md.
"""

import argparse
import asyncio
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import load, stages
from bench.workload import BATCH_SIZES, KEY, SIGNER, ceiling, machine, rows, statements, write
from tests.e2e.world import World
from tracehold.cli.demo.programs import run
from tracehold.core.ids import NetworkId
from tracehold_client import AsyncClient

OPERATOR = "https://id.gs1.org/417/9521901000001"


def main() -> None:
    """Run all of it, about a minute."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000, help="Events of the throughput run.")
    events = parser.parse_args().events
    found: dict[str, Any] = {"machine": machine(), "events": events}
    folder = Path(tempfile.mkdtemp(prefix="tracehold-bench-"))
    world = World.new(folder / "world")
    try:
        world.build(OPERATOR)
        world.start()
        key = KEY.public.cose_key().hex()
        run("party", "enrol", "--dir", str(world.home), "--party", SIGNER.party.link, "--key", key)
        asyncio.run(_measure(world, folder, events, found))
    finally:
        world.stop()
        shutil.rmtree(folder)
    write("upload", found, page(found))


async def _measure(world: World, folder: Path, events: int, found: dict[str, Any]) -> None:
    async with AsyncClient(world.grpc) as client:
        network = NetworkId(bytes.fromhex((await client.status()).network))
    sample = statements(network, 10_000_000, 2_000)
    found["ceiling"] = ceiling(sample)
    batches = [sample[at : at + load.BATCH] for at in range(0, len(sample), load.BATCH)]
    found["stages"] = await stages.measure(folder / "stages", network, batches)
    await load.throughput(world, statements(network, 20_000_000, 2_000))  # warm
    through = await load.throughput(world, statements(network, 0, events))
    found["throughput"] = asdict(through) | {"ofCeiling": through.events_per_second / found["ceiling"]}
    half = through.events_per_second / 2
    waits = await load.latency(world, statements(network, 30_000_000, int(half * 10) // 100 * 100), half)
    found["latency"] = asdict(waits)
    found["gas"] = {}
    for number, size in enumerate(BATCH_SIZES):
        used, count = await load.gas(world, statements(network, 40_000_000 + number * 1_000_000, size))
        found["gas"][size] = {"gas": used, "anchors": count, "perRecord": used / size}


def page(found: dict[str, Any]) -> str:
    """The results for people."""
    where, through, waits = found["machine"], found["throughput"], found["latency"]
    micros = found["stages"]
    whole = sum(micros.values())
    bare = f"{through['ofCeiling']:.2f} of the {found['ceiling']:,.0f} events/s"
    return (
        f"# Upload\n\n{where['date']}, {where['cores']} cores of {where['cpu']}, Python {where['python']},"
        f" load before {where['loadBefore']:.1f}. Node, chain and client share the machine.\n\n"
        f"{found['events']:,} signed events, 100 a message, 4 messages under way, answered when durable:"
        f" **{through['events_per_second']:,.0f} events/s**, {through['cpu_us_per_event']:,.0f} us of the"
        f" node's CPU each; {bare} that one core decodes and verifies bare.\n\n"
        + rows(
            ("stage", "CPU us per event", "share"),
            [(name, f"{value:.0f}", f"{value / whole:.0%}") for name, value in micros.items()],
        )
        + "\nFrom the bytes of a request to those of its answer, in one process without gRPC;"
        " `seal` includes the store.\n\n"
        + rows(
            (f"at {waits['offered']:,.0f} events/s (half load)", "p50 ms", "p99 ms"),
            [
                ("to SEALED", f"{waits['sealed_p50']:.0f}", f"{waits['sealed_p99']:.0f}"),
                ("to FINAL", f"{waits['final_p50']:.0f}", f"{waits['final_p99']:.0f}"),
            ],
        )
        + "\nAnchored every second; the embedded chain seals at once and never reorganises.\n\n"
        + rows(
            ("records in an anchor", "anchors", "gas", "gas per record"),
            [
                (f"{int(size):,}", cost["anchors"], f"{cost['gas']:,}", f"{cost['perRecord']:,.1f}")
                for size, cost in found["gas"].items()
            ],
        )
    )


if __name__ == "__main__":
    main()
