"""The show: upload the story, ask about it, compare every answer with the truth, break something, find it."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tracehold.cli.demo import gas, providers, tamper
from tracehold.cli.demo.programs import run
from tracehold.cli.demo.story import Story
from tracehold.cli.demo.tell import Teller
from tracehold.cli.demo.world import World
from tracehold.cli.output import REFUSED

if TYPE_CHECKING:
    from tracehold_client import AsyncClient

_PATIENCE_S = 60.0


@dataclass(slots=True)
class Show:
    """One run of the demo over a node that is up."""

    world: World
    story: Story
    tokens: dict[str, str]
    teller: Teller
    outcomes: providers.Outcomes = field(init=False)

    async def play(self, client: "AsyncClient") -> None:
        """All scenes in order. `client` has a reader's token."""
        await self.introduce(client)
        await self.upload(client)
        await self.wait_until_final(client)
        await self.ask(client)
        await self.verify_all(client)
        await self.tamper(client)

    async def introduce(self, client: "AsyncClient") -> None:
        """Say what runs, and which of it is a stand-in."""
        status = await client.status()
        tell = self.teller
        tell.stage(f"a node and a chain are up: gRPC {self.world.grpc}, REST {self.world.rest}")
        names = [f"{backend.port}: {backend.name}" for backend in status.backends if backend.stand_in]
        tell.found["standIns"] = names
        tell.more(f"stand-ins in use: {', '.join(names) or 'none'}; the embedded chain is one process")
        tell.more("and proves nothing to strangers")

    async def upload(self, client: "AsyncClient") -> None:
        """All companies upload; then one of them sends the same bytes again."""
        from tracehold.core.ids import NetworkId

        network = NetworkId(bytes.fromhex((await client.status()).network))
        began = time.monotonic()
        self.outcomes = await providers.upload(self.world, network, self.tokens, self.story.events)
        took = time.monotonic() - began
        tell, events = self.teller, len(self.story.events)
        tell.found |= {"events": events, "uploadSeconds": round(took, 3)}
        signed = sum(told.company.signs for told in self.story.events)
        tell.stage(f"{events} events of 8 companies are sealed, {events / took:.0f} events/s")
        tell.more(
            f"{signed} signed by their companies, {events - signed} by the node for companies that delegate"
        )
        refused = [str(outcome.error) for _, outcome in self.outcomes.uploaded if outcome.error]
        tell.check("every event is taken", [], refused)
        company = self.story.events[-1].company
        again = await providers.send_again(self.world, self.tokens, self.outcomes, company.name)
        mine = sum(told.company is company for told in self.story.events)
        tell.check("the same events sent again get their first fingerprints", mine, again)

    async def wait_until_final(self, client: "AsyncClient") -> None:
        """Watch the states run to FINAL, and the index to the log's end."""
        began, shown = time.monotonic(), "no states"
        while time.monotonic() - began < _PATIENCE_S:
            states = await client.states(self.outcomes.fingerprints)
            counts = Counter(state.name for state in states.values())
            line = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
            if line != shown:
                shown = line
                self.teller.stage(line)
            status = await client.status()
            if set(counts) == {"FINAL"} and status.indexed >= status.sealed:
                break
            await asyncio.sleep(0.1)
        took = time.monotonic() - began
        self.teller.found["secondsToFinal"] = round(took, 3)
        self.teller.check("all events are FINAL and indexed", f"{len(self.story.events)} FINAL", shown)

    async def ask(self, client: "AsyncClient") -> None:
        """Trace, history and contents of what a consumer bought, against the truth."""
        await self._origin(client)
        tell, story = self.teller, self.story
        down = await client.trace(story.grain, "downstream")
        reached = {item.item for item in down.items}
        tell.check("downstream of a grain lot", story.truth.downstream(story.grain), reached)
        tell.check("every event of that answer is verified", True, _all_verified(down.events))
        history = await client.history(story.purchased)
        told = [event.event_id for event in history.events]
        tell.check("history of the package", story.truth.histories[story.purchased], told)
        pallet, at, inside = story.contents
        held = await client.contents(pallet, at=at)
        tell.check("contents of a pallet before it left", inside, {child.item for child in held.children})

    async def _origin(self, client: "AsyncClient") -> None:
        """Where the package comes from, shown item by item."""
        tell, story = self.teller, self.story
        began = time.monotonic()
        up = await client.trace(story.purchased, "upstream", full=True)
        took = (time.monotonic() - began) * 1000
        tell.stage(f"where does {story.purchased} come from? ({took:.0f} ms)")
        for item in up.items:
            tell.more(f"{'  ' * item.depth}{item.item}")
        found = {item.item for item in up.items}
        tell.found["upstream"] = sorted(found)
        tell.check("upstream of the package", story.truth.upstream(story.purchased), found)
        tell.check("no pallet and no logger among them", set(), found & (story.pallets | {story.logger}))
        tell.check("every event of the answer is verified", True, _all_verified(up.events))
        signed = all(event.signature_checked for event in up.events)
        tell.check("every signature was checked again", True, signed)
        tell.check("no gaps, not truncated", ([], False), (list(up.gaps), up.truncated))

    async def verify_all(self, client: "AsyncClient") -> None:
        """Save a trust file and verify each event's evidence alone, as a stranger would, with no node."""
        from tracehold.core.evidence import parse_trust
        from tracehold_client import verify

        fingerprints = self.outcomes.fingerprints
        evidence = [await client.evidence(each) for each in fingerprints]
        pins = await self._pins(client, fingerprints)
        (self.world.dir / "trust.json").write_text(json.dumps(pins, indent=2) + "\n")
        trust = parse_trust(json.dumps(pins).encode())
        began = time.monotonic()
        failed = [str(report.error) for report in (verify(each, trust) for each in evidence) if report.error]
        took = (time.monotonic() - began) / len(evidence) * 1000
        self.teller.stage(
            f"{len(evidence)} events verified from their evidence files alone, {took:.1f} ms each"
        )
        self.teller.check("every event verifies offline", [], failed)
        (self.world.dir / "purchased.evidence").write_bytes(evidence[-1])
        self.teller.found["evidence"] = str(self.world.dir / "purchased.evidence")

    async def tamper(self, client: "AsyncClient") -> None:
        """One byte of one record changes on disk: trace and verify must find it."""
        from tracehold.v1.trace_pb2 import GAP_REASON_PROOF_FAILED
        from tracehold.v1.verify_pb2 import VERDICT_FALSE, VERDICT_VERIFIED

        tell, item = self.teller, self.story.purchased
        events = (await client.trace(item, "upstream")).events
        fingerprint = events[len(events) // 2].fingerprint
        with tamper.changed_byte(self.world.home / "data", fingerprint) as place:
            tell.stage(f"byte {place} of record {fingerprint[:16]} is changed on the node's disk")
            damaged = await client.trace(item, "upstream")
            left = {event.fingerprint for event in damaged.events}
            reasons = {gap.reason for gap in damaged.gaps}
            tell.check("the trace leaves that record out", False, fingerprint in left)
            tell.check("and says so: PROOF_FAILED", True, GAP_REASON_PROOF_FAILED in reasons)
            verdict = (await client.verify_remote(fingerprint=fingerprint)).verdict
            tell.check("verify says FALSE", VERDICT_FALSE, verdict)
        verdict = (await client.verify_remote(fingerprint=fingerprint)).verdict
        tell.check("the byte is put back, and it verifies", VERDICT_VERIFIED, verdict)

    def doctor(self) -> None:
        """The same on a node at rest: its operator asks what is wrong."""
        assert self.world.node is not None
        self.world.node.stop()
        fingerprint = self.outcomes.fingerprints[0]
        with tamper.changed_byte(self.world.home / "data", fingerprint):
            found = json.loads(run("doctor", "--dir", str(self.world.home), "--json", also=REFUSED))
            wrong = [check for check in found["checks"] if not check["well"]]
            self.teller.stage("the node is stopped, and a byte changed again: tracehold doctor")
            for check in wrong:
                self.teller.more(f"{check['name']}: {check['detail']}")
            self.teller.check("doctor finds it, and only it", ["log"], [check["name"] for check in wrong])
        healed = json.loads(run("doctor", "--dir", str(self.world.home), "--json", also=REFUSED))
        self.teller.check("the byte is put back, and all is well", True, healed["well"])

    def count_gas(self) -> None:
        """What all of this cost on the chain."""
        cost = gas.anchors(self.world.rpc, self.world.contract)
        self.teller.found["gas"] = {"anchors": cost.anchors, "gas": cost.gas, "records": cost.records}
        self.teller.stage(
            f"{cost.anchors} anchors cover {cost.records} log entries for {cost.gas:,} gas,"
            f" {cost.per_record:,.0f} a record"
        )
        self.teller.more("an anchor costs the same for one record and for 10,000")

    async def _pins(self, client: "AsyncClient", fingerprints: Sequence[str]) -> dict[str, Any]:
        """A trust file: what somebody who watched the chain would write down."""
        status = await client.status()
        receipts = [await client.receipt(each) for each in fingerprints]
        blocks = sorted({receipt.anchor.block_hash for receipt in receipts})
        return {
            "network": status.network,
            "chainId": status.chain_id,
            "contract": self.world.contract,
            "blocks": blocks,
            "nodes": {str(receipt.anchor.node): receipt.log for receipt in receipts},
        }


def _all_verified(events: Any) -> bool:
    return bool(events) and all(event.verified for event in events)
