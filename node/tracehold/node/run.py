"""Running a node: one task group, one exit stack, a stop in two phases.

    phase 1   the listeners refuse new calls and let running ones end, for at most the configured grace.
              The sealer still runs: whoever waits for an answer gets it.
    phase 2   the sealer takes nothing more; when all that waited is sealed, it and the followers are
              cancelled, and the stores close.

A second signal ends the process at once, and so may SIGKILL at any moment: nothing that was answered is lost.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from tracehold.config import Config
from tracehold.core.errors import TraceholdError
from tracehold.journey.follow import patiently
from tracehold.node.collecting import collect_seldom
from tracehold.node.directory import Follower
from tracehold.node.draining import draining
from tracehold.node.ending import ending
from tracehold.node.faces import Faces, open_faces
from tracehold.node.parts import Parts, assembled
from tracehold.node.pointing import pointing
from tracehold.node.recovery import Recovery
from tracehold.node.rotation import rotating
from tracehold.node.scrubbing import obeying

AT_ONCE = 130
"""Exit code after a second signal."""
DRAIN_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Ready:
    """Where a running node listens."""

    grpc: str
    rest: str
    log: bytes
    uploads: bool
    """Whether uploads are taken already; where not, the chain could not be asked yet."""


async def serve(config: Config, log: FilteringBoundLogger, ready: Callable[[Ready], None]) -> None:
    """Run until SIGTERM or SIGINT. `ready` is called once, when calls are answered.

    Raises what stopped the node: the Broken (or first other) error of a part,
    BAD_CONFIG and the like at the start.
    """
    stop = asyncio.Event()
    _on_signals(stop)
    async with assembled(config, log) as parts, open_faces(parts, log) as faces:
        collect_seldom()
        try:
            await _run(parts, faces, stop, lambda: _tell(log, ready, _ready(parts, faces)))
            log.info("stopped")
        except BaseExceptionGroup as failures:
            error = _first(failures)
            parts.faults.error(error)
            raise error from failures


def _tell(log: FilteringBoundLogger, ready: Callable[[Ready], None], told: Ready) -> None:
    log.info("serving", grpc=told.grpc, rest=told.rest, log=told.log.hex(), uploads=told.uploads)
    ready(told)


def _ready(parts: Parts, faces: Faces) -> Ready:
    return Ready(faces.grpc_address, faces.rest_address, parts.own.log, parts.gate.is_open)


async def _run(parts: Parts, faces: Faces, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    async with asyncio.TaskGroup() as tasks:
        sealing = tasks.create_task(parts.sealer.run(), name="seal")
        following = [
            tasks.create_task(_anchor(parts), name="anchor"),
            tasks.create_task(
                parts.indexer.run(parts.bell, asyncio.sleep, parts.faults.trouble("index")), name="index"
            ),
        ]
        following.append(tasks.create_task(_doubting(parts), name="quality"))
        following.append(tasks.create_task(_erasing(parts), name="erase"))
        trouble = parts.faults.trouble("kept anchors")
        following.append(tasks.create_task(parts.custody.anchors.run(trouble), name="kept anchors"))
        watching = parts.chain.run(parts.config.ledger.poll_s, asyncio.sleep, parts.faults.trouble("chain"))
        following.append(tasks.create_task(watching, name="chain"))
        assessing = parts.custody.assessor.run(parts.bell, asyncio.sleep, parts.faults.trouble("assess"))
        following.append(tasks.create_task(assessing, name="assess"))
        reading = parts.scrubber.run(parts.faults.trouble("scrub"))
        following += [
            tasks.create_task(reading, name="scrub"),
            tasks.create_task(_attaching(parts), name="attachments"),
            tasks.create_task(_guarding(parts), name="chain guard"),
            tasks.create_task(obeying(parts), name="scrub wishes"),
        ]
        if parts.peering:
            looking = parts.peering.neighbours.run(asyncio.sleep)
            following.append(tasks.create_task(looking, name="neighbours"))
            following.append(tasks.create_task(parts.peering.liveness.run(), name="liveness"))
        if parts.chain_peers:
            trouble, look_s = parts.faults.trouble("chain node"), parts.config.chain_node.look_s
            following.append(
                tasks.create_task(parts.chain_peers.run(asyncio.sleep, look_s, trouble), name="chain node")
            )
        if parts.replicator:
            keeping = parts.replicator.run(parts.bell)
            following.append(tasks.create_task(keeping, name="replicate"))
        if parts.puller:
            following.append(tasks.create_task(parts.puller.run(), name="pull"))
        following += [tasks.create_task(each, name=name) for name, each in _others(parts).items()]
        await faces.start()
        obeyed = {"rotate": rotating(parts, faces), "supersede": pointing(parts), "retire": ending(parts)}
        following += [tasks.create_task(part, name=name) for name, part in obeyed.items()]
        if parts.leaving:
            following.append(tasks.create_task(draining(parts, parts.leaving), name="drain"))
        await parts.gate.looked()
        ready()
        await stop.wait()
        await faces.stop(parts.config.limits.stop_grace_s)
        parts.sealer.stop()
        while parts.sealer.waiting:  # noqa: ASYNC110  a few looks at the very end; no event is worth it
            await asyncio.sleep(DRAIN_POLL_S)
        for task in (sealing, *following):
            task.cancel()


async def _anchor(parts: Parts) -> None:
    """Compare the log with the chain and with what its holders keep, then let records in and anchor them."""
    await parts.gate.open(Recovery(parts).compare, asyncio.sleep, parts.faults.trouble("gate"))
    await parts.anchorer.run()


async def _doubting(parts: Parts) -> None:
    await parts.doubts.quality.run(asyncio.sleep, parts.faults.trouble("quality"))


async def _erasing(parts: Parts) -> None:
    await parts.eraser.run(parts.bell, asyncio.sleep, parts.faults.trouble("erase"))


async def _attaching(parts: Parts) -> None:
    """Once the own log is known to be whole: entries that come back from holders may name attachments."""
    await parts.gate.opened()
    trouble = parts.faults.trouble("attachments")
    await patiently(parts.attaching.originals.sweep, asyncio.sleep, trouble)
    await parts.attaching.run(asyncio.sleep, trouble)


async def _guarding(parts: Parts) -> None:
    await parts.guard.run(asyncio.sleep, parts.faults.trouble("chain guard"))


def _others(parts: Parts) -> dict[str, Coroutine[None, None, None]]:
    """What follows for the directory and for audits, where the node takes part in them."""
    ring = parts.ring.followers if parts.ring else {}
    audits = parts.possession.followers if parts.possession else {}
    return {
        **{f"directory {name}": _following(follower) for name, follower in ring.items()},
        **{name: _sealing(parts, follower) for name, follower in audits.items()},
    }


async def _sealing(parts: Parts, follower: Follower) -> None:
    """One that may seal: not before the own log is known to be whole."""
    await parts.gate.opened()
    await follower()


async def _following(follower: Follower) -> None:
    await follower()


def _on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def told() -> None:
        if stop.is_set():
            os._exit(AT_ONCE)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told)


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """One of ours if there is one, else the first: the exit code and the message follow from it."""
    ours = failures.subgroup(TraceholdError)
    group: BaseExceptionGroup[BaseException] = ours or failures
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
