"""Acknowledgements in EIP-712, signed with the library of a wallet (eth-account), not with our own code."""

from collections.abc import Iterator
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from tests.blocks import CHAIN_ID, CONTRACT
from tests.logs import Log

Case = tuple[str, dict[str, Any]]

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_LOG = Log().fill(10)
_DOMAIN = {"chainId": CHAIN_ID, "verifyingContract": "0x" + CONTRACT.hex(), "salt": "0x" + "09" * 32}
_FIRST = {
    "node": 1,
    "log": _LOG.id.hex(),
    "prevSize": 0,
    "prevRoot": "00" * 32,
    "size": 8,
    "root": _LOG.root(8).hex(),
}
_LATER = {**_FIRST, "prevSize": 8, "prevRoot": _LOG.root(8).hex(), "size": 10, "root": _LOG.root(10).hex()}
_ACCOUNT = Account.from_key(b"\x11" * 32)
_TYPES = {
    "EIP712Domain": [
        {"name": "name", "type": "string"},
        {"name": "version", "type": "string"},
        {"name": "chainId", "type": "uint256"},
        {"name": "verifyingContract", "type": "address"},
        {"name": "salt", "type": "bytes32"},
    ],
    "Ack": [
        {"name": "node", "type": "uint32"},
        {"name": "log", "type": "bytes32"},
        {"name": "prevSize", "type": "uint64"},
        {"name": "prevRoot", "type": "bytes32"},
        {"name": "size", "type": "uint64"},
        {"name": "root", "type": "bytes32"},
    ],
}


def acks() -> Iterator[Case]:
    """Each names who must have signed, with the 64 bytes of EIP-2098."""
    first = _signature(_FIRST)
    yield "acks/first", _case("The first anchor: the previous root is zero.", _FIRST, first)
    yield "acks/later", _case("A later one.", _LATER, _signature(_LATER))
    s = int.from_bytes(first[32:], "big") & ~(1 << 255)
    high = first[:32] + (ORDER - s).to_bytes(32, "big")
    parity = first[:32] + bytes([first[32] ^ 0x80]) + first[33:]
    empty = {**_FIRST, "prevRoot": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
    yield _bad("high-s", "The other s of the same signature.", _FIRST, high)
    yield _bad("parity", "The other parity.", _FIRST, parity)
    yield _bad("short", "63 bytes.", _FIRST, first[:-1])
    yield _bad("long", "65 bytes, with v.", _FIRST, first + b"\x1b")
    yield _bad("zero", "No signature.", _FIRST, bytes(64))
    yield _bad("other-size", "Signed for another size.", {**_FIRST, "size": 9}, first)
    yield _bad("other-node", "Signed for another creator.", {**_FIRST, "node": 2}, first)
    yield _bad("empty-tree", "Signed over the root of an empty tree.", _FIRST, _signature(empty))
    other = {**_DOMAIN, "salt": "0x" + "0a" * 32}
    yield _bad("other-deployment", "Signed under another salt.", _FIRST, _signature(_FIRST, other))


def _message(said: dict[str, Any], domain: dict[str, Any]) -> Any:
    whole = {
        "types": _TYPES,
        "primaryType": "Ack",
        "domain": {"name": "tracehold", "version": "1", **domain},
        "message": {key: "0x" + value if isinstance(value, str) else value for key, value in said.items()},
    }
    return encode_typed_data(full_message=whole)


def _signature(said: dict[str, Any], domain: dict[str, Any] = _DOMAIN) -> bytes:
    found = _ACCOUNT.sign_message(_message(said, domain))
    return found.r.to_bytes(32, "big") + (found.s | (found.v - 27) << 255).to_bytes(32, "big")


def _case(description: str, said: dict[str, Any], signature: bytes) -> dict[str, Any]:
    message = _message(said, _DOMAIN)
    return {
        "description": description,
        "domain": _DOMAIN,
        "ack": said,
        "digest": keccak(b"\x19" + message.version + message.header + message.body).hex(),
        "signature": signature.hex(),
        "signer": _ACCOUNT.address.lower(),
    }


def _bad(name: str, description: str, said: dict[str, Any], signature: bytes) -> Case:
    return f"acks/{name}_fail", {**_case(description, said, signature), "code": "BAD_SIGNATURE"}
