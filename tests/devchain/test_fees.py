"""eth_feeHistory: what fee estimation of clients reads."""

from tests.devchain.bytecode import BREAK
from tests.devchain.node import BOB, GWEI, Node


def test_the_history_covers_the_blocks_asked_for_and_the_next_base_fee(node: Node) -> None:
    """One base fee more than blocks; never more blocks than there are."""
    for _ in range(3):
        node.mine()
    history = node.rpc("eth_feeHistory", "0x2", "latest", [])
    assert history["oldestBlock"] == "0x2"
    assert history["baseFeePerGas"] == ["0x7"] * 3
    assert history["gasUsedRatio"] == [21_000 / 30_000_000] * 2
    assert "reward" not in history
    assert node.rpc("eth_feeHistory", "0xffff", "latest")["oldestBlock"] == "0x0"
    assert node.rpc("eth_feeHistory", "0x2", "0x1")["oldestBlock"] == "0x0"


def test_the_next_base_fee_follows_the_rule(node: Node) -> None:
    """After a block that is nearly full it rises, as the next block then shows."""
    contract = node.deploy()
    node.mine(to=contract, data=BREAK, gas=29_000_000)
    announced = node.rpc("eth_feeHistory", "0x1", "latest")["baseFeePerGas"][-1]
    node.mine()
    assert node.rpc("eth_getBlockByNumber", "latest", False)["baseFeePerGas"] == announced == "0x8"


def test_rewards_are_the_tips_at_percentiles_of_gas(node: Node) -> None:
    """Weighted by gas used, cheapest first; zero for an empty block."""
    contract = node.deploy()
    node.send(to=contract, data=BREAK, gas=90_000, maxPriorityFeePerGas=2 * GWEI)
    node.send(BOB, gasPrice=5 * GWEI + 7, gas=21_000)
    node.chain.seal()
    node.chain.seal(empty=True)
    history = node.rpc("eth_feeHistory", "0x2", "latest", [0, 50, 81, 82, 100])
    tips = [[int(tip, 16) / GWEI for tip in block] for block in history["reward"]]
    assert tips == [[2, 2, 2, 5, 5], [0] * 5]
