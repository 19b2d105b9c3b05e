"""Shipments that are nearly right, at a holder that means it: kept as they were sealed, or refused with a
reason, and never held against the creator.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence

import pytest
from google.protobuf.message import DecodeError

from tests.journey.holding_scene import Branch, Scene, scene
from tests.journey.scene import statement
from tests.ports.messages import bytes_of, damaged
from tests.ports.test_peer_fuzz import COUNTS, SEED, kept_blocks
from tracehold.api.access import Caller
from tracehold.api.call import Call
from tracehold.api.peers import PeerService, Presence
from tracehold.api.served import Served, serve
from tracehold.core.errors import TraceholdError
from tracehold.v1 import errors_pb2, peer_pb2
from tracehold.wire.descriptors import enum_words
from tracehold.wire.shipments import shipment_messages

CREATORS_OWN = {
    "",
    "BAD_REQUEST",
    "BAD_SIGNATURE",
    "MALFORMED_PROOF",
    "PROOF_INVALID",
    "NOT_A_MEMBER",
    "ROOT_MISMATCH",
    "CLOCK_JUMPED",
    "LOG_BROKEN",
}
"""Why a shipment of anything may be refused. FORK_SEEN is not among them: only what the creator signed shows
that.
"""


def honest(branch: Branch) -> list[list[bytes]]:
    """Every shipment that the creator may make of its log, in messages."""
    sizes = sorted(branch.checkpoints)
    steps = [(start, size) for start in [0, *sizes] for size in sizes]
    ships = [branch.shipment(start, size) for start, size in steps]
    return [[part.SerializeToString() for part in shipment_messages(ship)] for ship in ships]


async def answered(served: Served, branch: Branch, raws: Sequence[bytes]) -> str | None:
    """The reason of a refusal, empty where there is none; None where the messages themselves were refused."""

    async def each() -> AsyncIterator[peer_pb2.ReplicateRequest]:
        for raw in raws:
            yield peer_pb2.ReplicateRequest.FromString(raw)

    try:
        call = Call("fuzz", "id", Caller("node 1"), 1e18, branch.neighbour())
        answer = await served.gather(each(), call)
    except (DecodeError, TraceholdError):
        return None
    finally:
        await asyncio.sleep(0)
    assert isinstance(answer, peer_pb2.ReplicateResponse)
    reason = enum_words(errors_pb2.ErrorReason.DESCRIPTOR)[answer.refused] if answer.refused else ""
    assert not (reason and answer.acknowledgement)
    return reason


def nearly(rng: random.Random, ships: Sequence[Sequence[bytes]]) -> list[bytes]:
    """An honest shipment, damaged, lengthened, or of the parts of two."""
    parts = [damaged(rng, raw) if rng.random() < 0.7 else raw for raw in rng.choice(ships)]
    if rng.random() < 0.1:
        parts.append(bytes_of(rng, peer_pb2.ReplicateRequest.DESCRIPTOR))
    if rng.random() < 0.2:
        one, two = (peer_pb2.ReplicateRequest.FromString(rng.choice(ships)[0]) for _ in range(2))
        one.head.CopyFrom(two.head)
        parts[:1] = [one.SerializeToString()]
    return parts


async def service(made: Scene) -> Served:
    """What a holder serves."""
    holder = made.holder
    own = PeerService(holder.store, None, None, Presence(bytes), str, holder.holding)  # type: ignore[arg-type]
    served = serve([peer_pb2.DESCRIPTOR], {"tracehold.v1.PeerService": own})
    return next(one for one in served if one.method.name == "Replicate")


@pytest.mark.parametrize("count", COUNTS)
async def test_security_shipments_that_are_nearly_right(count):
    """Afterwards the copy is the creator's log as far as it goes, nothing is known against it, and the rest
    is taken and acknowledged.
    """
    rng = random.Random(SEED)
    made = await scene()
    branch, holder = made.branch, made.holder
    for number in range(6):
        branch.seal(*(statement(10 * number + each).raw for each in range(1 + number)))
    ships, served = honest(branch), await service(made)
    reasons: list[str | None] = []
    blocks = 0
    for number in range(count):
        if number == count // 2:
            blocks = kept_blocks()
        reasons.append(await answered(served, branch, nearly(rng, ships)))
    assert set(reasons) - {None} <= CREATORS_OWN
    assert {None, "", "BAD_SIGNATURE", "ROOT_MISMATCH"} <= set(reasons)
    assert kept_blocks() < blocks + 20_000
    assert (await holder.copies.forks(), holder.faults) == ([], [])
    size = await holder.store.size(branch.log)
    kept = await holder.take(branch, branch.shipment(size))
    await holder.check(branch, kept, branch.size)
    raws = [entry.raw for entry in await holder.store.read(branch.log, 0, branch.size)]
    assert raws == [entry.raw for entry in branch.entries]
