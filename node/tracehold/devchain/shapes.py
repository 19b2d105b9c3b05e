"""Blocks, transactions, receipts and logs as JSON objects of the execution API.

Everything that a hash is taken over is there with its real value: a client can rebuild the header's hash, the
transactions root and the receipts root from what these functions give.
"""

from eth._utils.address import generate_contract_address
from eth.abc import BlockAPI, BlockHeaderAPI, ReceiptAPI, SignedTransactionAPI
from eth.constants import CREATE_CONTRACT_ADDRESS
from eth_utils import to_checksum_address
from rlp import encode as rlp_encode

from tracehold.devchain.engine import base_fee
from tracehold.devchain.logindex import LogRow
from tracehold.devchain.mined import Mined, log_rows, mined

Json = dict[str, object]


def hexed(value: int | bytes) -> str:
    """A number as quantity, bytes as data."""
    return hex(value) if isinstance(value, int) else "0x" + value.hex()


_HEADER_FIELDS = {
    "number": "block_number",
    "parentHash": "parent_hash",
    "sha3Uncles": "uncles_hash",
    "stateRoot": "state_root",
    "transactionsRoot": "transaction_root",
    "receiptsRoot": "receipt_root",
    "difficulty": "difficulty",
    "gasLimit": "gas_limit",
    "gasUsed": "gas_used",
    "timestamp": "timestamp",
    "extraData": "extra_data",
    "mixHash": "mix_hash",
    "nonce": "nonce",
    "baseFeePerGas": "base_fee_per_gas",
    "withdrawalsRoot": "withdrawals_root",
    "blobGasUsed": "blob_gas_used",
    "excessBlobGas": "excess_blob_gas",
    "parentBeaconBlockRoot": "parent_beacon_block_root",
    "requestsHash": "requests_hash",
}


def header_json(header: BlockHeaderAPI) -> Json:
    """Every field of the header (Prague), and its hash."""
    fields = header.as_dict()
    shape: Json = {name: hexed(fields[field]) for name, field in _HEADER_FIELDS.items()}
    return shape | {
        "hash": hexed(header.hash),
        "miner": to_checksum_address(header.coinbase),
        "logsBloom": bloom_json(header.bloom),
    }


def block_json(block: BlockAPI, *, full: bool) -> Json:
    """The header, the encoded size, and transactions by hash or in full."""
    transactions: list[object]
    if full:
        transactions = [transaction_json(tx, block.header, i) for i, tx in enumerate(block.transactions)]
    else:
        transactions = [hexed(tx.hash) for tx in block.transactions]
    body = {
        "size": hexed(len(rlp_encode(block))),
        "uncles": [],
        "withdrawals": [],
        "transactions": transactions,
    }
    return header_json(block.header) | body


def transaction_json(tx: SignedTransactionAPI, header: BlockHeaderAPI | None, index: int | None) -> Json:
    """A transaction; block members are null while it waits (`header` None)."""
    kind = tx.type_id or 0
    price = tx.max_fee_per_gas if header is None else effective_price(tx, header)
    shape: Json = {
        "type": hexed(kind),
        "hash": hexed(tx.hash),
        "nonce": hexed(tx.nonce),
        "from": to_checksum_address(tx.sender),
        "to": _target(tx),
        "value": hexed(tx.value),
        "gas": hexed(tx.gas),
        "gasPrice": hexed(price),
        "input": hexed(tx.data),
        "chainId": hexed(tx.chain_id or 0),
        "v": hexed(tx.y_parity if kind else tx.y_parity + 35 + 2 * (tx.chain_id or 0)),
        "r": hexed(tx.r),
        "s": hexed(tx.s),
        "blockHash": None if header is None else hexed(header.hash),
        "blockNumber": None if header is None else hexed(header.block_number),
        "transactionIndex": None if index is None else hexed(index),
    }
    if kind:
        shape |= {"yParity": hexed(tx.y_parity), "accessList": _access_list(tx)}
    if kind == 2:
        fees = {"maxFeePerGas": tx.max_fee_per_gas, "maxPriorityFeePerGas": tx.max_priority_fee_per_gas}
        shape |= {name: hexed(fee) for name, fee in fees.items()}
    return shape


def receipt_json(tx: SignedTransactionAPI, receipt: ReceiptAPI, place: Mined) -> Json:
    """A receipt, with what it does not say of itself taken from its place."""
    header = place.header
    return {
        "type": hexed(tx.type_id or 0),
        "status": hexed(int.from_bytes(receipt.state_root, "big")),
        "transactionHash": hexed(tx.hash),
        "transactionIndex": hexed(place.index),
        "blockHash": hexed(header.hash),
        "blockNumber": hexed(header.block_number),
        "from": to_checksum_address(tx.sender),
        "to": _target(tx),
        "contractAddress": None
        if tx.to
        else to_checksum_address(generate_contract_address(tx.sender, tx.nonce)),
        "cumulativeGasUsed": hexed(receipt.gas_used),
        "gasUsed": hexed(receipt.gas_used - place.gas_before),
        "effectiveGasPrice": hexed(effective_price(tx, header)),
        "logsBloom": bloom_json(receipt.bloom),
        "logs": [log_json(row) for row in log_rows(tx, receipt, place)],
    }


def receipts_json(block: BlockAPI, receipts: tuple[ReceiptAPI, ...]) -> list[Json]:
    """All receipts of a block."""
    return [receipt_json(tx, receipt, place) for tx, receipt, place in mined(block, receipts)]


def log_json(row: LogRow) -> Json:
    """One event log."""
    return {
        "address": to_checksum_address(row.address),
        "topics": [hexed(topic) for topic in row.topics],
        "data": hexed(row.data),
        "blockNumber": hexed(row.block),
        "blockHash": hexed(row.block_hash),
        "transactionHash": hexed(row.tx_hash),
        "transactionIndex": hexed(row.tx),
        "logIndex": hexed(row.log),
        "removed": False,
    }


def bloom_json(bloom: int) -> str:
    """256 bytes of log bloom."""
    return hexed(bloom.to_bytes(256, "big"))


def effective_price(tx: SignedTransactionAPI, header: BlockHeaderAPI) -> int:
    """Wei per gas that a mined transaction paid (EIP-1559)."""
    return min(tx.max_fee_per_gas, base_fee(header) + tx.max_priority_fee_per_gas)


def _target(tx: SignedTransactionAPI) -> str | None:
    return None if tx.to == CREATE_CONTRACT_ADDRESS else to_checksum_address(tx.to)


def _access_list(tx: SignedTransactionAPI) -> list[Json]:
    return [
        {
            "address": to_checksum_address(account),
            "storageKeys": [hexed(key.to_bytes(32, "big")) for key in keys],
        }
        for account, keys in tx.access_list
    ]
