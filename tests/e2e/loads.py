"""Senders that upload to the nodes of a lab until they are told to stop, and remember every answer."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from tests.e2e.conftest import SENDER
from tests.e2e.labs import Network, until
from tests.e2e.signing import event
from tracehold.core.errors import Unavailable
from tracehold_client import AsyncClient, State, Uploaded, event_json

LEVELS = (State.SEALED, State.REPLICATED, State.FINAL)
"""What the senders of the three lanes wait for."""
PAUSE_S = 0.1
"""Between two batches of a sender: it is the harm that is to be great, not the number of records."""


@dataclass
class Load:
    """One sender: uploads until told to stop, and keeps every answer with its level."""

    over: Network
    name: str
    lane: int
    answered: list[Uploaded] = field(default_factory=list)
    sent: int = 0
    stopping: bool = False

    async def run(self) -> None:
        """Batches of five; a batch without an answer is sent again as it is."""
        client = AsyncClient(self.over.grpc(self.name), token=self.over.token(self.name), timeout=15)
        async with client:
            while not self.stopping:
                first = self.lane * 1_000_000 + self.sent
                items = [SENDER.piece(5, f"{self.name}{first + n}").link for n in range(5)]
                self.sent += 5
                self.answered += await self._answer(client, [event_json(event(item)) for item in items])
                await asyncio.sleep(PAUSE_S)

    async def _answer(self, client: AsyncClient, items: list) -> list[Uploaded]:
        while True:
            with suppress(Unavailable):
                outcomes = await client.upload(items, receipts=False, wait_for=LEVELS[self.lane], timeout=10)
                if not any(isinstance(outcome.error, Unavailable) for outcome in outcomes):
                    return [outcome.unwrap() for outcome in outcomes]
            await asyncio.sleep(0.1)


@asynccontextmanager
async def loaded(
    over: Network, names: Sequence[str], lanes: Sequence[int] = (0, 1, 2)
) -> AsyncIterator[list[Load]]:
    """A sender of each lane at each of these nodes while it lasts; at the end each has its last answer."""
    loads = [Load(over, name, lane) for name in names for lane in lanes]
    uploading = [asyncio.create_task(load.run()) for load in loads]
    try:
        yield loads
        for load in loads:
            load.stopping = True
        await asyncio.gather(*uploading)
    finally:
        for task in uploading:
            task.cancel()
        await asyncio.gather(*uploading, return_exceptions=True)


async def goes_on(loads: Sequence[Load], by: int = 20) -> None:
    """Return when each sender has so many answers more than now."""
    wanted = [len(load.answered) + by for load in loads]

    def so() -> bool:
        return all(len(load.answered) >= least for load, least in zip(loads, wanted, strict=True))

    await asyncio.to_thread(until, so)
