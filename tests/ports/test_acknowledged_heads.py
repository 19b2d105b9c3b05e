"""Who acknowledged the heads of a log, as `tracehold contract acknowledged` tells it from the chain."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.ports.ledgers import OnDevchain, anchored
from tests.ports.test_ethereum_acknowledged import TRANSACTION, acknowledged
from tracehold.adapters.ethereum import anchored as reader
from tracehold.cli.acknowledged import heads_of


@pytest.fixture
async def chain(tmp_path: Path) -> AsyncIterator[OnDevchain]:
    """Node 1, and the holders 2 and 3 of other operators."""
    made = await OnDevchain(tmp_path).start()
    await made.enrol(2)
    await made.enrol(3)
    yield made
    made.close()


def by(head: dict[str, Any]) -> list[tuple[int, str, bool]]:
    """Node, operator, and whether there is a signature."""
    return [(each["node"], each["operator"], bool(each["signature"])) for each in head["acknowledgedBy"]]


async def test_a_head_is_shown_with_its_acknowledgements(chain: OnDevchain):
    """By node and operator, with the signatures that were checked."""
    anchor = await acknowledged(chain, 0, 3)
    proof = await chain.ledger.proof(anchor)
    (head,) = await heads_of(chain.ledger, 1)
    assert (head["size"], head["signaturesChecked"]) == (3, True)
    assert by(head) == [(2, "urn:example:2", True), (3, "urn:example:3", True)]
    assert [each["signature"] for each in head["acknowledgedBy"]] == [
        f"0x{ack.hex()}" for _, ack in proof.acks
    ]


async def test_a_forgotten_transaction_is_not_nobody(chain: OnDevchain):
    """Pruned, unknown to the chain's node, or another contract's: the event names them, unchecked."""
    anchor = await acknowledged(chain, 0, 3)
    place = ("0x" + anchor.block_hash.hex(), hex((await chain.ledger.proof(anchor)).tx_index))
    told = chain.node.rpc(TRANSACTION, *place)
    for answer in (
        {"result": None},
        {"error": {"code": -32601, "message": "no such method"}},
        {"result": {**told, "to": "0x" + "11" * 20}},
    ):
        chain.wire.answers = {TRANSACTION: answer}
        (head,) = await heads_of(chain.ledger, 1)
        assert by(head) == [(2, "urn:example:2", False), (3, "urn:example:3", False)]
        assert head["signaturesChecked"] is False


async def test_a_head_that_needed_nobody_is_told_as_checked(tmp_path: Path):
    """With a quorum of none there is no signature to miss."""
    chain = await OnDevchain(tmp_path).start()
    await anchored(chain, 0, 3)
    (head,) = await heads_of(chain.ledger, 1)
    assert (head["acknowledgedBy"], head["signaturesChecked"]) == ([], True)
    chain.close()


async def test_every_head_is_shown(chain: OnDevchain, monkeypatch: pytest.MonkeyPatch):
    """However many the ledger hands out at once; those up to `after` are left out."""
    sizes = [3, 5, 6, 8, 9]
    for before, size in zip([0, *sizes], sizes, strict=False):
        await acknowledged(chain, before, size)
    for at_once in (1, 2, 5):
        monkeypatch.setattr(reader, "ANCHORS", at_once)
        assert [head["size"] for head in await heads_of(chain.ledger, 1)] == sizes
        assert [head["size"] for head in await heads_of(chain.ledger, 1, 5)] == [6, 8, 9]
