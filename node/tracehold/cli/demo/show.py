"""The show: send the story, see who keeps it, ask about it, break things, and compare with the truth."""

import json
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tracehold.cli.demo import gas, providers
from tracehold.cli.demo.asking import Asking
from tracehold.cli.demo.breaking import Breaking
from tracehold.cli.demo.narrator import Told
from tracehold.cli.demo.players import SENDERS
from tracehold.cli.demo.programs import run
from tracehold.cli.demo.proving import prove
from tracehold.cli.demo.stage import Stage
from tracehold.cli.demo.story import Story
from tracehold.cli.demo.tell import Teller
from tracehold.cli.demo.waiting import final
from tracehold.cli.output import REFUSED
from tracehold.lab import tamper

if TYPE_CHECKING:
    from tracehold.core.ids import NetworkId
    from tracehold_client import AsyncClient

ASKED = "board"
"""Whom we ask: a node that neither the farm, the mill nor the shop sends to."""


@dataclass(slots=True)
class Show:
    """One run of the demo."""

    stage: Stage
    story: Story
    teller: Teller
    clients: "dict[str, AsyncClient]" = field(default_factory=dict)
    sent: list[providers.Sent] = field(default_factory=list)

    async def play(self) -> None:
        """All scenes in order, on a network that is up."""
        async with AsyncExitStack() as stack:
            for name in self.stage.lab.names:
                self.clients[name] = await stack.enter_async_context(self.stage.client(name))
            await self.introduce()
            await self.upload()
            await self.wait_until_final()
            asking = Asking(self.stage, self.story, self.teller, self.clients)
            await asking.keepers()
            await asking.ask(ASKED)
            await asking.same_everywhere(ASKED)
            await prove(self.stage, self.teller, self.clients, self.sent)
            breaking = Breaking(self.stage, self.story, self.teller, self.clients, asking)
            await breaking.kill("warehouse", ASKED, self.later)
            await breaking.come_back("warehouse")
            await breaking.damage(ASKED)

    async def introduce(self) -> None:
        """Say what runs, and which of it is a stand-in."""
        tell, status = self.teller, await self.clients[ASKED].status()
        tell.stage(f"{len(self.clients)} operators run a node each: {', '.join(self.clients)}")
        names = [f"{backend.port}: {backend.name}" for backend in status.backends if backend.stand_in]
        tell.found["standIns"] = names
        tell.more(f"stand-ins in use: {', '.join(names) or 'none'}; the embedded chain is one process")
        tell.more("and proves nothing to strangers")
        for sender in SENDERS:
            how = "EPCIS documents over REST" if sender.documents else "gRPC"
            tell.more(f"{sender.company.name:<19} sends to the {sender.node} ({how}), {sender.way}")

    async def upload(self) -> None:
        """All companies send; then one of them sends the same document again."""
        network = await self._network()
        await providers.enrol(self.stage, network)
        began = time.monotonic()
        self.sent = await providers.upload(self.stage, network, self.story.events)
        took = time.monotonic() - began
        tell, events = self.teller, len(self.story.events)
        tell.found |= {"events": events, "uploadSeconds": round(took, 3)}
        tell.stage(f"{events} events of {len(SENDERS)} companies are sealed, {events / took:.0f} events/s")
        counts = Counter(each.node for each in self.sent)
        tell.more(", ".join(f"{count} at the {node}" for node, count in counts.items()))
        tell.check("every event is taken", [], [each.error for each in self.sent if each.error])
        await self._send_again(network)

    async def _send_again(self, network: "NetworkId") -> None:
        sender = SENDERS[-1]
        first = {each.fingerprint for each in self.sent if each.told.company is sender.company}
        told = [told for told in self.story.events if told.company is sender.company]
        again = await providers.send(self.stage, network, sender, told)
        known = sum(each.duplicate and each.fingerprint in first for each in again)
        self.teller.check("the same events sent again get their first fingerprints", len(told), known)

    async def wait_until_final(self) -> None:
        """Watch the states run to FINAL: kept by the others, then anchored."""
        began = time.monotonic()
        line = await final(self.clients, self.sent, self.teller.stage)
        self.teller.found["secondsToFinal"] = round(time.monotonic() - began, 3)
        self.teller.check("all events are FINAL", f"{len(self.story.events)} FINAL", line)

    async def later(self, without: str) -> list[providers.Sent]:
        """More events, while one node is away: of companies that send to the others."""
        there = {sender.company.prefix for sender in SENDERS if sender.node != without}
        told: Sequence[Told] = [told for told in self.story.later if told.company.prefix in there]
        return await providers.upload(self.stage, await self._network(), told)

    async def _network(self) -> "NetworkId":
        from tracehold.core.ids import NetworkId

        return NetworkId(bytes.fromhex((await self.clients[ASKED].status()).network))

    def doctor(self) -> None:
        """Damage on a node at rest: its operator asks what is wrong."""
        lab, tell = self.stage.lab, self.teller
        lab.stop([ASKED])
        home, own = lab.home(ASKED), next(each for each in self.sent if each.node == ASKED)
        with tamper.changed_byte(home / "data", own.fingerprint):
            found = json.loads(run("doctor", "--dir", str(home), "--json", also=REFUSED))
            wrong = [check for check in found["checks"] if not check["well"]]
            tell.stage(f"the {ASKED} is stopped, and a byte changed again: tracehold doctor")
            for check in wrong:
                tell.more(f"{check['name']}: {check['detail']}")
            tell.check("doctor finds it, and only it", ["log"], [check["name"] for check in wrong])
        healed = json.loads(run("doctor", "--dir", str(home), "--json", also=REFUSED))
        tell.check("the byte is put back, and all is well", True, healed["well"])

    def count_gas(self) -> None:
        """What all of this cost on the chain."""
        plan = self.stage.lab.plan
        cost = gas.anchors(plan.rpc, plan.contract)
        self.teller.found["gas"] = {"anchors": cost.anchors, "gas": cost.gas, "records": cost.records}
        self.teller.stage(
            f"{cost.anchors} anchors cover {cost.records} log entries for {cost.gas:,} gas,"
            f" {cost.per_record:,.0f} a record"
        )
        self.teller.more("an anchor costs the same for one record and for 10,000")
