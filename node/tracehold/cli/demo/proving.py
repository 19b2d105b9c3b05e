"""Every event checked by its evidence file alone, as a stranger would, with no node and no network."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tracehold.cli.demo.providers import Sent
from tracehold.cli.demo.stage import Stage
from tracehold.cli.demo.tell import Teller

if TYPE_CHECKING:
    from tracehold_client import AsyncClient


async def prove(
    stage: Stage, teller: Teller, clients: "Mapping[str, AsyncClient]", sent: Sequence[Sent]
) -> None:
    """Save a trust file, and verify each event's evidence with it."""
    from tracehold.core.evidence import parse_trust
    from tracehold_client import verify

    evidence = [await clients[each.node].evidence(each.fingerprint) for each in sent]
    pins = await _pins(stage, clients, sent)
    (stage.dir / "trust.json").write_text(json.dumps(pins, indent=2) + "\n")
    trust = parse_trust(json.dumps(pins).encode())
    began = time.monotonic()
    failed = [str(report.error) for report in (verify(each, trust) for each in evidence) if report.error]
    took = (time.monotonic() - began) / len(evidence) * 1000
    teller.stage(f"{len(evidence)} events verified from their evidence files alone, {took:.1f} ms each")
    teller.check("every event verifies offline", [], failed)
    (stage.dir / "purchased.evidence").write_bytes(evidence[-1])
    teller.found["evidence"] = str(stage.dir / "purchased.evidence")


async def _pins(stage: Stage, clients: "Mapping[str, AsyncClient]", sent: Sequence[Sent]) -> dict[str, Any]:
    """A trust file: what somebody who watched the chain would write down."""
    status = await next(iter(clients.values())).status()
    receipts = [await clients[each.node].receipt(each.fingerprint) for each in sent]
    return {
        "network": status.network,
        "chainId": status.chain_id,
        "contract": stage.lab.plan.contract,
        "blocks": sorted({receipt.anchor.block_hash for receipt in receipts}),
        "nodes": {str(receipt.anchor.node): receipt.log for receipt in receipts},
    }
