"""What every chain must let the Ledger do, on each kind of chain that can run here: one suite for all."""

from dataclasses import replace

import pytest

from tests.real.chains.site import Creator, Site, secret_of, until
from tracehold.core.anchorproof import prove
from tracehold.core.errors import Broken, Rejected, Unavailable
from tracehold.core.ids import Root
from tracehold.core.merkle import EMPTY_ROOT
from tracehold.core.receipt import Anchor
from tracehold.journey.ports import Mined, SignedTransaction

pytestmark = pytest.mark.real

ROOTS = [Root(bytes([number]) * 32) for number in range(1, 9)]


async def prepared(
    site: Site, by: Creator, prev_size: int, size: int, replaces: SignedTransaction | None = None
) -> SignedTransaction:
    """An anchor with the holder's acknowledgement; the root follows from the size."""
    before = ROOTS[prev_size] if prev_size else EMPTY_ROOT
    acks = await site.acks(by, size, ROOTS[size], prev_size, before)
    return await by.ledger.prepare_anchor(prev_size, size, ROOTS[size], acks, replaces)


async def in_block(by: Creator, sent: SignedTransaction) -> Mined:
    """Where it was mined."""
    return await until(lambda: by.ledger.find(sent))


async def anchored(site: Site, by: Creator, prev_size: int, size: int) -> Anchor:
    """One anchor, from its preparation to its block."""
    sent = await prepared(site, by, prev_size, size)
    await by.ledger.send(sent)
    found = (await in_block(by, sent)).anchor
    assert found is not None
    return found


async def test_finality_is_found_out(site: Site) -> None:
    """By what the chain itself says; and it is shown as it is."""
    assert str(await site.ledger().finality()) == site.chain.finality


async def test_an_anchor_from_its_preparation_to_its_proof(site: Site) -> None:
    """Sent as often as one likes, before and after; said in full; final; and proved without the chain."""
    by = await site.creator("proved")
    sent = await prepared(site, by, 0, 3)
    assert await by.ledger.find(sent) is None
    for _ in range(2):
        await by.ledger.send(sent)
    mined = await in_block(by, sent)
    anchor = mined.anchor
    assert anchor is not None
    assert (mined.succeeded, mined.gas_used > 21_000) == (True, True)
    network = await by.ledger.network()
    said = (
        anchor.chain_id,
        anchor.contract,
        anchor.node,
        anchor.log,
        anchor.prev_size,
        anchor.size,
        anchor.root,
    )
    assert said == (network.chain_id, site.contract, by.number, by.log, 0, 3, ROOTS[3])
    await by.ledger.send(sent)  # "nonce too low", or "already known"
    assert not await by.ledger.spent(sent)
    assert await by.ledger.is_canonical(anchor)

    await until(lambda: _final(site, by, anchor))
    proof = await by.ledger.proof(anchor)
    proved = prove(anchor, proof)
    assert proved.block_hashes[0] == anchor.block_hash
    assert (proved.event.size, proved.event.root, proved.event.ackers) == (3, ROOTS[3], (1,))
    with pytest.raises(Rejected):
        prove(replace(anchor, root=ROOTS[4]), proof)


async def _final(site: Site, by: Creator, anchor: Anchor) -> bool:
    if not await by.ledger.is_final(anchor):
        await site.blocks(1 if site.chain.finality.startswith("depth") else 16)
    return await by.ledger.is_final(anchor)


async def test_anchors_are_found_again(site: Site) -> None:
    """By size and in order, wherever they came from; what stands there already is refused before it is
    sent.
    """
    by = await site.creator("found again")
    made = [await anchored(site, by, *step) for step in [(0, 2), (2, 5)]]
    assert list(await by.ledger.anchors(by.number, 0)) == made
    assert list(await by.ledger.anchors(by.number, 2, made[0].block_number)) == made[1:]
    assert [await by.ledger.find_anchor(by.number, size) for size in (2, 3, 5, 6)] == [
        made[0],
        None,
        made[1],
        None,
    ]
    head = await by.ledger.head(by.number)
    assert (head.size, head.root, head.block_number) == (5, ROOTS[5], made[1].block_number)
    with pytest.raises(Rejected, match=r"StaleHead\(current=5\)") as refused:
        await prepared(site, by, 0, 2)
    assert refused.value.code == "LEDGER_REFUSED"


async def test_what_the_contract_refuses_is_said(site: Site) -> None:
    """Its own errors by their names, on each chain's own way of telling them."""
    by = await site.creator("refused")
    with pytest.raises(Rejected, match=r"QuorumNotMet\(quorum=1\)"):
        await by.ledger.prepare_anchor(0, 3, ROOTS[3], [])
    (ack,) = await site.acks(by, 3, ROOTS[4])
    with pytest.raises(Rejected, match=r"BadAck\(node=1\)"):
        await by.ledger.prepare_anchor(0, 3, ROOTS[3], [ack])
    with pytest.raises(Rejected, match="NOT_A_MEMBER"):
        await site.ledger(secret_of("stranger")).prepare_anchor(0, 3, ROOTS[3], [])


async def test_a_replacement_takes_the_nonce(site: Site) -> None:
    """Behind a gap nothing is mined, and that is seen; of two of one nonce the dearer one is mined once the
    gap is filled, and the other is spent.
    """
    by = await site.creator("replaced")
    first = await prepared(site, by, 0, 3)
    behind = await prepared(site, by, 0, 3, replaces=replace(first, nonce=first.nonce + 1))
    await by.ledger.send(behind)
    assert await by.ledger.stuck(behind)
    dearer = await prepared(site, by, 0, 3, replaces=behind)
    assert (dearer.nonce, dearer.hash != behind.hash) == (behind.nonce, True)
    await by.ledger.send(dearer)
    assert await by.ledger.find(dearer) is None
    filler = await prepared(site, by, 0, 2)
    assert filler.nonce == first.nonce
    await by.ledger.send(filler)
    # Anchored at 2 meanwhile: the contract takes neither of the two, and both are told apart.
    assert not (await in_block(by, dearer)).succeeded
    assert await by.ledger.find(behind) is None
    assert await by.ledger.spent(behind)
    assert not await by.ledger.spent(dearer)
    await by.ledger.send(behind)
    assert (await by.ledger.head(by.number)).size == 2


async def test_another_chain_or_contract_is_refused(site: Site) -> None:
    """Where the id is another one, and where no such contract stands."""
    for changes in ({"chain_id": 5}, {"contract": b"\x05" * 20}):
        with pytest.raises(Broken, match="WRONG_CHAIN"):
            await site.ledger(**changes).network()


async def test_an_address_where_nobody_answers_is_down(site: Site) -> None:
    """The port is closed."""
    with pytest.raises(Unavailable, match="CHAIN_DOWN"):
        await site.ledger(url="http://127.0.0.1:9", timeout_s=5.0).height()
