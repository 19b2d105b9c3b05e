"""The contract's ABI, read from the committed artifact: calls out, results, errors and events in.

Encoding is eth_abi's; this module only knows the artifact's names. It needs no web3, which is slow to import.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak


@dataclass(frozen=True, slots=True)
class Artifact:
    """A compiled contract: `abi` by name and kind, and the creation code without constructor arguments."""

    functions: Mapping[str, dict[str, Any]]
    events: Mapping[str, dict[str, Any]]
    errors: Mapping[bytes, dict[str, Any]]
    constructor: dict[str, Any]
    bytecode: bytes


@cache
def artifact() -> Artifact:
    """The committed artifact of `Anchors`."""
    content = json.loads((files(__package__) / "artifacts" / "Anchors.json").read_text())
    kinds: dict[str, list[dict[str, Any]]] = {}
    for entry in content["abi"]:
        kinds.setdefault(entry["type"], []).append(entry)
    return Artifact(
        functions={entry["name"]: entry for entry in kinds["function"]},
        events={entry["name"]: entry for entry in kinds["event"]},
        errors={keccak(signature(entry).encode())[:4]: entry for entry in kinds["error"]},
        constructor=kinds["constructor"][0],
        bytecode=bytes.fromhex(content["bytecode"].removeprefix("0x")),
    )


def types(parameters: Iterable[dict[str, Any]]) -> list[str]:
    """Canonical ABI types; a struct becomes the tuple of its members, `tuple[]` a list of them."""
    return [_type(parameter) for parameter in parameters]


def _type(parameter: dict[str, Any]) -> str:
    plain: str = parameter["type"]
    if not plain.startswith("tuple"):
        return plain
    return f"({','.join(types(parameter['components']))}){plain.removeprefix('tuple')}"


def signature(entry: dict[str, Any]) -> str:
    """Name and types, as its selector or topic is the hash of: `headOf(uint32)`."""
    return f"{entry['name']}({','.join(types(entry['inputs']))})"


def encode_deploy(network_id: bytes, admin: bytes, quorum: int, predecessor: bytes = bytes(20)) -> bytes:
    """Creation code with the constructor's arguments; no predecessor: a network's first contract."""
    found = artifact()
    arguments = (network_id, admin, quorum, predecessor)
    return found.bytecode + encode(types(found.constructor["inputs"]), arguments)


def encode_call(function: str, *arguments: Any) -> bytes:
    """Call data of a function of the contract; structs are given as tuples."""
    entry = artifact().functions[function]
    return keccak(signature(entry).encode())[:4] + encode(types(entry["inputs"]), arguments)


def decode_result(function: str, data: bytes) -> tuple[Any, ...]:
    """What a call returned: one value per output, a struct as a tuple, an address as lower-case hex.

    Raises ValueError where it is no such result.
    """
    return _decode(artifact().functions[function]["outputs"], data)


def decode_error(data: bytes) -> str | None:
    """A revert in words, `StaleHead(current=7)`, or None where the contract has no such error."""
    entry = artifact().errors.get(data[:4])
    if entry is None:
        return None
    try:
        values = _decode(entry["inputs"], data[4:])
    except ValueError:
        return None
    names = (parameter["name"] for parameter in entry["inputs"])
    shown = ", ".join(f"{name}={_shown(value)}" for name, value in zip(names, values, strict=True))
    return f"{entry['name']}({shown})"


def _shown(value: Any) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)


def topic(event: str) -> bytes:
    """First topic of the event's logs."""
    return keccak(signature(artifact().events[event]).encode())


def decode_event(event: str, topics: Sequence[bytes], data: bytes) -> dict[str, Any]:
    """The arguments of a log of this event, by name. Raises ValueError if it is a log of something else."""
    inputs = artifact().events[event]["inputs"]
    indexed = [parameter for parameter in inputs if parameter["indexed"]]
    stored = [parameter for parameter in inputs if not parameter["indexed"]]
    if len(topics) != 1 + len(indexed) or topics[0] != topic(event):
        raise ValueError(f"no log of {event}")
    values = _decode(indexed, b"".join(topics[1:])) + _decode(stored, data)
    return dict(zip([parameter["name"] for parameter in indexed + stored], values, strict=True))


def _decode(parameters: Sequence[dict[str, Any]], data: bytes) -> tuple[Any, ...]:
    """Values of these types. A text is read leniently: the contract does not check that a party's is UTF-8,
    and one that is not must not make all others unreadable.
    """
    plain = ["bytes" if name == "string" else name for name in types(parameters)]
    try:
        values = decode(plain, data)
    except DecodingError as error:
        raise ValueError("data of another form") from error
    texts = [parameter["type"] == "string" for parameter in parameters]
    return tuple(
        value.decode(errors="replace") if text else value for value, text in zip(values, texts, strict=True)
    )
