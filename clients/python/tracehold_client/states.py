"""How far a record has come, as a number that orders states."""

from collections.abc import Awaitable, Callable, Sequence
from enum import IntEnum

from tracehold.core.limits import MAX_BATCH_RECORDS
from tracehold.v1 import record_pb2, upload_pb2


class State(IntEnum):
    """States of a record; a larger one promises more, except REORGED.

    SEALED survives a crash of the creator, REPLICATED the loss of its disk. ANCHORED is covered by a mined
    anchor. FINAL binds the creator before everyone. REORGED was final in a block that is no longer canonical:
    somebody has been alarmed.
    """

    NONE = record_pb2.STATE_UNSPECIFIED
    SEALED = record_pb2.STATE_SEALED
    REPLICATED = record_pb2.STATE_REPLICATED
    ANCHORED = record_pb2.STATE_ANCHORED
    FINAL = record_pb2.STATE_FINAL
    REORGED = record_pb2.STATE_REORGED


async def states_of(
    ask: Callable[[upload_pb2.GetStatesRequest], Awaitable[upload_pb2.GetStatesResponse]],
    fingerprints: Sequence[str],
) -> dict[str, State]:
    """How far each record has come, asked in batches."""
    found: dict[str, State] = {}
    for start in range(0, len(fingerprints), MAX_BATCH_RECORDS):
        part = fingerprints[start : start + MAX_BATCH_RECORDS]
        answer = await ask(upload_pb2.GetStatesRequest(fingerprints=part))
        found |= {each.fingerprint: State(each.state) for each in answer.states}
    return found
