"""Verification by the node: its own records and evidence from anywhere, on its own ledger."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.journey.network import EVERYONE, Node, begun, network
from tracehold.core.errors import Rejected, Unavailable
from tracehold.core.evidence import decode_evidence, encode_evidence
from tracehold.core.ids import Fingerprint
from tracehold.journey.receipts import Receipts
from tracehold.journey.verify import verify_evidence, verify_kept


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    """A node in a network of one."""
    async with network() as net:
        yield await net.join()


async def sealed(node: Node) -> Fingerprint:
    """One more record."""
    (outcome,) = await node.say(begun("urn:x:grain", 1))
    assert outcome.fingerprint is not None
    return outcome.fingerprint


async def test_a_final_record_verifies_in_every_step(node):
    """All required lines ok, and the place where it stands."""
    name = await sealed(node)
    await node.finish()
    result = await verify_kept(node.knowledge, EVERYONE, name, 0)
    assert (result.state, result.error, result.fingerprint) == ("FINAL", None, name)
    assert (result.log, result.index) == (node.log, 2)
    assert {step.status for step in result.steps if step.required} == {"ok"}


async def test_security_a_strangers_file_is_checked_where_it_holds_up_nobody(node):
    """The steps run where the node says: in its process that is a thread, beside the event loop."""
    name = await sealed(node)
    await node.finish()
    ran = []

    async def run(work):
        ran.append(work())
        return ran[-1]

    knowledge = replace(node.knowledge, run=run)
    result = await verify_evidence(knowledge, await Receipts(node.store).evidence(name), 0)
    assert ran == [result]
    assert result.state == "FINAL"


async def test_a_sealed_record_is_not_anchored_and_then_overdue(node):
    """By the time that is handed in."""
    name = await sealed(node)
    early = await verify_kept(node.knowledge, EVERYONE, name, 0)
    assert early.state == "SEALED"
    assert early.error is not None
    assert early.error.code == "NOT_ANCHORED"
    late = await verify_kept(node.knowledge, EVERYONE, name, 1 << 50)
    assert late.error is not None
    assert late.error.code == "OVERDUE"


async def test_evidence_from_another_node_verifies_here(node):
    """This node does not have the record; the file and the ledger are enough."""
    other = await node.network.join()
    name = await sealed(other)
    await other.finish()
    raw = await Receipts(other.store).evidence(name)
    result = await verify_evidence(node.knowledge, raw, 0)
    assert (result.state, result.fingerprint, result.log) == ("FINAL", name, other.log)


@pytest.mark.parametrize("part", ["record", "receipt"])
async def test_changed_evidence_is_false(node, part):
    """One byte, and a step fails."""
    name = await sealed(node)
    await node.finish()
    evidence = decode_evidence(await Receipts(node.store).evidence(name))
    old = getattr(evidence, part)
    changed = replace(evidence, **{part: old[:-1] + bytes([old[-1] ^ 1])})
    result = await verify_evidence(node.knowledge, encode_evidence(changed), 0)
    assert result.state == "UNVERIFIED"
    assert "failed" in {step.status for step in result.steps}


async def test_junk_is_no_evidence(node):
    """Malformed, and no report of steps that were never taken."""
    with pytest.raises(Rejected) as caught:
        await verify_evidence(node.knowledge, b"junk", 0)
    assert caught.value.code == "MALFORMED_PROOF"


async def test_an_unknown_fingerprint_is_not_found(node):
    """Another node may hold it."""
    with pytest.raises(Rejected) as caught:
        await verify_kept(node.knowledge, EVERYONE, Fingerprint(bytes(32)), 0)
    assert caught.value.code == "NOT_FOUND"


async def test_a_block_that_was_replaced_makes_the_anchor_false(node):
    """The chain as it is now decides, not what the receipt says of it."""
    name = await sealed(node)
    await node.finish()
    node.network.chain.reorganise(len(node.network.chain.blocks) - 1, lose=True)
    result = await verify_kept(node.knowledge, EVERYONE, name, 0)
    assert result.state == "UNVERIFIED"


async def test_a_chain_that_is_down_is_said_so(node):
    """No verdict, but an error that time will help."""
    name = await sealed(node)
    await node.finish()
    node.ledger.down = True
    with pytest.raises(Unavailable) as caught:
        await verify_kept(node.knowledge, EVERYONE, name, 0)
    assert caught.value.code == "CHAIN_DOWN"


async def test_without_a_ledger_nothing_is_trusted(node):
    """The steps up to the anchor hold, and no chain makes it count."""
    name = await sealed(node)
    await node.finish()
    node.knowledge = replace(node.knowledge, ledger=None)
    result = await verify_kept(node.knowledge, EVERYONE, name, 0)
    assert result.error is not None
    assert result.error.code == "UNTRUSTED"
