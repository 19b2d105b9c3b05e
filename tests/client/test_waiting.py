"""Waiting for a state."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.client.scripted import Script, Time, refusal, serving
from tracehold.core.errors import Rejected, Unavailable
from tracehold.v1 import upload_pb2
from tracehold_client import AsyncClient, State, wait_for_state
from tracehold_client.patience import Clock

A, B = "aa" * 32, "bb" * 32


def _script(steps: Sequence[dict[str, State] | Exception]) -> Script:
    rest = list(steps)

    def answer(request: upload_pb2.GetStatesRequest) -> Any:
        step = rest.pop(0) if len(rest) > 1 else rest[0]
        if isinstance(step, Exception):
            raise step
        states = [
            upload_pb2.RecordState(fingerprint=each, state=int(step[each]))  # type: ignore[arg-type]
            for each in request.fingerprints
        ]
        return upload_pb2.GetStatesResponse(states=states)

    return Script(GetStates=answer)


async def _wait(script: Script, timeout: float = 60) -> tuple[dict[str, State], Time]:
    time = Time()
    async with serving(script) as target, AsyncClient(target) as client:
        clock = Clock(time.now, time.sleep)
        return await wait_for_state(client, [A, B, A], State.FINAL, timeout, clock=clock), time


async def test_asks_only_for_those_that_are_behind():
    """Records that have arrived are not asked for again, nor is one record twice in one call."""
    script = _script(
        [
            {A: State.SEALED, B: State.SEALED},
            {A: State.FINAL, B: State.ANCHORED},
            {B: State.FINAL},
        ]
    )
    states, _ = await _wait(script)
    assert states == {A: State.FINAL, B: State.FINAL}
    assert [list(request.fingerprints) for request in script.requests] == [[A, B], [A, B], [B]]


async def test_waits_grow():
    """Patience costs little: each wait is at least as long as the one before, and bounded."""
    script = _script([{A: State.SEALED, B: State.SEALED}] * 12 + [{A: State.FINAL, B: State.FINAL}])
    _, time = await _wait(script)
    assert time.slept == sorted(time.slept)
    assert time.slept[0] < 0.2
    assert max(time.slept) == 2.0


async def test_gives_up_and_says_so():
    """What is not there in time is DEADLINE, which loses nothing."""
    with pytest.raises(Unavailable) as caught:
        await _wait(_script([{A: State.SEALED, B: State.FINAL}]), timeout=5)
    assert caught.value.code == "DEADLINE"
    assert "1 record" in caught.value.message


async def test_unknown_record_is_not_waited_for():
    """A record that the node does not hold never becomes final: NOT_FOUND at once."""
    with pytest.raises(Rejected) as caught:
        await _wait(_script([{A: State.FINAL, B: State.NONE}]))
    assert caught.value.code == "NOT_FOUND"


async def test_a_node_that_is_away_is_waited_for():
    """Being away for a while is no answer."""
    script = _script([refusal("BUSY", "RESOURCE_EXHAUSTED")] * 3 + [{A: State.FINAL, B: State.FINAL}])
    states, _ = await _wait(script)
    assert states[A] is State.FINAL


async def test_reorged_counts_as_beyond_final():
    """A record whose block went away has been final: the caller sees REORGED, and does not wait for ever."""
    states, _ = await _wait(_script([{A: State.REORGED, B: State.FINAL}]))
    assert states[A] is State.REORGED
