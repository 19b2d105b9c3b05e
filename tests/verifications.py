"""One log with an anchored record, the evidence for it, and what its verification says."""

import pytest

from tests.blocks import BLOCK_TIME, CHAIN_ID, CONTRACT, anchor, keccak256, proof_of
from tests.logs import (
    NETWORK,
    NODE_KEY,
    OPERATOR,
    START,
    Log,
)
from tracehold.core.anchorproof import AnchoredEvent
from tracehold.core.errors import Rejected
from tracehold.core.evidence import (
    ChainView,
    Evidence,
    Report,
    Trust,
    report,
    verify,
)
from tracehold.core.roster import Speaker

NOW = (START + 1_000) * 1000
LOG = Log().fill(10)
ANCHOR = anchor(LOG, 8, 2)
TRUST = Trust(
    NETWORK, CHAIN_ID, CONTRACT, frozenset({keccak256(proof_of(ANCHOR).headers[-1])}), {ANCHOR.node: LOG.id}
)
EVIDENCE = LOG.evidence(5, 8, ANCHOR)
EVENT = AnchoredEvent(1, 2, 8, LOG.root(8), (2,))
CHAIN = ChainView(
    CHAIN_ID,
    CONTRACT,
    NETWORK,
    ANCHOR.block_hash,
    BLOCK_TIME,
    ANCHOR.block_number,
    EVENT,
    LOG.id,
    NODE_KEY.public.raw,
    keccak256(OPERATOR.encode()),
)
STEPS = 9


def failure(
    evidence: Evidence = EVIDENCE, trust: Trust | None = TRUST, chain: ChainView | None = None, now: int = NOW
) -> tuple[int, str]:
    """(step, code) of a refusal; the report must tell the same, and claim nothing beyond it."""
    found = report(evidence, trust, chain, now)
    with pytest.raises(Rejected) as refusal:
        verify(evidence, trust, chain, now)
    assert found.error is not None
    assert (refusal.value.code, refusal.value.path) == (found.error.code, found.error.path)
    [step] = [line.number for line in found.steps if line.status == "failed"]
    statuses = [line.status for line in found.steps if line.required]
    assert statuses == ["ok"] * (step - 1) + ["failed"] + ["not checked"] * (STEPS - step)
    assert refusal.value.path.startswith(f"step {step} (")
    assert found.state != "FINAL"
    return step, refusal.value.code


def speaker_of(found: Report) -> Speaker:
    """Who speaks, of a report that says so."""
    assert found.speaker is not None
    return found.speaker
