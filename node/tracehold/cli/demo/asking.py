"""Questions of the show: who keeps what, where something comes from and where it went, who says so."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracehold.cli.demo.players import LEVELS, SENDERS
from tracehold.cli.demo.stage import Stage
from tracehold.cli.demo.story import Story
from tracehold.cli.demo.tell import Teller
from tracehold.cli.demo.waiting import until

if TYPE_CHECKING:
    from tracehold.v1.trace_pb2 import TracedEvent
    from tracehold_client import AsyncClient


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks nodes, and compares what they answer with what the narrator knows."""

    stage: Stage
    story: Story
    teller: Teller
    clients: "Mapping[str, AsyncClient]"

    async def keepers(self) -> None:
        """Who keeps the records about the package that we follow."""
        everybody = [self.stage.number(name) for name in self.clients]

        async def kept() -> bool:
            return await self.holders(self.story.purchased) == [everybody]

        await until(kept)
        tell = self.teller
        tell.stage("who keeps the records about the package?")
        found = await self.holders(self.story.purchased)
        tell.more(self.told(found))
        tell.check("every record has all its copies", [everybody], found)

    async def holders(self, item: str, name: str = "board") -> list[list[int]]:
        """The different sets of nodes that keep records about an item, as this node finds them."""
        answer = await self.clients[name].locate(item)
        return [list(held) for held in sorted({tuple(each.holders) for each in answer.locations})]

    def told(self, found: list[list[int]]) -> str:
        """Sets of nodes by name, and the least of copies among them."""
        names = [" and ".join(self.stage.lab.names[number - 1] for number in held) for held in found]
        copies = min(map(len, found), default=0)
        return f"{'; '.join(names) or 'nobody'}: copies {copies} of {self.stage.lab.plan.target}"

    async def ask(self, name: str) -> None:
        """Trace, history and contents of what a consumer bought, against the truth."""
        await self._origin(name)
        tell, story, client = self.teller, self.story, self.clients[name]
        down = await client.trace(story.grain, "downstream")
        reached = {item.item for item in down.items}
        tell.check("downstream of a grain lot", story.truth.downstream(story.grain), reached)
        tell.check("every event of that answer is verified", True, all_verified(down.events))
        history = await client.history(story.purchased)
        told = [event.event_id for event in history.events]
        tell.check("history of the package", story.truth.histories[story.purchased], told)
        tell.check("who says so, and how, for each of them", *self._speakers(history.events))
        pallet, at, inside = story.contents
        held = await client.contents(pallet, at=at)
        tell.check("contents of a pallet before it left", inside, {child.item for child in held.children})

    async def _origin(self, name: str) -> None:
        """Where the package comes from, shown item by item."""
        tell, story = self.teller, self.story
        began = time.monotonic()
        up = await self.clients[name].trace(story.purchased, "upstream", full=True)
        took = (time.monotonic() - began) * 1000
        tell.stage(f"the {name} is asked: where does {story.purchased} come from? ({took:.0f} ms)")
        for item in up.items:
            tell.more(f"{'  ' * item.depth}{item.item}")
        found = {item.item for item in up.items}
        tell.found["upstream"] = sorted(found)
        tell.check("upstream of the package", story.truth.upstream(story.purchased), found)
        tell.check("no pallet and no logger among them", set(), found & (story.pallets | {story.logger}))
        tell.check("every event of the answer is verified", True, all_verified(up.events))
        signed = all(event.signature_checked for event in up.events)
        tell.check("every signature was checked again", True, signed)
        tell.check("no gaps, not truncated", ([], False), (list(up.gaps), up.truncated))

    async def same_everywhere(self, name: str) -> None:
        """Every other node answers the same."""
        wanted = await self.whole(name)
        for other in self.clients:
            if other != name:
                self.teller.check(f"the {other} answers the same", wanted, await self.whole(other))

    async def whole(self, name: str) -> dict[str, object]:
        """What a node answers of the package's origin, without its own timings."""
        up = await self.clients[name].trace(self.story.purchased, "upstream")
        return {
            "items": sorted((item.item, item.depth) for item in up.items),
            "events": sorted(event.fingerprint for event in up.events),
            "verified": all_verified(up.events),
            "gaps": sorted(gap.detail for gap in up.gaps),
        }

    def _speakers(self, events: "Iterable[TracedEvent]") -> tuple[list[object], list[object]]:
        """Party, operator and level of each event: as the story has it, and as the answer says."""
        from tracehold.v1.record_pb2 import SpeakerLevel

        senders = {told.event_id: told.company for told in self.story.events}
        expected, got = list[object](), list[object]()
        for event in events:
            sender = next(each for each in SENDERS if each.company is senders[event.event_id])
            operator = self.stage.lab.plan.seat(sender.node).operator
            expected.append((sender.company.party.link, operator, LEVELS[sender.way]))
            level = SpeakerLevel.Name(event.speaker.level).removeprefix("SPEAKER_LEVEL_")
            got.append((event.speaker.party, event.speaker.operator, level))
        return expected, got


def all_verified(events: "Iterable[TracedEvent]") -> bool:
    """Whether there are events, and each is verified."""
    found = list(events)
    return bool(found) and all(event.verified for event in found)
