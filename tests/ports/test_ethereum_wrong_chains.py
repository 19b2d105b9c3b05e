"""What the ethereum adapter makes of wrong, lying and wiped chains."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.devchain.node import account
from tests.ports.ledgers import OnDevchain, anchor
from tracehold.core.errors import Broken, Unavailable
from tracehold.core.ids import Root

ROOT, NEXT = Root(b"\x01" * 32), Root(b"\x02" * 32)
HOLDERS = [account(f"holder {number}") for number in range(2, 5)]


# -- wrong chains


async def test_attack_another_contract_at_the_address(chain: OnDevchain):
    """No code or foreign code: WRONG_CHAIN, not an empty head."""
    foreign = bytes.fromhex(chain.node.deploy()[2:])
    for other in (b"\x66" * 20, foreign):
        with pytest.raises(Broken) as broken:
            await chain.open(contract=other).head(1)
        assert broken.value.code == "WRONG_CHAIN"


async def test_wrong_chain_id(chain: OnDevchain):
    """The configuration's id decides."""
    assert (await chain.open(chain_id=7447).network()).chain_id == 7447
    with pytest.raises(Broken, match="7447, not 1") as broken:
        await chain.open(chain_id=1).network()
    assert broken.value.code == "WRONG_CHAIN"


async def test_chain_swapped_during_a_silence(chain: OnDevchain):
    """After a silence what is fixed is checked again: a wiped chain is not taken for the old one."""
    await anchor(chain, 0, 3)
    chain.silence()
    with pytest.raises(Unavailable):
        await chain.ledger.head(1)
    chain.wire.silent = False
    assert (await chain.ledger.head(1)).size == 3
    chain.silence()
    with pytest.raises(Unavailable):
        await chain.ledger.head(1)
    chain.wire.silent = False
    chain.wire.answers["eth_chainId"] = {"result": "0x1"}
    with pytest.raises(Broken) as broken:
        await chain.ledger.head(1)
    assert broken.value.code == "WRONG_CHAIN"


async def test_attack_wiped_chain_with_the_same_id_and_address(chain: OnDevchain, tmp_path: Path):
    """Set up again from another genesis, the contract has the same address and another salt: WRONG_CHAIN."""
    await anchor(chain, 0, 3)
    chain.clock.now += 10_000
    again = await OnDevchain(tmp_path / "again", chain.clock).start()
    assert again.contract == chain.contract
    chain.silence()
    with pytest.raises(Unavailable):
        await chain.ledger.head(1)
    chain.wire.silent, chain.wire.node = False, again.node
    with pytest.raises(Broken) as broken:
        await chain.ledger.head(1)
    assert broken.value.code == "WRONG_CHAIN"
    again.close()


async def test_attack_another_block_than_asked_for(chain: OnDevchain):
    """A block of another height or hash answers no question."""
    await anchor(chain, 0, 3)
    chain.mine()
    found = await chain.ledger.find_anchor(1, 3)
    assert found is not None
    other = chain.node.rpc("eth_getBlockByNumber", "latest", False)
    questions = {"eth_getBlockByNumber": chain.ledger.is_canonical, "eth_getBlockByHash": chain.ledger.proof}
    for method, question in questions.items():
        chain.wire.answers = {method: {"result": other}}
        with pytest.raises(Unavailable, match="unreadable"):
            await question(found)


async def test_attack_logs_of_something_else(chain: OnDevchain):
    """Logs with other topics, cut data or no topic are unreadable, not members."""
    (log,) = chain.node.rpc("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"})[-1:]
    lies: list[dict[str, Any]] = [
        {"topics": []},
        {"topics": ["0x" + "66" * 32]},
        {"topics": log["topics"][:1]},
        {"data": "0x00"},
    ]
    for lie in lies:
        chain.wire.answers["eth_getLogs"] = {"result": [{**log, **lie}]}
        with pytest.raises(Unavailable) as down:
            await chain.ledger.members()
        assert down.value.code == "CHAIN_DOWN"


@pytest.mark.parametrize(
    "answer",
    [
        {"result": "zz"},
        {"result": None},
        {"result": 7},
        {"error": {"code": -32603, "message": "internal"}},
        {"error": "text"},
        {},
    ],
)
@pytest.mark.parametrize("method", ["eth_blockNumber", "eth_getBlockByNumber", "eth_getLogs"])
async def test_unreadable_answers_are_unavailable(chain: OnDevchain, method: str, answer: dict[str, Any]):
    """Whatever the chain's node says, only our own errors come out."""
    await anchor(chain, 0, 3)
    found = await chain.ledger.find_anchor(1, 3)
    assert found is not None
    chain.wire.answers[method] = answer
    questions: dict[str, Callable[[], Any]] = {
        "eth_blockNumber": chain.ledger.height,
        "eth_getBlockByNumber": lambda: chain.ledger.prepare_anchor(3, 4, ROOT, []),
        "eth_getLogs": lambda: chain.ledger.find_anchor(1, 3),
    }
    with pytest.raises(Unavailable) as down:
        await questions[method]()
    assert down.value.code == "CHAIN_DOWN"


async def test_attack_secret_in_the_address_is_not_told(chain: OnDevchain):
    """Providers put keys into paths: messages name host and port only."""
    chain.silence()
    with pytest.raises(Unavailable) as down:
        await chain.ledger.height()
    assert "chain.test:8545" in down.value.message
    assert "secret-path" not in str(down.value)
