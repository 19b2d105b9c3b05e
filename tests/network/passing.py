"""The clock of the virtual loop, where a clock that is moved by hand is asked for."""

import asyncio

from tests.journey.scene import START, Clock


class PassingClock(Clock):
    """Virtual time as the time since 1970."""

    @property
    def time(self) -> float:
        """Now."""
        return START + asyncio.get_running_loop().time()

    @time.setter
    def time(self, _: float) -> None:
        """Nobody moves it by hand."""

    def now(self) -> float:
        """See `time`."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """As the loop has it."""
        await asyncio.sleep(seconds)
