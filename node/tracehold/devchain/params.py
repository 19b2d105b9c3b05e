"""Parameters of JSON-RPC calls: from untrusted JSON to values. Every parser raises RpcError -32602.

Hex forms are those of the execution API: quantities `0x2a`, data `0x` and an even number of digits.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from eth_typing import Address, Hash32

from tracehold.devchain.errors import RpcError, bad_params
from tracehold.devchain.view import BlockRef

T = TypeVar("T")
Parser = Callable[[Any], T]

_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")
_DATA = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_LATEST = frozenset({"latest", "pending", "safe", "finalized"})


def quantity(value: Any) -> int:
    """An unsigned number of at most 256 bits; leading zeros are taken."""
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise bad_params("expected a quantity: 0x and 1 to 64 hex digits")
    return int(value, 16)


def data(value: Any) -> bytes:
    """Bytes of any length."""
    if not isinstance(value, str) or not _DATA.fullmatch(value):
        raise bad_params("expected data: 0x and an even number of hex digits")
    return bytes.fromhex(value[2:])


def address(value: Any) -> Address:
    """20 bytes. The checksum in the letters' case is not looked at, as in every node."""
    return Address(_sized(value, 20, "an address"))


def hash32(value: Any) -> Hash32:
    """32 bytes."""
    return Hash32(_sized(value, 32, "a hash"))


def boolean(value: Any) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise bad_params("expected true or false")
    return value


def block_ref(value: Any) -> BlockRef:
    """A block name, number, hash, or object with `blockNumber` or `blockHash` (EIP-1898)."""
    if isinstance(value, dict):
        if "blockHash" in value:
            return hash32(value["blockHash"])
        return block_ref(value.get("blockNumber"))
    if value == "earliest":
        return 0
    if isinstance(value, str) and len(value) == 66:
        return hash32(value)
    if isinstance(value, str) and value in _LATEST:
        return "latest"
    return quantity(value)


def percentiles(value: Any) -> list[float]:
    """Rising numbers from 0 to 100, at most 100 of them."""
    numbers = value if isinstance(value, list) else None
    if (
        numbers is None
        or len(numbers) > 100
        or not all(type(n) in {int, float} and 0 <= n <= 100 for n in numbers)
    ):
        raise bad_params("expected at most 100 percentiles from 0 to 100")
    if numbers != sorted(numbers):
        raise bad_params("percentiles must rise")
    return numbers


@dataclass(frozen=True, slots=True)
class Call:
    """A message to try: `to` is None for a deployment, `gas` None for as much as a block has."""

    sender: Address
    to: Address | None
    gas: int | None
    value: int
    data: bytes
    fee_cap: int
    """Wei per gas that the sender would pay; 0 when the caller named no fee."""


def call(value: Any) -> Call:
    """The call object of eth_call and eth_estimateGas. Members that change nothing here are ignored."""
    if not isinstance(value, dict):
        raise bad_params("expected a call object")
    inputs = {
        member: field(value, member, data, b"")
        for member in ("input", "data")
        if value.get(member) is not None
    }
    if len(set(inputs.values())) > 1:
        raise bad_params("both data and input are given, and differ")
    return Call(
        sender=field(value, "from", address, Address(bytes(20))),
        to=field(value, "to", address, None),
        gas=field(value, "gas", quantity, None),
        value=field(value, "value", quantity, 0),
        data=next(iter(inputs.values()), b""),
        fee_cap=field(value, "maxFeePerGas", quantity, 0) or field(value, "gasPrice", quantity, 0),
    )


def no_overrides(value: Any) -> None:
    """State and block overrides are not supported; an absent or empty one is fine."""
    if value:
        raise bad_params("overrides are not supported")


def field(source: Mapping[str, Any], name: str, parse: Parser[T], default: Any) -> T:
    """A member of an object; `default` when it is absent or null. Errors name the member."""
    value = source.get(name)
    if value is None:
        return cast(T, default)
    return named(name, parse, value)


def named(name: str, parse: Parser[T], value: Any) -> T:
    """Parse, and put the name of the place before an error's message."""
    try:
        return parse(value)
    except RpcError as error:
        raise bad_params(f"{name}: {error.message}") from None


def _sized(value: Any, size: int, what: str) -> bytes:
    if not isinstance(value, str) or not _DATA.fullmatch(value) or len(value) != 2 + 2 * size:
        raise bad_params(f"expected {what}: 0x and {2 * size} hex digits")
    return bytes.fromhex(value[2:])
