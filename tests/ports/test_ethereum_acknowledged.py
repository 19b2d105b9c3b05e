"""An anchor's acknowledgements, captured with its proof: read from the mined transaction, and checked."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from coincurve import PrivateKey

from tests.ports.ledgers import DEPTH, ROOTS, OnDevchain, acknowledge, log_of, secret_of
from tracehold.adapters.ethereum import acks
from tracehold.adapters.ethereum.acks import address_of
from tracehold.core.anchorproof import prove
from tracehold.core.errors import Unavailable
from tracehold.core.receipt import Anchor, AnchorProof
from tracehold.core.secp256k1 import compact_account

TRANSACTION = "eth_getTransactionByBlockHashAndIndex"


@pytest.fixture
async def chain(tmp_path: Path) -> AsyncIterator[OnDevchain]:
    """Node 1, and the holders 2 and 3 of other operators; the quorum is 1."""
    made = await OnDevchain(tmp_path).start()
    await made.enrol(2)
    await made.enrol(3)
    yield made
    made.close()


async def domain_of(chain: OnDevchain) -> acks.Domain:
    """The domain of the contract."""
    network = await chain.ledger.network()
    return acks.Domain(network.chain_id, network.contract, network.salt)


async def acknowledged(chain: OnDevchain, prev_size: int, size: int) -> Anchor:
    """A final anchor of node 1, acknowledged by nodes 2 and 3."""
    before = ROOTS[prev_size % 8] if prev_size else bytes(32)
    said = acks.Ack(1, log_of(1), prev_size, before, size, ROOTS[size % 8])
    signers = [(node, node, secret_of(node)) for node in (3, 2)]
    given = acknowledge(await domain_of(chain), said, signers)
    sent = await chain.ledger.prepare_anchor(prev_size, size, ROOTS[size % 8], given)
    await chain.ledger.send(sent)
    chain.mine(1 + DEPTH)
    mined = await chain.ledger.find(sent)
    assert mined is not None
    assert mined.anchor is not None
    return mined.anchor


async def signers_of(chain: OnDevchain, anchor: Anchor, proof: AnchorProof) -> dict[int, bytes]:
    """Who signed the acknowledgements, by node."""
    sizes = (anchor.prev_size, proof.prev_root, anchor.size, anchor.root)
    digest = acks.Ack(anchor.node, anchor.log, *sizes).digest(await domain_of(chain))
    return {node: compact_account(digest, signature) for node, signature in proof.acks}


def accounts() -> dict[int, bytes]:
    """Those of the holders."""
    return {node: address_of(PrivateKey(secret_of(node)).public_key) for node in (2, 3)}


async def test_the_first_anchors_acknowledgements_name_no_root_before(chain: OnDevchain):
    """Both holders', in the contract's order, under 32 zero bytes."""
    anchor = await acknowledged(chain, 0, 3)
    proof = await chain.ledger.proof(anchor)
    assert [node for node, _ in proof.acks] == [2, 3]
    assert proof.prev_root == bytes(32)
    assert await signers_of(chain, anchor, proof) == accounts()
    assert prove(anchor, proof).event.ackers == (2, 3)


async def test_a_later_anchors_acknowledgements_name_the_root_before(chain: OnDevchain):
    """It is not in the transaction: it is that of the event before."""
    await acknowledged(chain, 0, 3)
    anchor = await acknowledged(chain, 3, 5)
    proof = await chain.ledger.proof(anchor)
    assert proof.prev_root == ROOTS[3]
    assert await signers_of(chain, anchor, proof) == accounts()


async def test_an_old_proof_names_its_own_root_before(chain: OnDevchain):
    """Also when the head has gone on, and when a holder has taken another account since."""
    await acknowledged(chain, 0, 3)
    anchor = await acknowledged(chain, 3, 5)
    whole = await chain.ledger.proof(anchor)
    await acknowledged(chain, 5, 6)
    await chain.revoke(3)
    assert await chain.ledger.proof(anchor) == whole


async def test_a_chain_that_forgot_still_gives_the_rest(chain: OnDevchain):
    """The transaction is pruned, or the method unknown, or the event before is gone."""
    await acknowledged(chain, 0, 3)
    anchor = await acknowledged(chain, 3, 5)
    bare = replace(await chain.ledger.proof(anchor), acks=(), prev_root=b"")
    lost: list[dict[str, Any]] = [
        {TRANSACTION: {"result": None}},
        {TRANSACTION: {"error": {"code": -32601, "message": "no such method"}}},
        {"eth_getLogs": {"result": []}},
    ]
    for answers in lost:
        chain.wire.answers = answers
        assert await chain.ledger.proof(anchor) == bare


async def test_attack_false_acknowledgements_are_not_kept(chain: OnDevchain):
    """A transaction with another's acknowledgements, another order, a changed signature, of other sizes."""
    earlier = await acknowledged(chain, 0, 3)
    anchor = await acknowledged(chain, 3, 5)
    proof = await chain.ledger.proof(anchor)
    told = chain.node.rpc(TRANSACTION, "0x" + anchor.block_hash.hex(), hex(proof.tx_index))
    other = chain.node.rpc(TRANSACTION, "0x" + earlier.block_hash.hex(), hex(proof.tx_index))
    data = told["input"]
    (_, two), (_, three) = proof.acks
    swapped = data.replace(two.hex(), "-").replace(three.hex(), two.hex()).replace("-", three.hex())
    high = bytes([two[0] ^ 1]) + two[1:]
    lies: list[dict[str, Any]] = [
        other,
        {**told, "input": data.replace(two.hex(), high.hex())},
        {**told, "input": data.replace(two.hex(), three.hex())},
        {**told, "input": data.replace(two.hex(), bytes(64).hex())},
        {**told, "input": swapped},
        {**told, "input": data[:-64]},
        {**told, "input": "0x" + "00" * 8},
        {**told, "input": None},
        {},
    ]
    for lie in lies:
        chain.wire.answers = {TRANSACTION: {"result": lie}}
        with pytest.raises(Unavailable) as down:
            await chain.ledger.proof(anchor)
        assert down.value.code == "CHAIN_DOWN"
    chain.wire.answers = {}
    assert await chain.ledger.proof(anchor) == proof


