"""What goes wrong in the show: a node is killed and comes back; a byte changes on a disk and is found."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracehold.cli.demo.asking import Asking
from tracehold.cli.demo.providers import Sent
from tracehold.cli.demo.stage import Stage
from tracehold.cli.demo.story import Story
from tracehold.cli.demo.tell import Teller
from tracehold.cli.demo.waiting import final, until
from tracehold.lab import tamper

if TYPE_CHECKING:
    from tracehold_client import AsyncClient


@dataclass(slots=True)
class Breaking:
    """Breaks things on the lab, and shows what still holds."""

    stage: Stage
    story: Story
    teller: Teller
    clients: "Mapping[str, AsyncClient]"
    asking: Asking

    async def kill(self, name: str, asked: str, later: Callable[[str], Awaitable[list[Sent]]]) -> None:
        """Kill a node hard: what it took is answered by the others, and they go on anchoring."""
        tell = self.teller
        before = await self.asking.whole(asked)
        await asyncio.to_thread(self.stage.lab.kill, name)
        tell.stage(f"the node of the {name} is killed (SIGKILL)")
        during = await self.asking.whole(asked)
        tell.check("the same items, the same events, all verified", _answer(before), _answer(during))
        tell.more(f"the answer names what is missing: {'; '.join(map(str, _gaps(during))) or 'nothing'}")
        sent = await later(name)
        line = await final(self.clients, sent, tell.stage)
        tell.check("events that came meanwhile are FINAL all the same", f"{len(sent)} FINAL", line)
        held = await self.asking.holders(self.story.bran)
        tell.more(f"who keeps them? {self.asking.told(held)}")
        others = [self.stage.number(other) for other in self.clients if other != name]
        tell.check("each is kept by all that are left", [others], held)

    async def come_back(self, name: str) -> None:
        """Start it again: it gets what it missed, and answers from it."""
        tell, bran = self.teller, self.story.bran
        await asyncio.to_thread(self.stage.lab.restart, name)
        everybody = [self.stage.number(other) for other in self.clients]

        async def caught_up() -> bool:
            return await self.asking.holders(bran) == [everybody]

        await until(caught_up)
        held = await self.asking.holders(bran)
        tell.stage(f"the {name} is back: {self.asking.told(held)}")
        tell.check("it caught up", [everybody], held)
        told = [event.event_id for event in (await self.clients[name].history(bran)).events]
        tell.check("and tells what happened meanwhile", self.story.truth.histories[bran], told)

    async def damage(self, name: str) -> None:
        """One byte of one record changes on the disk of a holder: the answer is whole all the same."""
        tell, client = self.teller, self.clients[name]
        whole = await self.asking.whole(name)
        up = await client.trace(self.story.purchased, "upstream")
        own = (await client.status()).log
        fingerprint = next(event.fingerprint for event in up.events if event.log != own)
        with tamper.changed_byte(self.stage.lab.home(name) / "data", fingerprint) as place:
            tell.stage(f"byte {place} of record {fingerprint[:16]} is changed on the disk of the {name}")
            damaged = await self.asking.whole(name)
            tell.check("the answer has that record, from a good copy", _answer(whole), _answer(damaged))
            faults = list((await client.status()).faults)
            named = [fault for fault in faults if fingerprint[:16] in fault]
            tell.check("and the node reports the bad one", True, bool(named))
            for fault in named[-1:]:
                tell.more(fault)
        tell.check("the byte is put back", whole, await self.asking.whole(name))


def _answer(whole: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in whole.items() if key != "gaps"}


def _gaps(whole: dict[str, object]) -> list[object]:
    gaps = whole["gaps"]
    assert isinstance(gaps, list)
    return gaps
