"""Trace services that fail, in ways of a test's choice."""

import asyncio

from tracehold.api.call import Call

NAME = "tracehold.v1.TraceService"


class Failing:
    """Fails every question with one error."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    async def locate(self, request: object, call: Call) -> object:
        """Fail."""
        raise self.error

    trace = get_history = get_contents = get_state = common = recall = get_masterdata = compare = locate


class Waiting(Failing):
    """Never answers."""

    async def locate(self, request: object, call: Call) -> object:
        """Wait for ever."""
        return await asyncio.get_running_loop().create_future()

    trace = get_history = get_contents = get_state = common = recall = get_masterdata = compare = locate
