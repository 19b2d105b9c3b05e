"""JSON-RPC values, read strictly: whatever is missing or of another
form raises KeyError, TypeError or ValueError.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Block:
    """A block header. `fields` is what was sent, for those who need every field."""

    number: int
    hash: bytes
    parent: bytes
    time: int
    base_fee: int | None
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Log:
    """A log of a mined transaction; `index` counts over its block."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    block_hash: bytes
    tx_hash: bytes
    index: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a mined transaction did. `created` is the contract's address where it made one."""

    block_number: int
    block_hash: bytes
    succeeded: bool
    gas_used: int
    logs: tuple[Log, ...]
    created: bytes | None


def hexed(value: int | bytes) -> str:
    """A number as a JSON-RPC quantity, bytes as data."""
    return f"0x{value.hex()}" if isinstance(value, bytes) else hex(value)


def number(text: Any) -> int:
    """A JSON-RPC quantity. Raises TypeError or ValueError."""
    if not isinstance(text, str) or not text.startswith("0x"):
        raise ValueError("no quantity")
    return int(text, 16)


def unhexed(text: Any) -> bytes:
    """JSON-RPC data. Raises TypeError or ValueError."""
    if not isinstance(text, str) or not text.startswith("0x"):
        raise ValueError("no data")
    return bytes.fromhex(text[2:])


def block_of(answer: Any) -> Block:
    """A header as JSON-RPC tells it."""
    base_fee = answer.get("baseFeePerGas")
    return Block(
        number=number(answer["number"]),
        hash=unhexed(answer["hash"]),
        parent=unhexed(answer["parentHash"]),
        time=number(answer["timestamp"]),
        base_fee=None if base_fee is None else number(base_fee),
        fields=answer,
    )


def log_of(answer: Any) -> Log:
    """A log as JSON-RPC tells it."""
    return Log(
        address=unhexed(answer["address"]),
        topics=tuple(unhexed(topic) for topic in answer["topics"]),
        data=unhexed(answer["data"]),
        block_number=number(answer["blockNumber"]),
        block_hash=unhexed(answer["blockHash"]),
        tx_hash=unhexed(answer["transactionHash"]),
        index=number(answer["logIndex"]),
    )


def outcome_of(answer: Any) -> Outcome:
    """A receipt as JSON-RPC tells it."""
    created = answer.get("contractAddress")
    return Outcome(
        block_number=number(answer["blockNumber"]),
        block_hash=unhexed(answer["blockHash"]),
        succeeded=number(answer["status"]) == 1,
        gas_used=number(answer["gasUsed"]),
        logs=tuple(log_of(log) for log in answer["logs"]),
        created=None if created is None else unhexed(created),
    )
