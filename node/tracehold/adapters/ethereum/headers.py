"""Block headers as RLP, from what JSON-RPC tells of them.

The order is that of the yellow paper, section 4.3, and of the EIPs that appended fields. A header ends at
the first field that it has not. The result is right if and only if its hash is the block's.
"""

from collections.abc import Mapping
from typing import Any

import rlp
from eth_hash.auto import keccak

from tracehold.adapters.ethereum.answers import number, unhexed

DATA, NUMBER = "data", "number"
FIELDS = (
    ("parentHash", DATA),
    ("sha3Uncles", DATA),
    ("miner", DATA),
    ("stateRoot", DATA),
    ("transactionsRoot", DATA),
    ("receiptsRoot", DATA),
    ("logsBloom", DATA),
    ("difficulty", NUMBER),
    ("number", NUMBER),
    ("gasLimit", NUMBER),
    ("gasUsed", NUMBER),
    ("timestamp", NUMBER),
    ("extraData", DATA),  # with Clique's seal
    ("mixHash", DATA),
    ("nonce", DATA),
)
APPENDED = (
    ("baseFeePerGas", NUMBER),  # London, EIP-1559
    ("withdrawalsRoot", DATA),  # Shanghai, EIP-4895
    ("blobGasUsed", NUMBER),  # Cancun, EIP-4844
    ("excessBlobGas", NUMBER),
    ("parentBeaconBlockRoot", DATA),  # Cancun, EIP-4788
    ("requestsHash", DATA),  # Prague, EIP-7685
)


def header_rlp(fields: Mapping[str, Any]) -> bytes:
    """RLP of a header. Raises KeyError or ValueError where a field is missing or malformed, ValueError where
    the hash of the result is not the block's: a header of a form that this release does not know.
    """
    values = [_value(fields[name], kind) for name, kind in FIELDS]
    for name, kind in APPENDED:
        if fields.get(name) is None:
            break
        values.append(_value(fields[name], kind))
    encoded: bytes = rlp.encode(values)
    if keccak(encoded) != unhexed(fields["hash"]):
        raise ValueError("the header does not hash to the block's hash")
    return encoded


def _value(text: Any, kind: str) -> bytes | int:
    return unhexed(text) if kind == DATA else number(text)