async def test_attack_another_root_before_is_not_kept(chain: OnDevchain):
    """Logs that tell another root than the one that was signed."""
    await acknowledged(chain, 0, 3)
    anchor = await acknowledged(chain, 3, 5)
    proof = await chain.ledger.proof(anchor)
    real = chain.node.rpc

    def lie(wanted: dict[str, Any]) -> dict[str, Any]:
        found = real("eth_getLogs", wanted)
        turned = (bytes(ROOTS[3]).hex(), bytes(ROOTS[4]).hex())
        return {"result": [{**log, "data": log["data"].replace(*turned)} for log in found]}

    chain.wire.answers = {"eth_getLogs": lie}
    with pytest.raises(Unavailable, match="not of its node"):
        await chain.ledger.proof(anchor)
    chain.wire.answers = {}
    assert await chain.ledger.proof(anchor) == proof


async def test_an_anchor_through_another_contract_has_its_proof_without_them(chain: OnDevchain):
    """What that contract did with the data is not for this reader to say."""
    anchor = await acknowledged(chain, 0, 3)
    proof = await chain.ledger.proof(anchor)
    told = chain.node.rpc(TRANSACTION, "0x" + anchor.block_hash.hex(), hex(proof.tx_index))
    for to in (None, "0x" + "11" * 20):
        chain.wire.answers = {TRANSACTION: {"result": {**told, "to": to}}}
        assert await chain.ledger.proof(anchor) == replace(proof, acks=(), prev_root=b"")
