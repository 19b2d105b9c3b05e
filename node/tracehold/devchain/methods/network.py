"""Which chain this is, and what it would cost: web3_, net_ and fee methods."""

from itertools import pairwise

from eth.abc import BlockHeaderAPI

from tracehold import __version__
from tracehold.devchain.engine import base_fee
from tracehold.devchain.errors import bad_params
from tracehold.devchain.methods.table import Context, Param, method
from tracehold.devchain.params import block_ref, percentiles, quantity
from tracehold.devchain.shapes import Json, effective_price, hexed
from tracehold.devchain.view import BlockRef

TIP = 10**9
"""Wei per gas that eth_maxPriorityFeePerGas proposes: geth's default on a quiet chain."""
MAX_HISTORY = 1024


@method("web3_clientVersion")
def client_version(_: Context) -> str:
    """Name and version of this program."""
    return f"tracehold-devchain/{__version__}"


@method("net_version")
def net_version(context: Context) -> str:
    """The chain id in decimal."""
    return str(context.chain.chain_id)


@method("net_listening")
def net_listening(_: Context) -> bool:
    """No peers ever connect."""
    return False


@method("eth_chainId")
def chain_id(context: Context) -> str:
    """The chain id (EIP-695)."""
    return hexed(context.chain.chain_id)


@method("eth_syncing")
def syncing(_: Context) -> bool:
    """There is nobody to sync with."""
    return False


@method("eth_accounts")
def accounts(_: Context) -> list[str]:
    """The chain holds no keys."""
    return []


@method("eth_blockNumber")
def block_number(context: Context) -> str:
    """Height of the newest durable block."""
    return hexed(context.view.header("latest").block_number)


@method("eth_gasPrice")
def gas_price(context: Context) -> str:
    """Base fee and proposed tip."""
    return hexed(base_fee(context.view.header("latest")) + TIP)


@method("eth_maxPriorityFeePerGas")
def max_priority_fee_per_gas(_: Context) -> str:
    """The proposed tip; the chain takes any, also none."""
    return hexed(TIP)


@method("txpool_status")
def pool_status(context: Context) -> dict[str, str]:
    """How many transactions wait; those behind a nonce gap are counted too."""
    return {"pending": hexed(len(context.chain.pool)), "queued": "0x0"}


@method(
    "eth_feeHistory",
    Param("blockCount", quantity),
    Param("newestBlock", block_ref),
    Param("rewardPercentiles", percentiles, None),
)
def fee_history(context: Context, count: int, newest: BlockRef, wanted: list[float] | None) -> Json:
    """Base fees, fullness and tips of up to 1,024 blocks, and the base fee of the block after them."""
    if count == 0:
        raise bad_params("blockCount must be at least 1")
    view = context.view
    last = view.header(newest)
    first = max(0, last.block_number + 1 - min(count, MAX_HISTORY))
    headers = [view.header(number) for number in range(first, last.block_number)] + [last]
    following = view.chain.create_header_from_parent(last, timestamp=last.timestamp, gas_limit=last.gas_limit)
    history: Json = {
        "oldestBlock": hexed(first),
        "baseFeePerGas": [hexed(base_fee(header)) for header in [*headers, following]],
        "gasUsedRatio": [header.gas_used / header.gas_limit for header in headers],
        "baseFeePerBlobGas": ["0x1"] * (len(headers) + 1),
        "blobGasUsedRatio": [0.0] * len(headers),
    }
    if wanted:
        history["reward"] = [_rewards(context, header, wanted) for header in headers]
    return history


def _rewards(context: Context, header: BlockHeaderAPI, wanted: list[float]) -> list[str]:
    """Tips at percentiles of the block's gas, cheapest first; zeros for an empty block (execution API)."""
    block, receipts = context.view.block(header), context.view.receipts(header)
    spent = [after - before for before, after in pairwise([0, *(receipt.gas_used for receipt in receipts)])]
    prices = [effective_price(transaction, header) - base_fee(header) for transaction in block.transactions]
    by_tip = sorted(zip(prices, spent, strict=True))
    rewards = []
    for percentile in wanted:
        reached, tip = 0, 0
        for tip, gas in by_tip:  # noqa: B007  the tip at which the loop stops is the answer
            reached += gas
            if reached >= header.gas_used * percentile / 100:
                break
        rewards.append(hexed(tip))
    return rewards
